"""An import asks the policy: the same sentences per row, the rows of one file compared with each other."""

from typing import Any

import pytest
import tablib

from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.assignments import AssignmentResource, AssignmentRun
from scheduling.models import Rule, ScheduleAssignment
from tests.scheduling.policy.cases import CASES, DAY, MONDAY, TUESDAY, Case, World, change, make_world

pytestmark = pytest.mark.django_db
HEADERS = ("employee_email", "shift_name", "date")


@pytest.fixture
def world() -> World:
    return make_world()


def run(*rows: tuple[Any, ...], headers: tuple[str, ...] = HEADERS, **options: Any) -> ImportResult:
    dataset = tablib.Dataset(*([str(cell) for cell in row] for row in rows), headers=headers)
    return AssignmentResource().import_data(dataset, **options)


def told(problems: list[Any]) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.reason) for problem in problems]


class EverySentenceTests:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    def test_is_said_of_a_row(self, case: Case, world: World) -> None:
        case.prepare(world)
        stored = ScheduleAssignment.objects.count()
        result = run(("amy@example.com", getattr(world, case.shift).name, case.date))

        is_error = case.severity == "error"
        ((row, column, reason),) = told(result.problems if is_error else result.warnings)
        assert (row, reason) == (2, case.message)
        assert column in HEADERS
        assert not (result.warnings if is_error else result.problems)
        assert result.saved is not is_error
        assert ScheduleAssignment.objects.count() == (stored if is_error else stored + 1)

    def test_an_unchanged_row_is_not_judged(self, world: World) -> None:
        run(("amy@example.com", "Early", TUESDAY))
        change(world.amy, is_active=False)
        result = run(("amy@example.com", "Early", TUESDAY))
        assert (result.unchanged, result.problems) == (1, [])

    def test_a_duplicate_that_appears_meanwhile_is_said(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """A row that exists is an update; another import may insert it after the look: here the look finds nothing."""
        world.stored(world.early, TUESDAY)
        monkeypatch.setattr(AssignmentRun, "find_existing", lambda self, keys: {})
        assert told(run(("amy@example.com", "Early", TUESDAY)).problems) == [
            (2, "shift_name", "Amy Adams already has Early (06:00–14:00) on 2026-12-01 in Kitchen.")
        ]


class RowsOfOneFileTests:
    def test_are_compared_with_each_other(self, world: World) -> None:
        change(world.early, end_time="15:00")
        result = run(
            ("amy@example.com", "Late", TUESDAY + DAY),
            ("amy@example.com", "Early", TUESDAY),
            ("amy@example.com", "Early", TUESDAY + DAY),
        )
        assert told(result.problems) == [
            (
                4,
                "shift_name",
                "Amy Adams works Late (14:00–22:00) on 2026-12-02 in Kitchen at the same time. That is row 2.",
            )
        ]

    def test_the_others_are_saved_by_choice(self, world: World) -> None:
        change(world.early, max_staff=1)
        other = world.planned(world.early, TUESDAY).employee
        bob = type(other).objects.create(
            employee_number="2", email="bob@example.com", first_name="Bob", last_name="Brown", department=world.kitchen
        )
        rows = [(email, "Early", TUESDAY) for email in ("bob@example.com", "amy@example.com")]
        result = run(*rows, rollback_on_validation_errors=False)
        assert told(result.problems) == [
            (
                3,
                "shift_name",
                "Early (06:00–14:00) on 2026-12-01 in Kitchen has room for 1 person: Amy Adams is one too many.",
            )
        ]
        assert ScheduleAssignment.objects.get().employee == bob

    def test_rows_that_are_refused_before_are_not_judged(self, world: World) -> None:
        result = run(("amy@example.com", "Early", TUESDAY), ("amy@example.com", "Early", TUESDAY))
        assert told(result.problems) == [(3, "employee_email", "Row 2 has the same employee, shift and date.")]


class ChangedRowTests:
    def test_counts_as_it_will_be(self, world: World) -> None:
        change(world.early, required_staff=1)
        world.stored(world.early, TUESDAY)
        result = run(("amy@example.com", "Early", TUESDAY, "declined"), headers=(*HEADERS, "status"))
        assert (result.updated, told(result.warnings)) == (
            1,
            [
                (
                    2,
                    "shift_name",
                    "Without Amy Adams, Early (06:00–14:00) on 2026-12-01 in Kitchen has 0 of 1 required people.",
                )
            ],
        )

    def test_keeps_the_status_that_the_file_does_not_have(self, world: World) -> None:
        change(world.amy, is_active=False)
        world.stored(world.early, TUESDAY, status="declined")
        result = run(("amy@example.com", "Early", TUESDAY, "new note"), headers=(*HEADERS, "notes"))
        assert (result.updated, result.problems) == (1, [])

    def test_a_row_that_moves_to_another_department_is_told_beside_it(self, world: World) -> None:
        world.stored(world.early, TUESDAY)
        change(world.bar, active=False)
        result = run(("amy@example.com", "Early", TUESDAY, "BAR"), headers=(*HEADERS, "department"))
        assert told(result.problems) == [
            (2, "department", "The department Bar is not active: Amy Adams cannot work there on 2026-12-01.")
        ]


class WarningsTests:
    def test_are_notes_with_the_number_of_the_row(self, world: World) -> None:
        change(world.early, required_staff=2)
        result = run(("amy@example.com", "Early", TUESDAY))
        assert result.warning_notes == [
            "Row 2: With Amy Adams, Early (06:00–14:00) on 2026-12-01 in Kitchen has 1 of 2 required people."
        ]

    def test_twenty_are_shown_and_the_others_counted(self, world: World) -> None:
        change(world.early, required_staff=2)
        result = run(*(("amy@example.com", "Early", MONDAY + 2 * day * DAY) for day in range(22)))
        assert [warning.row for warning in result.warnings] == list(range(2, 24))
        assert (len(result.warning_notes), result.warning_notes[-1]) == (21, "And 2 more warnings.")

    def test_a_rule_read_before_is_read_from_the_cache_in_an_import(self, world: World) -> None:
        world.rule("restriction", strict=True)
        assert len(Rule.objects.active_rules()) == 1
        assert told(run(("amy@example.com", "Early", TUESDAY)).problems) == [
            (2, "date", "Amy Adams does not work Early (06:00–14:00) on 2026-12-01 (House rule).")
        ]
