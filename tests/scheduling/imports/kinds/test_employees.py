import datetime
from decimal import Decimal
from typing import Any

import pytest
import tablib
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.employees import EmployeeResource
from scheduling.models import Department, Employee, Skill
from tests.factories import DepartmentFactory, EmployeeFactory, SkillFactory

NEW = ["email", "employee_number", "first_name", "last_name", "department_code"]
AMY = ["Amy@Example.com", "H1", "Amy", "Reed", "KIT"]


def run(*rows: list[Any], headers: list[str] = NEW, **options: Any) -> ImportResult:
    return EmployeeResource().import_data(tablib.Dataset(*rows, headers=headers), **options)


def reasons(result: ImportResult) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.reason) for problem in result.problems]


@pytest.fixture
def kitchen(db: None) -> Department:
    return DepartmentFactory(code="KIT", name="Kitchen")


class UpsertTests:
    def test_a_new_employee(self, kitchen: Department) -> None:
        headers = [*NEW, "role", "hire_date", "hourly_rate", "max_hours_per_week", "is_active", "employment_type"]
        result = run([*AMY, "Cook", "31/05/2020", "€ 12,50", "", "yes", "Part time"], headers=headers)
        assert (result.new, result.sentences, result.problems) == (1, [], [])
        amy = Employee.objects.get()
        assert (amy.email, amy.department, amy.role) == ("amy@example.com", kitchen, "Cook")
        assert (amy.hire_date, amy.hourly_rate) == (datetime.date(2020, 5, 31), Decimal("12.50"))
        assert (amy.max_hours_per_week, amy.is_active, amy.employment_type) == (40, True, "part_time")

    def test_the_same_file_again_changes_nothing(self, kitchen: Department) -> None:
        headers = [*NEW, "hourly_rate", "skills"]
        run([*AMY, "12.5", "Grill|Wine"], headers=headers)
        result = run([*AMY, "12.50", "wine; grill"], headers=headers)
        assert (result.new, result.updated, result.unchanged) == (0, 0, 1)

    def test_columns_that_the_file_lacks_stay_as_they_are(self, kitchen: Department) -> None:
        amy = EmployeeFactory(email="amy@example.com", phone="123", role="Cook", department=kitchen)
        result = run(["amy@example.com", "Chef"], headers=["email", "role"])
        amy.refresh_from_db()
        assert (result.updated, amy.role, amy.phone, amy.department) == (1, "Chef", "123", kitchen)

    def test_a_full_name_is_split(self, kitchen: Department) -> None:
        headers = ["email", "employee_number", "Full name", "department"]
        run(
            ["a@example.com", "1", "Amy van Dyk", "Kitchen"],
            ["b@example.com", "2", "van Dyk, Bob", "KIT"],
            headers=headers,
        )
        names = Employee.objects.order_by("email").values_list("first_name", "last_name")
        assert list(names) == [("Amy van", "Dyk"), ("Bob", "van Dyk")]
        result = run(["c@example.com", "3", "Cher", "KIT"], headers=headers)
        assert reasons(result) == [(2, "Full name", "Write a first and a last name.")]

    @pytest.mark.parametrize("headers", [["Name", "Vorname"], ["Vorname", "Name"]])
    def test_a_name_beside_a_first_name_is_the_last_name(self, headers: list[str], kitchen: Department) -> None:
        people = [{"Name": "van der Heide", "Vorname": "Anna"}, {"Name": "Cole, Ben", "Vorname": "Ben"}]
        rows = [[number, *map(names.get, headers), "KIT"] for number, names in zip("12", people, strict=True)]
        result = run(*rows, headers=["employee_number", *headers, "department"])
        assert reasons(result) == []
        names = Employee.objects.order_by("employee_number").values_list("first_name", "last_name")
        assert list(names) == [("Anna", "van der Heide"), ("Ben", "Cole")]

    def test_names_that_contradict_each_other_are_refused(self, kitchen: Department) -> None:
        EmployeeFactory(email="ben@example.com", first_name="Ben", last_name="Cole")
        for headers, row in (
            (["email", "name", "first_name"], ["ben@example.com", "Ben Cole", "Benjamin"]),
            (["email", "name", "last_name"], ["ben@example.com", "Ben Cole", "Coleman"]),
            (["email", "name", "first_name", "last_name"], ["ben@example.com", "Cia Dorn", "Ben", "Cole"]),
        ):
            ((number, column, reason),) = reasons(run(row, headers=headers))
            assert (number, column) == (2, "name")
            assert f"The full name '{row[1]}' does not fit '{' '.join(row[2:])}' in this row." in reason
        assert str(Employee.objects.get()) == str(Employee(first_name="Ben", last_name="Cole"))


