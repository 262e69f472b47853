"""Files of rules, by name, with a column for each parameter that any kind of rule takes."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field

from scheduling import caches
from scheduling.imports.engine import values
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.run import FileRun, Key
from scheduling.imports.engine.spelling import folded, several_spellings
from scheduling.imports.kinds.departments import department_column
from scheduling.imports.kinds.people import employees_by_number_or_name
from scheduling.imports.kinds.rule_limits import DOUBTFUL, LIMITED_KINDS, refuse_ignored_limits
from scheduling.imports.kinds.rule_names import StoredNames
from scheduling.imports.kinds.weekdays import weekdays
from scheduling.models import Rule
from scheduling.models.parameters import CHECKS, FORMS, LABELS, Number, clock
from scheduling.models.rules import NAMED

COLUMN_OF_FIELD = {"department": "department_code", "employee": "employee_email"}
WHOLE_DAY = "00:00"
END_OF_DAY = "24:00"
SCOPES = {
    "employee": Rule.Scope.EMPLOYEE,
    "one employee": Rule.Scope.EMPLOYEE,
    "mitarbeiter": Rule.Scope.EMPLOYEE,
    "mitarbeiterin": Rule.Scope.EMPLOYEE,
    "ein mitarbeiter": Rule.Scope.EMPLOYEE,
    "eine mitarbeiterin": Rule.Scope.EMPLOYEE,
    "person": Rule.Scope.EMPLOYEE,
    "abteilung": Rule.Scope.DEPARTMENT,
    "one department": Rule.Scope.DEPARTMENT,
    "all": Rule.Scope.GLOBAL,
    "all employees": Rule.Scope.GLOBAL,
    "everybody": Rule.Scope.GLOBAL,
    "alle mitarbeiter": Rule.Scope.GLOBAL,
    "jeder": Rule.Scope.GLOBAL,
}
"""What people call a scope besides its labels."""


def scope(cell: Any) -> str:
    """Return the scope that a cell names."""
    said = SCOPES.get(folded(values.text(cell)))
    return said or values.choice(dict(Rule.Scope.choices))(cell)


def number(cell: Any) -> int | float:
    """Return a number as JSON stores it: an integer where it is whole."""
    value = values.decimal(cell)
    return int(value) if value == value.to_integral_value() else float(value)


def time_of_day(cell: Any) -> str:
    """Return a time as the parameters store it: "09:00". They have no seconds."""
    found = values.time(cell)
    if found.second:
        raise ValueError(_("Write a time without seconds, such as %(time)s.") % {"time": f"{found:%H:%M}"})
    return f"{found:%H:%M}"


def end_of_window(cell: Any) -> str:
    """Return a time as `time_of_day` does, and "24:00" for midnight at the end of the day."""
    found = time_of_day(cell)
    # A spreadsheet has it as a whole day, which is a duration or a date without a time of day.
    is_whole_day = isinstance(cell, datetime.timedelta | int | float) or type(cell) is datetime.date
    is_written = isinstance(cell, str) and cell.strip().startswith("24")
    return END_OF_DAY if found == WHOLE_DAY and cell and (is_whole_day or is_written) else found


def parser_of(parameter: str) -> values.Parser:
    """Return the parser of the cells of a parameter."""
    check = CHECKS[parameter]
    if isinstance(check, Number):
        return number
    if check is clock:
        return end_of_window if parameter == "end" else time_of_day
    return weekdays if parameter == "weekdays" else values.split_names


ALIASES = {
    "weekdays": ("days", "weekday", "days_of_week", "days_of_the_week", "day_of_week"),
    "start": ("start_time", "time_from", "from_time"),
    "end": ("end_time", "time_to", "to_time", "time_until", "until_time"),
    "shift_types": ("shift_type",),
    "shifts": ("shift",),
    "skills": ("skill",),
}
"""Other names of the columns of parameters."""


RULES = ImportKind(
    name="rules",
    label=gettext_lazy("rules"),
    model=Rule,
    columns=(
        Column(name="name", aliases=("rule", "title"), required=True),
        Column(name="description", aliases=("notes", "note", "comment", "remarks")),
        Column(name="kind", aliases=("type", "rule_type", "category")),
        Column(name="scope", aliases=("applies_to",), parse=scope),
        department_column(),
        Column(
            name="employee_email",
            aliases=("employee", "email", "e_mail"),
            field="employee",
            lookup=caches.EMPLOYEE_BY_EMAIL,
            fallback=employees_by_number_or_name,
            export_path="employee__address_or_number",
        ),
        *(
            Column(name=name, aliases=ALIASES.get(name, ()), label=LABELS[name], parse=parser_of(name), stored=False)
            for name in CHECKS
        ),
        Column(name="strict", aliases=("hard",)),
        Column(name="effective_from", aliases=("valid_from", "start_date", "from_date", "date_from", "first_day")),
        Column(
            name="effective_until",
            aliases=(
                *("effective_to", "valid_until", "valid_to", "valid_till", "end_date", "to_date", "date_to"),
                *("until_date", "last_day"),
            ),
        ),
        Column(name="priority"),
        Column(name="active", aliases=("is_active", "enabled")),
    ),
    key=("name",),
    duplicate_reason=gettext_lazy("Row {row} has the same name."),
    ignores_case=True,
    required_for_new=("kind",),
    doubtful=DOUBTFUL,
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
        self.names = StoredNames(self.using)
        if not self._parameters_in_file:
            return
        for parameter in NAMED:
            if parameter in self.sheet.columns:
                self._spell_as_stored(parameter)
        # The primary key precedes the tracked values.
        index = self.tracked.index("parameters") + 1
        self.sheet.values["parameters"] = [
            self._parameters(position, self.existing[key][index] if key in self.existing else {})
            for position, key in enumerate(keys)
        ]

    def _spell_as_stored(self, parameter: str) -> None:
        values_of_rows = self.sheet.values[parameter]
        for position, names in enumerate(values_of_rows):
            if names:
                values_of_rows[position], several = self.names.stored(parameter, names)
                if several:
                    self.sheet.refuse(position, parameter, several_spellings(several))

    def _parameters(self, position: int, stored: Mapping[str, Any]) -> dict[str, Any]:
        imported = {name: self.sheet.values[name][position] for name in self._parameters_in_file}
        kept = {name: value for name, value in stored.items() if name not in imported}
        merged = kept | {name: value for name, value in imported.items() if value is not None}
        if merged.get("end") == END_OF_DAY:
            # A window from midnight to midnight is none.
            if merged.get("start") == WHOLE_DAY:
                del merged["start"], merged["end"]
            else:
                merged["end"] = WHOLE_DAY
        return merged

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        """Refuse what the model refuses, with its reasons, and rules of which the file limits more than is read."""
        limited = []
        for position, rule in self._rules(keys, new, changed):
            if rule.kind in LIMITED_KINDS:
                limited.append(position)
            for field, errors in rule.problems(self.names.names_of).items():
                for error in errors:
                    if field == "parameters":
                        self._refuse_parameter(position, rule, error)
                    else:
                        self._refuse_field(position, rule, field, str(error))
        refuse_ignored_limits(self.sheet, limited)

    def _rules(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> Iterator[tuple[int, Rule]]:
        """Yield positions and the rules as they will be."""
        yield from zip(new, self.build(new), strict=True)
        yield from self.as_they_will_be(keys, changed).items()

    def _refuse_field(self, position: int, rule: Rule, field: str, reason: str) -> None:
        """Refuse a row by the column for a field, or by the one that the file has instead of it."""
        column = COLUMN_OF_FIELD.get(field, field)
        if column in self.sheet.columns:
            self.sheet.refuse(position, column, reason)
        elif field == "effective_until":
            self.sheet.refuse(position, self.sheet.column_of(("effective_from",)), reason)
        elif getattr(rule, f"{field}_id", None) is not None:
            # The rule that is stored has one, and the scope of the file does not fit it.
            text = _("The rule has a value in '%(column)s', which the file lacks. Add the column, and leave it empty.")
            self.sheet.refuse(position, self.sheet.column_of(("scope",)), text % {"column": column})
        else:
            self.sheet.refuse(position, column, reason)

    def _refuse_parameter(self, position: int, rule: Rule, error: ValidationError) -> None:
        code, reason = str(error.code), " ".join(error.messages)
        if code in NAMED:
            reason += self.names.suggestion(code, rule.parameters.get(code, ()), reason)
        # What is wrong with several together is blamed on the first of them.
        together = next((form.together for form in FORMS.values() if code in form.together), ())
        column = next((name for name in (code, *together) if name in self.sheet.columns), "")
        self.sheet.refuse(position, column, reason)

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
