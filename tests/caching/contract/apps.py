"""The models of these tests as an app: Django follows only relations of installed ones."""

from django.apps import AppConfig


class TestsOfContractConfig(AppConfig):
    name = "tests.caching.contract"
    label = "tests_of_contract"