class ProblemTests:
    def test_a_file_of_new_people_needs_their_columns(self, kitchen: Department) -> None:
        result = run(["amy@example.com", "Amy"], headers=["email", "first_name"])
        assert result.sentences == [
            "The file has new employees (1), but lacks the columns that new ones need: "
            "'employee_number', 'last_name' and 'department_code'."
        ]
        assert not result.saved

    def test_an_employee_number_belongs_to_one_person(self, kitchen: Department) -> None:
        EmployeeFactory(email="bob@example.com", employee_number="H1", first_name="Bob", last_name="Lane")
        result = run(AMY, ["eve@example.com", "H2", "Eve", "X", "KIT"], ["dan@example.com", "H2", "Dan", "X", "KIT"])
        assert reasons(result) == [
            (
                2,
                "employee_number",
                "This is the number of Bob Lane (H1) bob@example.com. The row is about Amy Reed. Correct one of them.",
            ),
            (4, "employee_number", "Row 3 has the same employee number."),
        ]

    def test_a_repeated_address_names_the_first_row(self, kitchen: Department) -> None:
        result = run(AMY, ["amy@example.com", "H2", "Amy", "Reed", "KIT"])
        assert reasons(result) == [(3, "email", "Row 2 is about the same employee.")]

    def test_an_unknown_department_gets_a_suggestion(self, kitchen: Department) -> None:
        result = run([*AMY[:4], "KITT"])
        assert reasons(result) == [(2, "department_code", "No department has the code 'KITT'. Did you mean 'KIT'?")]

    def test_a_name_of_two_departments_is_no_department(self, kitchen: Department) -> None:
        DepartmentFactory(name="Kitchen", parent=kitchen)
        assert run([*AMY[:4], "kitchen"]).refused == 1

    def test_values_are_judged_by_the_model(self, kitchen: Department) -> None:
        headers = [*NEW, "hire_date", "end_date", "max_hours_per_week"]
        result = run(
            [*AMY, "2026-05-31", "2026-05-30", "40"],
            ["no address", "H2", "", "X", "KIT", "", "", "200"],
            headers=headers,
        )
        assert reasons(result) == [
            (2, "end_date", "The end date cannot be before the hire date."),
            (3, "email", "Enter a valid email address."),
            (3, "first_name", "A value is needed here."),
            (3, "max_hours_per_week", "Ensure this value is less than or equal to 168."),
        ]
        assert not Employee.objects.exists()


