import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries


class HealthzTests:
    @pytest.mark.django_db
    def test_answers_without_a_query(self, client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            answer = client.get("/healthz")

        assert answer.json() == {"status": "ok"}
        assert "no-store" in answer["Cache-Control"]

    def test_refuses_other_methods(self, client: Client) -> None:
        assert client.post("/healthz").status_code == 405


class RootTests:
    def test_leads_to_the_admin(self, client: Client) -> None:
        assert client.get("/")["Location"] == "/admin/"
