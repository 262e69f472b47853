"""The pages of the cache for programs; a project includes them at its root."""

from django.urls import path

from .monitoring import views

app_name = "caching"
urlpatterns = [
    path("api/cache/stats/", views.stats, name="stats"),
    path("metrics", views.metrics, name="metrics"),
]
