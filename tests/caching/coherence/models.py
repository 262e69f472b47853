"""Models of forms that the project's own do not have. Their tables are made by the tests that need them."""

from django.db import models

from scheduling.models import Employee


class EmployeeProxy(Employee):
    class Meta:
        proxy = True
        app_label = "tests_of_coherence"


class Place(models.Model):
    place_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return self.name


class Society(models.Model):
    society_id = models.AutoField(primary_key=True)
    title = models.CharField(max_length=20)

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return self.title


class Club(Place):
    members = models.IntegerField()

    class Meta:
        app_label = "tests_of_coherence"


class ClubWithTwoParents(Place, Society):
    class Meta:
        app_label = "tests_of_coherence"