class IdentityTests:
    """Who a row means, and what becomes of addresses and numbers that change hands."""

    @pytest.fixture(autouse=True)
    def staff(self, kitchen: Department) -> None:
        for number, first, last, email in (
            ("01", "Amy", "Reed", "amy@example.com"),
            ("02", "Bob", "Lane", "bob@example.com"),
            ("A3", "Eve", "Moss", None),
        ):
            EmployeeFactory(employee_number=number, first_name=first, last_name=last, email=email, department=kitchen)

    def stored(self) -> dict[str, tuple[str, str | None]]:
        rows = Employee.objects.order_by("pk").values_list("last_name", "employee_number", "email")
        return {name: (number, email) for name, number, email in rows}

    @pytest.mark.parametrize(
        ("headers", "rows", "changed"),
        [
            # The number says who it is: people marry, and their address changes.
            ("employee_number,email", [["02", "lane@example.com"]], {"Lane": ("02", "lane@example.com")}),
            (
                "employee_number,first_name,last_name,email",
                [["02", "Bob", "Lane", "b.lane@example.com"]],
                {"Lane": ("02", "b.lane@example.com")},
            ),
            ("employee_number,email", [["A3", "eve@example.com"]], {"Moss": ("A3", "eve@example.com")}),
            ("email,employee_number", [["bob@example.com", "22"]], {"Lane": ("22", "bob@example.com")}),
            # Two numbers are exchanged.
            (
                "email,employee_number",
                [["amy@example.com", "02"], ["bob@example.com", "01"]],
                {"Reed": ("02", "amy@example.com"), "Lane": ("01", "bob@example.com")},
            ),
            # A number goes to the person above its old owner, or below.
            (
                "email,employee_number",
                [["amy@example.com", "02"], ["bob@example.com", "12"]],
                {"Reed": ("02", "amy@example.com"), "Lane": ("12", "bob@example.com")},
            ),
            (
                "email,employee_number",
                [["bob@example.com", "12"], ["amy@example.com", "02"]],
                {"Reed": ("02", "amy@example.com"), "Lane": ("12", "bob@example.com")},
            ),
            # With the names, two addresses are exchanged.
            (
                "employee_number,first_name,last_name,email",
                [["01", "Amy", "Reed", "bob@example.com"], ["02", "Bob", "Lane", "amy@example.com"]],
                {"Reed": ("01", "bob@example.com"), "Lane": ("02", "amy@example.com")},
            ),
            # A number in another case, or in a file without addresses.
            ("employee_number,role", [["a3", "Cook"]], {}),
        ],
    )
    def test_what_counts_is_how_it_is_afterwards(
        self, headers: str, rows: list[list[str]], changed: dict[str, tuple[str, str]]
    ) -> None:
        expected = self.stored() | changed
        result = run(*rows, headers=headers.split(","))
        assert (reasons(result), result.new, result.updated) == ([], 0, len(rows))
        assert self.stored() == expected
        assert run(*rows, headers=headers.split(",")).unchanged == len(rows)

    def test_a_number_goes_to_somebody_new(self) -> None:
        rows = [["zoe@example.com", "01", "Zoe", "Hart", "KIT"], ["amy@example.com", "11", "Amy", "Reed", "KIT"]]
        result = run(*rows)
        # The address is new and the number Amy's, whose name is another one: it cannot be said who is meant.
        assert [row for row, _, _ in reasons(result)] == [2]

    def test_not_everybody_has_an_address(self) -> None:
        rows = [["", "8", "Ann", "Fox", "KIT"], ["", "9", "Ian", "Fox", "KIT"]]
        assert run(*rows).new == 2
        assert self.stored()["Fox"] == ("9", None)
        assert run(*rows).unchanged == 2

    @pytest.mark.parametrize(
        ("headers", "rows", "expected"),
        [
            (
                "email,employee_number",
                [["amy@example.com", "02"]],
                [(2, "employee_number", "This is the number of bob@example.com.")],
            ),
            (
                "email,employee_number",
                [["amy@example.com", "02"], ["bob@example.com", "02"]],
                [
                    (2, "employee_number", "This is the number of bob@example.com."),
                    (3, "employee_number", "Row 2 has the same employee number."),
                ],
            ),
            ("email,employee_number", [["", ""]], [(2, "email", "Write an e-mail address or an employee number.")]),
            (
                "email,employee_number,role",
                [["amy@example.com", "", "x"], ["", "01", "y"]],
                [(3, "email", "Row 2 is about the same employee.")],
            ),
            (
                "email,employee_number,first_name,last_name",
                [["bob@example.com", "99", "Zoe", "Hart"]],
                [
                    (
                        2,
                        "email",
                        "This is the address of Bob Lane (02) bob@example.com. The row is about Zoe Hart. "
                        "Correct one of them.",
                    )
                ],
            ),
            # The row that would free the number is refused, and so is the one that takes it.
            (
                "email,employee_number,hourly_rate",
                [["amy@example.com", "02", "1"], ["bob@example.com", "12", "a lot"]],
                [
                    (2, "employee_number", "This is the number of bob@example.com."),
                    (3, "hourly_rate", "Write a number."),
                ],
            ),
        ],
    )
    def test_refuses_what_is_not_certain(
        self, headers: str, rows: list[list[str]], expected: list[tuple[int, str, str]]
    ) -> None:
        before = self.stored()
        assert reasons(run(*rows, headers=headers.split(","))) == expected
        assert self.stored() == before

    def test_tells_changed_addresses(self) -> None:
        result = run(["02", "lane@example.com"], headers=["employee_number", "email"])
        assert [warning.reason for warning in result.warnings] == [
            "The address of Bob Lane (02) changes from bob@example.com to lane@example.com."
        ]

    def test_a_full_name_that_is_stored_is_not_cut_anew(self) -> None:
        Employee.objects.filter(last_name="Reed").update(first_name="Amy", last_name="van der Reed")
        assert run(["amy@example.com", "Amy van der Reed"], headers=["email", "name"]).unchanged == 1

    def test_hours_may_have_a_fraction(self) -> None:
        headers = ["email", "max_hours_per_week"]
        assert run(["amy@example.com", "38,5"], ["bob@example.com", "37.75"], headers=headers).updated == 2
        hours = Employee.objects.order_by("pk").values_list("max_hours_per_week", flat=True)
        assert [*hours] == [Decimal("38.5"), Decimal("37.75"), 40]
        exported = EmployeeResource().export(Employee.objects.order_by("pk"))
        assert [str(number) for number in exported["max_hours_per_week"]] == ["38.5", "37.75", "40"]
        assert EmployeeResource().import_data(exported).unchanged == 3

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.permutations(["01", "02", "A3", "44"]))
    def test_any_exchange_ends_as_the_file_says(self, numbers: list[str]) -> None:
        with transaction.atomic():
            Employee.objects.filter(last_name="Moss").update(email="eve@example.com")
            emails = ["amy@example.com", "bob@example.com", "eve@example.com"]
            rows = [list(pair) for pair in zip(emails, numbers, strict=False)]
            result = run(*rows, headers=["email", "employee_number"])
            assert reasons(result) == []
            assert [*Employee.objects.order_by("pk").values_list("email", "employee_number")] == [*map(tuple, rows)]
            transaction.set_rollback(True)


