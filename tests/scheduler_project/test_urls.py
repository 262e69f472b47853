from django.test import Client
from django.urls import resolve, reverse


class UrlTests:
    def test_the_root_leads_to_the_admin(self, client: Client) -> None:
        assert client.get("/")["Location"] == reverse("admin:index")

    def test_every_address_that_is_documented_exists(self) -> None:
        assert resolve("/healthz").url_name == "healthz"
        assert resolve("/i18n/setlang/").url_name == "set_language"
        assert resolve("/admin/login/").url_name == "login"
