"""The models of these tests as an app: Django follows only relations of installed ones."""

from django.apps import AppConfig


class TestsOfReadingConfig(AppConfig):
    name = "tests.caching.reading"
    label = "tests_of_reading"
