"""What all models promise."""

import pytest
from django.db import models

from scheduling.models import (
    Department,
    Employee,
    Notification,
    Rule,
    Schedule,
    ScheduleAssignment,
    Shift,
    ShiftType,
    Skill,
)
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    NotificationFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
    ShiftTypeFactory,
    SkillFactory,
)

pytestmark = pytest.mark.django_db


MODELS = (Department, Employee, Notification, Rule, Schedule, ScheduleAssignment, Shift, ShiftType, Skill)
FACTORIES = (
    DepartmentFactory,
    EmployeeFactory,
    NotificationFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
    ShiftTypeFactory,
    SkillFactory,
)


class EveryModelTests:
    @pytest.mark.parametrize("model", MODELS)
    def test_has_an_integer_key_and_the_default_table(self, model: type[models.Model]) -> None:
        assert isinstance(model._meta.pk, models.BigAutoField)
        assert model._meta.pk.name == "id"
        assert model._meta.db_table == f"scheduling_{model.__name__.lower()}"

    @pytest.mark.parametrize("model", MODELS)
    def test_the_default_manager_neither_filters_nor_joins(self, model: type[models.Model]) -> None:
        query = model._default_manager.all().query

        assert not query.where
        assert not query.select_related
        assert str(query).count("JOIN") == 0

    @pytest.mark.parametrize("factory", FACTORIES)
    def test_what_the_factory_makes_is_valid_and_has_a_name(self, factory: type) -> None:
        instance = factory()

        instance.full_clean()
        assert str(instance)
