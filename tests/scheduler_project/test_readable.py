import pytest
from django.test import Client


class ReadableMiddlewareTests:
    @pytest.mark.parametrize(
        ("address", "form"),
        [("/%00", None), ("/healthz?q=%00", None), ("/healthz?%00=q", None), ("/admin/login/", {"username": "a\x00"})],
    )
    def test_refuses_nul_with_a_sentence(self, address: str, form: dict[str, str] | None, client: Client) -> None:
        response = client.get(address) if form is None else client.post(address, form)

        assert response.status_code == 400
        assert "<h1>This request cannot be read</h1>" in response.text

    def test_refuses_it_in_a_cookie(self, client: Client) -> None:
        client.cookies["sessionid"] = "\x00" * 8

        assert client.get("/healthz").status_code == 400

    def test_lets_other_characters_through(self, client: Client) -> None:
        assert client.get("/healthz", {"q": "Zoë\n\x1b[31m"}).status_code == 200
