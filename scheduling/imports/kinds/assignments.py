"""Files of assignments: who works which shift on which day. Each belongs to the schedule of a department's week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from typing import Any

from django.db.models import F
from django.utils.translation import gettext, gettext_lazy

from scheduling import caches
from scheduling.calendar import DAY, DepartmentWeek, monday_of
from scheduling.imports.engine import values
from scheduling.imports.engine.bulk import chunks
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.run import FileRun, Key, Stored
from scheduling.imports.kinds.days import ending_rows, refuse_other_days
from scheduling.imports.kinds.departments import department_column
from scheduling.imports.kinds.locations import settle_locations
from scheduling.imports.kinds.people import (
    INSTEAD_OF_ADDRESS,
    PERSON_COLUMNS,
    employees_by_number_or_name,
    settle_people,
)
from scheduling.imports.kinds.shift_names import INSTEAD_OF_NAME, TIME_COLUMNS, settle_shifts, shifts_by_code_or_name
from scheduling.imports.kinds.weeks import SchedulesOfWeeks
from scheduling.models import Employee, Rule, ScheduleAssignment, Shift
from scheduling.policy import Finding, Planned, check_many
from scheduling.policy.dates import written

MAX_WARMED_ROWS = 5_000
"""The rows of so many assignments are read into the cache: a cached row takes ten times the memory of one in a file."""
ASSIGNMENTS = ImportKind(
    name="assignments",
    label=gettext_lazy("assignments"),
    model=ScheduleAssignment,
    columns=(
        Column(
            name="employee_email",
            aliases=(
                "email",
                "e_mail",
                "email_address",
                "work_email",
                "company_email",
                "user_email",
                "login",
                "employee",
            ),
            field="employee",
            lookup=caches.EMPLOYEE_BY_EMAIL,
            fallback=employees_by_number_or_name,
            required=True,
            instead=INSTEAD_OF_ADDRESS,
            stored=False,
            export_path="employee__address_or_number",
        ),
        *PERSON_COLUMNS,
        Column(
            name="shift_name",
            aliases=("shift", "shift_type", "shift_template", "to_be_assigned_shift", "label", "shift_code"),
            field="shift",
            lookup=caches.SHIFT_BY_NAME,
            fallback=shifts_by_code_or_name,
            required=True,
            instead=INSTEAD_OF_NAME,
            stored=False,
            export_path="shift__name",
        ),
        *TIME_COLUMNS,
        Column(
            name="date",
            aliases=("start_date", "shift_date", "work_date", "datum", "attendance_date", "day"),
            required=True,
        ),
        Column(
            name="end_date",
            aliases=("last_day", "until", "to_date", "date_to"),
            label=gettext_lazy("last day"),
            parse=values.date,
            stored=False,
            exported=False,
        ),
        department_column(
            "area",
            "team",
            "group",
            field="",
            label=gettext_lazy("department"),
            stored=False,
            export_path="schedule__department__code",
        ),
        Column(
            name="location",
            aliases=("main_location", "site"),
            label=gettext_lazy("location"),
            stored=False,
            exported=False,
        ),
        Column(name="status", aliases=("state",)),
        Column(name="priority"),
        Column(name="notes", aliases=("note", "comment", "comments", "description", "remarks")),
    ),
    key=("employee_email", "shift_name", "date"),
    duplicate_reason=gettext_lazy("Row {row} has the same employee, shift and date."),
    values_for_new={"source": ScheduleAssignment.Source.IMPORT},
    # German for from and until: of days, or of times of day.
    doubtful={
        "von": {"date": values.date, "start_time": values.time},
        "bis": {"end_date": values.date, "end_time": values.time},
    },
)


class AssignmentRun(FileRun):
    """Creates and updates assignments.

    A new row goes into the highest version of the schedule of its week and department, which is that of the file or
    else that of the employee. A missing schedule is created as a draft. A row that exists stays in its schedule, unless
    the file names another department. The policy checks new and changed rows together: its errors refuse rows, its
    warnings do not.
    """

    @property
    def stored_columns(self) -> list[str]:
        return [*self.kind.key[:2], *super().stored_columns, "schedule"]

    def settle(self) -> None:
        """Decide who works which shift where, by all that a row says about it."""
        sheet = self.sheet
        self.notes += settle_people(sheet, "employee_email", self.chosen_values.known.get("employee_name", {}))
        if "location" in sheet.columns:
            self.notes += settle_locations(sheet, "department_code", "location")
        settle_shifts(sheet, "shift_name", self._department_of)
        if any(self.ends):
            self._refuse_other_last_days()

    def _department_of(self, position: int) -> int | None:
        """Return the department that a row names, or else that of its employee."""
        named = self.sheet.values.get("department_code")
        if named and isinstance(named[position], int):
            return named[position]
        return self._own_departments.get(self.sheet.values["employee_email"][position])

    @cached_property
    def _own_departments(self) -> dict[int, int]:
        return self._departments_of(self.sheet.values["employee_email"])

    def _departments_of(self, employees: Iterable[Any]) -> dict[int, int]:
        staff = Employee.objects.using(self.using).order_by()
        wanted = {pk for pk in employees if pk is not None}
        return {
            pk: department
            for chunk in chunks(wanted)
            for pk, department in staff.filter(pk__in=chunk).values_list("pk", "department_id")
        }

    def _refuse_other_last_days(self) -> None:
        """Refuse rows whose last day is not that on which the shift ends."""
        columns = self.sheet.values
        overnight = set(Shift.objects.filter(end_time__lte=F("start_time")).values_list("pk", flat=True))
        for position in self.sheet.sound:
            first, last, shift = (columns[name][position] for name in ("date", "end_date", "shift_name"))
            ends = {first + DAY} if shift in overnight else {first}
            # Without a time beside it, the last day of a night may be the one on which it has begun.
            if last is None or not self.ends[position] or last in (ends if self.moments[position] else {first, *ends}):
                continue
            texts = {"first": written(first), "last": written(last)}
            text = gettext(
                "A row is for one shift, and this one lasts from %(first)s to %(last)s. Write a row per day."
            )
            self.sheet.refuse(position, "end_date", text % texts)

    def find_existing(self, keys: Sequence[Key | None]) -> dict[Key, Stored]:
        dates = [key[2] for key in keys if key is not None]
        if not dates:
            return {}
        employees = {key[0] for key in keys if key is not None}
        return self.existing_by("employee_email", employees, date__range=(min(dates), max(dates)), superseded=False)

    def derive_values(self) -> None:
        sheet = self.sheet
        refuse_other_days(sheet)
        # Beside times of day, a last day is the one on which a shift ends: `settle` compares it with the shift.
        self.moments, self.ends = ending_rows(sheet) if "end_date" in sheet.values else ([], [])
        # Rules are read here, before the transaction, because a cache is not filled from inside one.
        self.rules = Rule.objects.active_rules()

    def prepare(self, keys: Sequence[Key | None]) -> None:
        """Give each row its schedule."""
        sheet = self.sheet
        # "schedule" is the last of the stored columns. What is known of a row is in lists: dicts would take three times
        # as much as the rows themselves.
        current: list[int | None] = [
            self.existing[key][-1] if key in self.existing and position not in sheet.problems else None
            for position, key in enumerate(keys)
        ]
        week_of = cache(lambda department, date: DepartmentWeek(department, monday_of(date)))
        weeks = [
            week_of(department, date) if department is not None and position not in sheet.problems else None
            for position, (department, date) in enumerate(
                zip(self._departments(current), sheet.values["date"], strict=True)
            )
        ]
        schedules = SchedulesOfWeeks(self.using)
        schedules.load({*weeks} - {None}, also={*current} - {None})  # type: ignore[arg-type]
        for position, week in enumerate(weeks):
            if week is not None and schedules.is_of_week(current[position], week):
                weeks[position] = None
        schedules.create_missing({*weeks} - {None}, self.besides)  # type: ignore[arg-type]
        sheet.values["schedule"] = [
            current[position] if week is None else schedules.latest(week) for position, week in enumerate(weeks)
        ]

    def _departments(self, current: Sequence[int | None]) -> list[int | None]:
        """Return the department of each row that names one or is new.

        `current` has the schedules of the rows that exist.
        """
        sheet = self.sheet
        departments = list(sheet.values.get("department_code") or [None] * sheet.size)
        without = [place for place in sheet.sound if departments[place] is None and current[place] is None]
        employees = sheet.values["employee_email"]
        department_of = self._departments_of(employees[position] for position in without)
        for position in without:
            departments[position] = department_of.get(employees[position])
            if departments[position] is None:
                sheet.refuse(position, "employee_email", gettext("This employee was deleted during the import."))
        return departments

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        """Ask the policy about new and changed rows, which are compared with each other in the order of the file."""
        found = check_many(
            sorted([*new, *changed]),
            lambda position: self._planned(position, keys[position]),  # type: ignore[arg-type]
            employees=self.sheet.values["employee_email"],
            dates=self.sheet.values["date"],
            rules=self.rules,
            using=self.using,
        )
        for finding in found:
            note = self.sheet.refuse if finding.is_error else self.sheet.warn
            note(finding.assignment, self._column(finding.field), self._reason(finding))

    def _planned(self, position: int, key: Key) -> Planned:
        values, stored = self.sheet.values, self.existing.get(key)
        return Planned(
            position=position,
            pk=stored[0] if stored else None,
            employee=key[0],
            shift=key[1],
            date=key[2],
            schedule=values["schedule"][position],
            status=values["status"][position] if "status" in values else "",
            source=position,
        )

    def _column(self, field: str) -> str:
        """Return the column that a finding is about. The schedule follows from the department and the date."""
        if field == "schedule":
            return "department_code" if "department_code" in self.sheet.columns else "date"
        return {"employee": "employee_email", "shift": "shift_name"}.get(field, field)

    def _reason(self, finding: Finding) -> str:
        """Return the sentence of the policy, with the number of the other row if that is in the file too."""
        if finding.other is None:
            return finding.message
        other_row = gettext("That is row %(row)d.") % {"row": self.sheet.numbers[finding.other]}
        return f"{finding.message} {other_row}"

    def fill_caches(self) -> None:
        """Read the assignments of the changed schedules: as many as the cache holds, and not more than a plan has."""
        schedules: list[int] = []
        rows = 0
        for schedule, count in Counter(self.written("schedule_id")).items():
            rows += count
            if rows > MAX_WARMED_ROWS or len(schedules) == caches.max_schedules():
                break
            schedules.append(schedule)
        if schedules:
            caches.SCHEDULE_ASSIGNMENTS.warm(schedules)


class AssignmentResource(FileResource):
    kind = ASSIGNMENTS
    run_class = AssignmentRun
