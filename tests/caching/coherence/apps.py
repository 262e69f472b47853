"""The models of these tests as an app: Django follows only relations of installed ones."""

from django.apps import AppConfig


class TestsOfCoherenceConfig(AppConfig):
    name = "tests.caching.coherence"
    label = "tests_of_coherence"
