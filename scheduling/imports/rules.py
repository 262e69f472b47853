"""Rules, by name: a column for each parameter that any kind of rule takes."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dates import WEEKDAYS as NAMES_OF_WEEKDAYS
from django.utils.translation import gettext_lazy
from import_export.fields import Field

from scheduling import caches
from scheduling.imports import values
from scheduling.imports.columns import Column
from scheduling.imports.departments import departments_by_name
from scheduling.imports.resources import Key, LeanResource
from scheduling.models import Rule
from scheduling.models.parameters import CHECKS, WEEKDAYS, Number, clock

COLUMN_OF_FIELD = {"department": "department_code", "employee": "employee_email"}


def weekdays(cell: Any) -> list[str]:
    """Return the days of a cell such as "mon|tue" or "Monday, Tuesday"."""
    names = {day: str(NAMES_OF_WEEKDAYS[number]) for number, day in enumerate(WEEKDAYS)}
    one_of = values.choice(names)
    return [one_of(name) for name in values.split_names(cell)]


def number(cell: Any) -> int | float:
    value = values.decimal(cell)
    return int(value) if value == value.to_integral_value() else float(value)


def time_of_day(cell: Any) -> str:
    return f"{values.time(cell):%H:%M}"


def parser_of(name: str) -> values.Parser:
    check = CHECKS[name]
    if isinstance(check, Number):
        return number
    return time_of_day if check is clock else weekdays if name == "weekdays" else values.split_names


class RuleResource(LeanResource):
    """Upserts by name. A parameter whose column the file lacks stays as it is, one whose cell is empty goes."""

    kind = "rules"
    label = gettext_lazy("rules")
    columns = (
        Column(name="name", also=("rule", "title"), required=True),
        Column(name="description", also=("notes", "note", "comment", "remarks")),
        Column(name="kind", also=("type", "rule_type", "category")),
        Column(name="scope", also=("applies_to",)),
        Column(
            name="department_code",
            also=("department", "dept", "department_name"),
            field="department",
            lookup=caches.DEPARTMENT_BY_CODE,
            fallback=departments_by_name,
        ),
        Column(
            name="employee_email",
            also=("employee", "email", "e_mail"),
            field="employee",
            lookup=caches.EMPLOYEE_BY_EMAIL,
        ),
        *(Column(name=name, parse=parser_of(name), stored=False) for name in CHECKS),
        Column(name="strict", also=("hard",)),
        Column(name="effective_from", also=("valid_from",)),
        Column(name="effective_until", also=("effective_to", "valid_until", "valid_to")),
        Column(name="priority"),
        Column(name="active", also=("is_active", "enabled")),
    )
    key = ("name",)
    repeated = gettext_lazy("Row {row} has the same name.")
    needed_when_new = ("kind",)

    class Meta:
        model = Rule

    @property
    def stored_columns(self) -> list[str]:
        return [*super().stored_columns, *(["parameters"] if self._told else [])]

    @property
    def _told(self) -> list[str]:
        """The parameters that the file has columns for."""
        return [name for name in CHECKS if name in self.sheet.columns]

    def prepare(self, keys: Sequence[Key | None]) -> None:
        """Put the parameters of each row together: those of the file, and the stored ones that it says nothing of."""
        if not self._told:
            return
        place = self.tracked.index("parameters") + 1
        self.sheet.values["parameters"] = [
            self._parameters(position, self.existing[key][place] if key in self.existing else {})
            for position, key in enumerate(keys)
        ]

    def _parameters(self, position: int, stored: Mapping[str, Any]) -> dict[str, Any]:
        told = {name: self.sheet.values[name][position] for name in self._told}
        kept = {name: value for name, value in stored.items() if name not in told}
        return kept | {name: value for name, value in told.items() if value is not None}

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        """Refuse what the model refuses, in its words."""

        @cache
        def all_names(model: type[models.Model]) -> frozenset[str]:
            return frozenset(model._default_manager.using(self.using).order_by().values_list("name", flat=True))

        for position, rule in self._rules(keys, new, changed):
            for field, errors in rule.problems(all_names).items():
                for error in errors:
                    if field == "parameters":
                        self._refuse_parameter(position, error)
                    else:
                        self.sheet.refuse(position, COLUMN_OF_FIELD.get(field, field), str(error))

    def _rules(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> Iterator[tuple[int, Rule]]:
        """Yield the rules as they will be, by position."""
        yield from zip(new, self.build(new), strict=True)
        stored = Rule.objects.using(self.using).in_bulk(
            [self.existing[keys[position]][0] for position in changed]  # type: ignore[index]
        )
        for position in changed:
            rule = stored[self.existing[keys[position]][0]]  # type: ignore[index]
            for name in self.tracked:
                setattr(rule, self.attname(name), self.sheet.values[name][position])
            yield position, rule

    def _refuse_parameter(self, position: int, error: ValidationError) -> None:
        column = error.code if error.code in self.sheet.columns else ""
        self.sheet.refuse(position, column or "", " ".join(error.messages))

    def export_field(self, field: Field, instance: models.Model, **kwargs: Any) -> Any:
        if field.column_name not in CHECKS:
            return super().export_field(field, instance, **kwargs)
        value = instance.parameters.get(field.column_name)  # type: ignore[attr-defined]
        if isinstance(value, list):
            return values.joined(value)
        return datetime.time.fromisoformat(value) if isinstance(value, str) else value

    def fill_caches(self) -> None:
        Rule.objects.active_rules()
