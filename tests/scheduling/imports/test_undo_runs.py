from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.imports.engine.problems import FileError
from scheduling.imports.undo_runs import run_by, undo_run
from scheduling.models import (
    Employee,
    ImportRun,
    Schedule,
    ScheduleAssignment,
)
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    ImportRunFactory,
)
from tests.scheduling.imports.undone import imported

pytestmark = pytest.mark.django_db


class RunTests:
    def test_an_undo_is_a_run_itself(self, plan: ImportRun) -> None:
        user = User.objects.create_user("amy")
        ScheduleAssignment.objects.filter(employee__email="amy@example.com").update(notes="mine")

        run = undo_run(plan.pk, user=user).run

        assert run is not None
        stored = ImportRun.objects.get(pk=run.pk)
        assert (stored.undoes, stored.user, stored.outcome, stored.kind) == (plan, user, "undo", "assignments")
        # The draft is needed by the assignment that is left.
        assert (stored.updated, stored.deleted, stored.skipped) == (0, 1, 2)
        assert stored.problems[0][3] == "Changed since: notes."
        assert stored.queries > 0

    def test_what_was_left_can_be_undone_later(self, plan: ImportRun) -> None:
        mine = ScheduleAssignment.objects.filter(employee__email="amy@example.com")
        mine.update(notes="mine")
        undo_run(plan.pk)
        mine.update(notes="")

        result = undo_run(plan.pk)

        assert not ScheduleAssignment.objects.exists()
        assert not Schedule.objects.exists()
        assert (len(result.deleted), result.left) == (1, [])

    def test_is_not_done_twice_and_not_undone(self, plan: ImportRun) -> None:
        undo = undo_run(plan.pk).run
        assert undo is not None
        for run in (plan, undo, ImportRunFactory(outcome="previewed"), ImportRunFactory(outcome="refused")):
            with pytest.raises(FileError, match="cannot be undone, because it is"):
                undo_run(run.pk)

    def test_an_import_without_changes_has_nothing_to_undo(self) -> None:
        with pytest.raises(FileError, match="changed nothing"):
            undo_run(ImportRunFactory().pk)

    def test_a_dry_run_changes_nothing(self, plan: ImportRun) -> None:
        assert len(undo_run(plan.pk, dry_run=True).deleted) == 2
        assert ScheduleAssignment.objects.count() == 2
        assert ImportRun.objects.get().outcome == "imported"

    def test_closed_fields_are_left_to_those_who_may_change_them(self) -> None:
        EmployeeFactory(email="amy@example.com", phone="1")
        run = imported("employees", ["email", "phone"], ["amy@example.com", "2"])

        with pytest.raises(FileError, match="has changed 'phone', which you may not change"):
            undo_run(run.pk, closed=frozenset({"phone"}))
        assert undo_run(run.pk, closed=frozenset({"hourly_rate"})).restored

    def test_costs_as_many_queries_for_many_rows(self) -> None:
        DepartmentFactory(code="KIT")
        header = ["employee_number", "email", "first_name", "last_name", "department"]
        counts = []
        for size in (2, 40):
            rows = [[f"{size}-{n}", f"{size}{n}@example.com", "Amy", "Reed", "KIT"] for n in range(size)]
            run = imported("employees", header, *rows)
            with CaptureQueriesContext(connection) as queries:
                undo_run(run.pk)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 30


@pytest.mark.django_db(transaction=True)
class CacheTests:
    def test_a_cached_read_sees_the_undo_at_once(self) -> None:
        amy = EmployeeFactory(email="amy@example.com", role="Cook")
        run = imported("employees", ["email", "role"], ["amy@example.com", "Chef"])
        read = Employee.objects.get_by_email
        assert read("amy@example.com").role == "Chef"  # type: ignore[union-attr]

        undo_run(run.pk)

        assert read("amy@example.com").role == "Cook"  # type: ignore[union-attr]
        assert Employee.objects.get_by_email(amy.email).role == "Cook"  # type: ignore[union-attr]


class RunByTests:
    KEY = UUID("12345678-1234-4abc-8000-000000000001")

    @pytest.mark.parametrize("text", [str(KEY), KEY.hex.upper(), "12345678", "12345678-1234-4ab"])
    def test_finds_a_run_by_its_number_or_the_first_digits(self, text: str) -> None:
        ImportRunFactory(id=self.KEY)
        ImportRunFactory(id=UUID("12345679-1234-4abc-8000-000000000001"))
        assert run_by(text) == self.KEY

    @pytest.mark.parametrize("text", ["", "1234567", "12345678x", "87654321", "1" * 99, "é" * 9])
    def test_an_unknown_one_is_a_sentence(self, text: str) -> None:
        ImportRunFactory(id=self.KEY)
        with pytest.raises(FileError, match="There is no import"):
            run_by(text)

    def test_digits_of_several_runs_are_a_sentence(self) -> None:
        for last in (1, 2):
            ImportRunFactory(id=UUID(f"12345678-1234-4abc-8000-00000000000{last}"))
        with pytest.raises(FileError, match="Several imports begin with '12345678'"):
            run_by("12345678")
