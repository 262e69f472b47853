"""Rules, by their name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import models

from scheduling import caches
from scheduling.imports import values
from scheduling.imports.columns import Column
from scheduling.imports.departments import departments_by_name
from scheduling.imports.resources import Key, LeanResource
from scheduling.models import Rule
from scheduling.models.parameters import LISTS


def parameters(cell: Any) -> Any:
    """Return the parameters of "weekdays=mon, tue; start=08:00; end=18:00", or of JSON."""
    written = values.text(cell)
    if written.startswith(("{", "[")):
        try:
            return json.loads(written)
        except json.JSONDecodeError as error:
            raise ValueError(f"This is no JSON: {error}.") from None
    pairs = [part.partition("=") for part in written.split(";") if part.strip()]
    if not all(equals for _, equals, _ in pairs):
        raise ValueError("Write names and values, such as max_days=6 or weekdays=mon, tue; start=08:00; end=18:00.")
    return {name.strip(): _parameter(name.strip(), value.strip()) for name, _, value in pairs}


def _parameter(name: str, value: str) -> Any:
    if name in LISTS:
        return [one.strip() for one in value.split(",") if one.strip()]
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else number


class RuleResource(LeanResource):
    """Upserts by name. A row applies to the employee that it names, else to the department, else to everybody."""

    kind = "rules"
    columns = (
        Column(name="name", also=("rule", "rule_name", "title"), required=True),
        Column(name="kind", also=("type", "rule_type", "category")),
        Column(name="parameters", also=("parameter", "value", "values", "settings"), parse=parameters),
        Column(name="scope", also=("applies_to", "level"), stored=False),
        Column(
            name="department_code",
            also=("department", "dept", "department_name", "location", "area", "team", "group"),
            field="department",
            lookup=caches.DEPARTMENT_BY_CODE,
            fallback=departments_by_name,
        ),
        Column(
            name="employee_email",
            also=("employee", "email", "e_mail", "email_address", "work_email"),
            field="employee",
            lookup=caches.EMPLOYEE_BY_EMAIL,
        ),
        Column(name="strict", also=("mandatory", "is_strict")),
        Column(name="effective_from", also=("from", "valid_from", "start_date")),
        Column(name="effective_until", also=("until", "valid_until", "to", "end_date")),
        Column(name="priority"),
        Column(name="active", also=("is_active", "enabled")),
        Column(name="description", also=("notes", "note", "comment", "remarks")),
    )
    key = ("name",)
    repeated = "Row {row} has the same name."
    needed_when_new = ("kind",)

    class Meta:
        model = Rule

    def resolve(self) -> None:
        """Find out to whom a row applies, where the file says so: by its column, else by whom the row names."""
        told, sheet = self.sheet.values, self.sheet
        scopes = told.get("scope") or [None] * sheet.size
        departments, employees = (
            told.get(name) or [None] * sheet.size for name in ("department_code", "employee_email")
        )
        self.tells_scope = bool({"scope", "department_code", "employee_email"} & sheet.columns.keys())
        choose = values.choice({str(value): str(label) for value, label in Rule.Scope.choices})
        told["scope"] = []
        for position, scope in enumerate(scopes):
            named = "employee" if employees[position] else "department" if departments[position] else "global"
            try:
                told["scope"].append(named if scope is None else choose(scope))
            except ValueError as error:
                told["scope"].append(None)
                sheet.refuse(position, "scope", str(error))

    @property
    def stored_columns(self) -> list[str]:
        return [*super().stored_columns, *(["scope"] if self.tells_scope else [])]

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        """Ask the model about the rows as they will be: what the file does not have is stored."""
        pks = {position: self.existing[keys[position]][0] for position in changed}  # type: ignore[index]
        stored = Rule.objects.using(self.using).in_bulk(pks.values()) if pks else {}

        @cache
        def all_names(model: type[models.Model]) -> frozenset[str]:
            return frozenset(model._default_manager.using(self.using).order_by().values_list("name", flat=True))

        for position, rule in zip(new, self.build(new), strict=True):
            self._refuse_wrong(position, rule, all_names)
        for position, pk in pks.items():
            rule = stored[pk]
            for name in self.tracked:
                setattr(rule, self.attname(name), self.sheet.values[name][position])
            self._refuse_wrong(position, rule, all_names)

    def _refuse_wrong(self, position: int, rule: Rule, all_names: Any) -> None:
        columns = {"department": "department_code", "employee": "employee_email"}
        for field, sentences in rule.problems(all_names).items():
            self.sheet.refuse(position, columns.get(field, field), " ".join(map(str, sentences)))

    def fill_caches(self) -> None:
        """Read the active rules, which every check asks for."""
        caches.active_rules()
