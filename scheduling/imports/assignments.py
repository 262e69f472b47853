"""Assignments: who works which shift on which day. Each belongs to the schedule of a department's week."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy, ngettext

from scheduling import caches
from scheduling.calendar import MONDAY_TO_SUNDAY, monday_of
from scheduling.imports.columns import Column
from scheduling.imports.departments import departments_by_name
from scheduling.imports.resources import Key, LeanResource, Stored, chunks
from scheduling.models import Employee, Rule, Schedule, ScheduleAssignment
from scheduling.policy import Finding, Planned, check_planned

Week = tuple[int, datetime.date]
"""A department and a Monday."""


class Home(NamedTuple):
    """The schedule that an assignment belongs to."""

    pk: int
    department_id: int
    week_start: datetime.date


class AssignmentResource(LeanResource):
    """Upserts by employee, shift and date.

    A new row goes into the highest version of the schedule of its department (the file's, else the employee's) and
    week; a missing one is created as a draft. A row that exists stays where it is, unless the file names another
    department. The policy judges the new and the changed rows, together: its errors refuse them, its warnings do not.
    """

    kind = "assignments"
    label = gettext_lazy("assignments")
    columns = (
        Column(
            name="employee_email",
            also=("email", "e_mail", "email_address", "work_email", "company_email", "user_email", "login", "employee"),
            field="employee",
            lookup=caches.EMPLOYEE_BY_EMAIL,
            required=True,
        ),
        Column(
            name="shift_name",
            also=("shift", "shift_type", "shift_template", "to_be_assigned_shift", "label"),
            field="shift",
            lookup=caches.SHIFT_BY_NAME,
            required=True,
        ),
        Column(
            name="date",
            also=("start_date", "shift_date", "work_date", "datum", "attendance_date", "day"),
            required=True,
        ),
        Column(
            name="department_code",
            also=("department", "dept", "department_name", "main_location", "location", "area", "team", "group"),
            lookup=caches.DEPARTMENT_BY_CODE,
            fallback=departments_by_name,
            stored=False,
            path="schedule__department__code",
        ),
        Column(name="status", also=("state",)),
        Column(name="priority"),
        Column(name="notes", also=("note", "comment", "comments", "description", "remarks")),
    )
    key = ("employee_email", "shift_name", "date")
    repeated = gettext_lazy("Row {row} has the same employee, shift and date.")
    only_new = {"source": ScheduleAssignment.Source.IMPORT}

    class Meta:
        model = ScheduleAssignment

    @property
    def stored_columns(self) -> list[str]:
        return [*super().stored_columns, "schedule"]

    def find_existing(self, keys: Sequence[Key | None]) -> dict[Key, Stored]:
        dates = [key[2] for key in keys if key is not None]
        if not dates:
            return {}
        employees = {key[0] for key in keys if key is not None}
        return self.existing_by("employee_email", employees, date__range=(min(dates), max(dates)), superseded=False)

    def resolve(self) -> None:
        # Before the transaction, inside of which a cache is not filled.
        self.rules = Rule.objects.active_rules()

    def prepare(self, keys: Sequence[Key | None]) -> None:
        """Give each row its schedule."""
        sheet = self.sheet
        held = {
            position: self.existing[key][-1]
            for position, key in enumerate(keys)
            if key in self.existing and position not in sheet.problems
        }
        named = sheet.values.get("department_code") or [None] * sheet.size
        departments = self._departments(named, held)
        weeks = {
            position: (department, monday_of(sheet.values["date"][position]))
            for position, department in departments.items()
        }
        self.homes = self._homes(set(weeks.values()), set(held.values()))
        by_week = self._by_week(set(weeks.values()))
        moving = {position: week for position, week in weeks.items() if not self._at_home(held.get(position), week)}
        if lost := set(moving.values()) - by_week.keys():
            by_week = self._create_drafts(lost, by_week)
        told: list[int | None] = [None] * sheet.size
        for position in sheet.sound:
            told[position] = by_week[moving[position]].pk if position in moving else held[position]
        sheet.values["schedule"] = told

    def _departments(self, named: Sequence[int | None], held: dict[int, int]) -> dict[int, int]:
        """Return the department of each row that names one or is new."""
        sheet, sound = self.sheet, self.sheet.sound
        departments = {position: named[position] for position in sound if named[position] is not None}
        homeless = [position for position in sound if position not in departments and position not in held]
        employees = sheet.values["employee_email"]
        staff = Employee.objects.using(self.using).order_by()
        department_of = {
            pk: department
            for chunk in chunks({employees[position] for position in homeless})
            for pk, department in staff.filter(pk__in=chunk).values_list("pk", "department_id")
        }
        for position in homeless:
            department = department_of.get(employees[position])
            if department is None:
                sheet.refuse(position, "employee_email", gettext("This employee was deleted during the import."))
            else:
                departments[position] = department
        return departments  # type: ignore[return-value]

    def _homes(self, weeks: Iterable[Week], held: set[int]) -> dict[int, Home]:
        """Return the schedules of these weeks in every version, and the held ones, by primary key."""
        departments, mondays = {week[0] for week in weeks}, {week[1] for week in weeks}
        if not departments and not held:
            return {}
        schedules = Schedule.objects.using(self.using).order_by("version")
        rows = schedules.filter(Q(department__in=departments, week_start__in=mondays) | Q(pk__in=held))
        return {row[0]: Home._make(row) for row in rows.values_list("pk", "department_id", "week_start")}

    def _by_week(self, weeks: set[Week]) -> dict[Week, Home]:
        """Return the highest version of each week: the homes are in the order of their versions."""
        homes = {(home.department_id, home.week_start): home for home in self.homes.values()}
        return {week: homes[week] for week in weeks & homes.keys()}

    def _at_home(self, schedule: int | None, week: Week) -> bool:
        home = self.homes.get(schedule) if schedule is not None else None
        return home is not None and (home.department_id, home.week_start) == week

    def _create_drafts(self, weeks: set[Week], by_week: dict[Week, Home]) -> dict[Week, Home]:
        """Create the missing schedules. One that another import creates meanwhile is taken as it is."""
        Schedule.objects.using(self.using).bulk_create(
            [
                Schedule(department_id=department, week_start=start, week_end=start + MONDAY_TO_SUNDAY)
                for department, start in sorted(weeks)
            ],
            ignore_conflicts=True,
        )
        created = self._homes(weeks, set())
        self.homes.update(created)
        text = ngettext(
            "%(count)d new draft schedule, for a week that had none.",
            "%(count)d new draft schedules, for weeks that had none.",
            len(weeks),
        )
        self.notes.append(text % {"count": len(weeks)})
        return by_week | {(home.department_id, home.week_start): home for home in created.values()}

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        """Ask the policy about the rows that change something. Compared with each other, in the order of the file."""
        planned = [self._planned(position, keys[position]) for position in sorted([*new, *changed])]  # type: ignore[arg-type]
        for finding in check_planned(planned, rules=self.rules, using=self.using):
            tell = self.sheet.refuse if finding.is_error else self.sheet.warn
            tell(finding.assignment, self._column(finding.field), self._reason(finding))

    def _planned(self, position: int, key: Key) -> Planned:
        told, stored = self.sheet.values, self.existing.get(key)
        return Planned(
            position=position,
            pk=stored[0] if stored else None,
            employee=key[0],
            shift=key[1],
            date=key[2],
            schedule=told["schedule"][position],
            status=told["status"][position] if "status" in told else "",
            source=position,
        )

    def _column(self, field: str) -> str:
        """Return the column whose value a finding is about; a schedule follows from department and date."""
        if field == "schedule":
            return "department_code" if "department_code" in self.sheet.columns else "date"
        return next(column.name for column in self.columns if column.field_name == field)

    def _reason(self, finding: Finding) -> str:
        """Return the policy's own words, and the number of the other row if that is in the file too."""
        if finding.other is None:
            return finding.message
        where = gettext("That is row %(row)d.") % {"row": self.sheet.numbers[finding.other]}
        return f"{finding.message} {where}"

    def fill_caches(self) -> None:
        """Read the lists of the schedules that were changed, as many as the cache holds."""
        changed = (row.instance.schedule_id for row in self.outcomes if row.instance is not None)
        schedules = list(dict.fromkeys(changed))[: caches.max_schedules()]
        if schedules:
            caches.SCHEDULE_ASSIGNMENTS.warm(schedules)
