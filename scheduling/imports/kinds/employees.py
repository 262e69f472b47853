"""Files of employees, by e-mail address."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext, gettext_lazy

from scheduling import caches
from scheduling.imports.engine import values
from scheduling.imports.engine.bulk import chunks
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.problems import shown
from scheduling.imports.engine.run import Key
from scheduling.imports.kinds.departments import departments_by_name
from scheduling.imports.kinds.skills import SkillsResource, SkillsRun
from scheduling.models import Employee

EMPLOYEES = ImportKind(
    name="employees",
    label=gettext_lazy("employees"),
    model=Employee,
    columns=(
        Column(
            name="email",
            aliases=("employee_email", "e_mail", "email_address", "work_email", "company_email", "user_email", "login"),
            required=True,
        ),
        Column(
            name="employee_number",
            aliases=(
                "employee_id",
                "emp_id",
                "employee_no",
                "badge_id",
                "payroll_id",
                "number",
                "idnumber",
                "personalnummer",
            ),
        ),
        Column(name="name", aliases=("full_name", "employee_name"), stored=False, exported=False),
        Column(name="first_name", aliases=("firstname", "given_name", "vorname")),
        Column(name="last_name", aliases=("lastname", "surname", "family_name", "nachname")),
        Column(
            name="department_code",
            aliases=("department", "dept", "department_name", "main_location", "location", "area", "team", "group"),
            field="department",
            lookup=caches.DEPARTMENT_BY_CODE,
            fallback=departments_by_name,
        ),
        Column(name="role", aliases=("position", "positions", "job_position", "job_title", "title")),
        Column(name="employment_type", aliases=("contract", "contract_type")),
        Column(
            name="hire_date",
            aliases=("date_joining", "date_of_joining", "hired_on", "start_of_employment", "joined_date", "start_date"),
        ),
        Column(name="end_date", aliases=("contract_end_date", "date_leaving", "left_on", "end_of_employment")),
        Column(name="hourly_rate", aliases=("base_hourly_rate", "rate", "pay_rate", "wage")),
        Column(
            name="max_hours_per_week", aliases=("maximum_hours_per_week", "max_hours", "weekly_hours", "hours_per_week")
        ),
        Column(name="phone", aliases=("phone_number", "mobile", "telephone", "cell")),
        Column(name="is_active", aliases=("active", "enabled")),
        Column(name="skills", aliases=("skill", "qualifications"), parse=values.names, stored=False),
    ),
    key=("email",),
    duplicate_reason=gettext_lazy("Row {row} has the same e-mail address."),
    required_for_new=("employee_number", "first_name", "last_name", "department_code"),
)


class EmployeeRun(SkillsRun):
    """Creates and updates employees. Skills that do not exist yet are created, and the result says so."""

    skills_column = "skills"

    @property
    def stored_columns(self) -> list[str]:
        return [*super().stored_columns, *self.split_names]

    def derive_values(self) -> None:
        """Split full names into first and last names, where the file has no columns for those."""
        columns = self.sheet.values
        self.split_names = [name for name in ("first_name", "last_name") if name not in columns and "name" in columns]
        if not self.split_names:
            return
        pairs = [split_name(name) if name else ("", "") for name in columns["name"]]
        columns["first_name"], columns["last_name"] = [first for first, last in pairs], [last for first, last in pairs]
        for position, (first, last) in enumerate(pairs):
            if not (first and last):
                self.sheet.refuse(position, "name", gettext("Write a first and a last name."))

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        super().check(keys, new, changed)
        if "employee_number" in self.sheet.columns:
            self._refuse_numbers_of_others(keys, [*new, *changed])

    def _refuse_numbers_of_others(self, keys: Sequence[Key | None], positions: Sequence[int]) -> None:
        numbers = self.sheet.values["employee_number"]
        self.sheet.refuse_repeated(numbers, "employee_number", gettext("Row {row} has the same employee number."))
        staff = Employee.objects.using(self.using).order_by().values_list("employee_number", "pk", "email")
        owners = {
            number: (pk, email)
            for chunk in chunks({numbers[position] for position in positions})
            for number, pk, email in staff.filter(employee_number__in=chunk)
        }
        for position in positions:
            owner, email = owners.get(numbers[position], (None, ""))
            stored = self.existing.get(keys[position])  # type: ignore[arg-type]
            if owner is not None and (stored is None or stored[0] != owner):
                reason = gettext("This is the number of %(email)s.") % {"email": shown(email)}
                self.sheet.refuse(position, "employee_number", reason)

    def fill_caches(self) -> None:
        caches.EMPLOYEE_BY_EMAIL.warm([employee.email for employee in self.written()])


class EmployeeResource(SkillsResource):
    kind = EMPLOYEES
    run_class = EmployeeRun


def split_name(name: str) -> tuple[str, str]:
    """Return first and last name of "van Dyk, Amy" or "Amy Dyk". Without a comma, the last word is the last name."""
    if "," in name:
        last, _, first = name.partition(",")
    else:
        first, _, last = name.strip().rpartition(" ")
    return first.strip(), last.strip()