class SkillTests:
    def test_skills_become_those_of_the_file(self, kitchen: Department) -> None:
        wine, grill = SkillFactory(name="Wine"), SkillFactory(name="Grill")
        amy = EmployeeFactory(email="amy@example.com", skills=[wine])
        result = run(["amy@example.com", "grill, Barista"], headers=["email", "skills"])
        assert result.updated == 1
        assert {skill.name for skill in amy.skills.all()} == {"Grill", "Barista"}
        assert result.notes == ["1 new skill: 'Barista'."]
        assert grill in amy.skills.all()

    def test_a_blank_cell_takes_them_away_and_a_missing_column_does_not(self, kitchen: Department) -> None:
        amy = EmployeeFactory(email="amy@example.com", skills=[SkillFactory()])
        run(["amy@example.com", "Cook"], headers=["email", "role"])
        assert amy.skills.count() == 1
        run(["amy@example.com", ""], headers=["email", "skills"])
        assert amy.skills.count() == 0

    def test_new_people_have_them_at_once(self, kitchen: Department) -> None:
        run([*AMY, "Wine"], headers=[*NEW, "skills"])
        assert Employee.objects.get().skills.get().name == "Wine"

    def test_a_dry_run_creates_none(self, kitchen: Department) -> None:
        result = run([*AMY, "Wine"], headers=[*NEW, "skills"], dry_run=True)
        assert result.notes == ["1 new skill: 'Wine'."]
        assert not Skill.objects.exists()
        assert not Employee.objects.exists()


@pytest.mark.django_db(transaction=True)
class CacheTests:
    def test_imported_people_are_in_the_cache(self) -> None:
        DepartmentFactory(code="KIT")
        assert Employee.objects.get_by_email("amy@example.com") is None
        run(AMY, ["bob@example.com", "H2", "Bob", "X", "KIT"])
        with CaptureQueriesContext(connection) as queries:
            amy = Employee.objects.get_by_email("amy@example.com")
            found = Employee.objects.get_many_by_email(["amy@example.com", "bob@example.com"])
        assert amy is not None
        assert (amy.last_name, len(found), len(queries)) == ("Reed", 2, 0)
        run(["amy@example.com", "Chef"], headers=["email", "role"])
        with CaptureQueriesContext(connection) as queries:
            amy = Employee.objects.get_by_email("amy@example.com")
        assert amy is not None
        assert (amy.role, len(queries)) == ("Chef", 0)
