"""Files of rules, by name, with a column for each parameter that any kind of rule takes."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dates import WEEKDAYS as NAMES_OF_WEEKDAYS
from django.utils.dates import WEEKDAYS_ABBR as SHORT_WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field

from scheduling import caches
from scheduling.imports.engine import values
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.problems import did_you_mean, listed
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.run import FileRun, Key
from scheduling.imports.kinds.departments import department_column
from scheduling.imports.kinds.people import employees_by_number_or_name
from scheduling.models import Rule
from scheduling.models.parameters import CHECKS, LABELS, WEEKDAYS, Number, clock

COLUMN_OF_FIELD = {"department": "department_code", "employee": "employee_email"}


def weekdays(cell: Any) -> list[str]:
    """Return the days in a cell such as "mon|tue", "Monday, Tuesday" or "Mon-Fri"; "Fri-Mon" goes over the weekend."""
    return list(dict.fromkeys(day for part in values.split_names(cell) for day in _days(part)))


def _days(part: str) -> list[str]:
    """Return the days of one part of a cell: a day, or a range of days."""
    ends = [end for end in _BETWEEN_DAYS.split(" ".join(part.split())) if end]
    first, last = (WEEKDAYS.index(_day(end)) for end in (ends[0], ends[-1])) if len(ends) == 2 else (None, None)
    if first is None or last is None:
        return [_day(part)]
    return [WEEKDAYS[(first + number) % 7] for number in range((last - first) % 7 + 1)]


_BETWEEN_DAYS = re.compile(r" ?[-‐‑‒–—−] ?| (?:to|through|until|till|bis) ", re.IGNORECASE)


def _day(word: str) -> str:
    """Return the day that a word means: its name or a short form, in English or in the language of the reader."""
    spelled = word.strip(" .").casefold()
    for number, day in enumerate(WEEKDAYS):
        names = [str(NAMES_OF_WEEKDAYS[number]), str(SHORT_WEEKDAYS[number]), *ENGLISH_AND_GERMAN[day]]
        if spelled in {name.strip(".").casefold() for name in (day, *names)}:
            return day
    allowed = [str(name) for name in NAMES_OF_WEEKDAYS.values()]
    text = _("Write %(allowed)s.") % {"allowed": listed(allowed, _("or"))}
    raise ValueError(text + did_you_mean(word, allowed))


ENGLISH_AND_GERMAN = {
    "mon": ("monday", "mo", "montag"),
    "tue": ("tuesday", "tu", "tues", "di", "dienstag"),
    "wed": ("wednesday", "we", "mi", "mittwoch"),
    "thu": ("thursday", "th", "thur", "thurs", "do", "donnerstag"),
    "fri": ("friday", "fr", "freitag"),
    "sat": ("saturday", "sa", "samstag", "sonnabend"),
    "sun": ("sunday", "su", "so", "sonntag"),
}


def number(cell: Any) -> int | float:
    """Return a number as JSON stores it: an integer where it is whole."""
    value = values.decimal(cell)
    return int(value) if value == value.to_integral_value() else float(value)


def time_of_day(cell: Any) -> str:
    """Return a time as the parameters store it: "09:00". Midnight at the end of a day is "00:00" as well."""
    return f"{values.time(cell):%H:%M}"


def parser_of(parameter: str) -> values.Parser:
    """Return the parser of the cells of a parameter."""
    check = CHECKS[parameter]
    if isinstance(check, Number):
        return number
    return time_of_day if check is clock else weekdays if parameter == "weekdays" else values.split_names


RULES = ImportKind(
    name="rules",
    label=gettext_lazy("rules"),
    model=Rule,
    columns=(
        Column(name="name", aliases=("rule", "title"), required=True),
        Column(name="description", aliases=("notes", "note", "comment", "remarks")),
        Column(name="kind", aliases=("type", "rule_type", "category")),
        Column(name="scope", aliases=("applies_to",)),
        department_column(),
        Column(
            name="employee_email",
            aliases=("employee", "email", "e_mail"),
            field="employee",
            lookup=caches.EMPLOYEE_BY_EMAIL,
            fallback=employees_by_number_or_name,
            export_path="employee__address_or_number",
        ),
        *(Column(name=name, label=LABELS[name], parse=parser_of(name), stored=False) for name in CHECKS),
        Column(name="strict", aliases=("hard",)),
        Column(name="effective_from", aliases=("valid_from",)),
        Column(name="effective_until", aliases=("effective_to", "valid_until", "valid_to")),
        Column(name="priority"),
        Column(name="active", aliases=("is_active", "enabled")),
    ),
    key=("name",),
    duplicate_reason=gettext_lazy("Row {row} has the same name."),
    ignores_case=True,
    required_for_new=("kind",),
)


class RuleRun(FileRun):
    """Creates and updates rules.

    A parameter stays as it is if the file lacks its column, and is removed if its cell is empty.
    """

    @property
    def stored_columns(self) -> list[str]:
        return [*super().stored_columns, *(["parameters"] if self._parameters_in_file else [])]

    @property
    def _parameters_in_file(self) -> list[str]:
        """The parameters that the file has columns for."""
        return [name for name in CHECKS if name in self.sheet.columns]

    def prepare(self, keys: Sequence[Key | None]) -> None:
        """Combine the parameters of each row: those in the file, and the stored ones that it has no columns for."""
        if not self._parameters_in_file:
            return
        # The primary key precedes the tracked values.
        index = self.tracked.index("parameters") + 1
        self.sheet.values["parameters"] = [
            self._parameters(position, self.existing[key][index] if key in self.existing else {})
            for position, key in enumerate(keys)
        ]

    def _parameters(self, position: int, stored: Mapping[str, Any]) -> dict[str, Any]:
        imported = {name: self.sheet.values[name][position] for name in self._parameters_in_file}
        kept = {name: value for name, value in stored.items() if name not in imported}
        return kept | {name: value for name, value in imported.items() if value is not None}

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        """Refuse what the model refuses, with its reasons."""

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
        """Yield positions and the rules as they will be."""
        yield from zip(new, self.build(new), strict=True)
        yield from self.as_they_will_be(keys, changed).items()

    def _refuse_parameter(self, position: int, error: ValidationError) -> None:
        column = error.code if error.code in self.sheet.columns else ""
        self.sheet.refuse(position, column or "", " ".join(error.messages))

    def fill_caches(self) -> None:
        Rule.objects.active_rules()


class RuleResource(FileResource):
    kind = RULES
    run_class = RuleRun

    def export_field(self, field: Field, instance: models.Model, **kwargs: Any) -> Any:
        if field.column_name not in CHECKS:
            return super().export_field(field, instance, **kwargs)
        value = instance.parameters.get(field.column_name)  # type: ignore[attr-defined]
        if isinstance(value, list):
            return values.joined(value)
        return datetime.time.fromisoformat(value) if isinstance(value, str) else value
