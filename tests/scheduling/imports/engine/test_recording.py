from typing import Any
from uuid import UUID

import pytest
import tablib
from django.contrib.auth.models import User
from django.test import Client

from scheduling.imports.engine.changes import unpack
from scheduling.imports.engine.files import Upload, read_table
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.assignments import AssignmentResource
from scheduling.imports.kinds.employees import EmployeeResource
from scheduling.imports.kinds.shifts import ShiftTypeResource
from scheduling.models import Employee, ImportRun, Schedule, ShiftType, Skill
from scheduling.models.imports import digest_of
from tests.factories import DepartmentFactory, EmployeeFactory, ImportRunFactory, ShiftFactory, ShiftTypeFactory
from tests.scheduling.imports.test_pages import PEOPLE, confirm, upload

pytestmark = pytest.mark.django_db
TYPES = b"name,colour\nEarly,#ff0000\nLate,#00ff00\n"
WRONG = b"name,colour\nEarly,#ff0000\nLate,red?\n"


def imported(data: bytes, **options: Any) -> ImportResult:
    return ShiftTypeResource().import_data(read_table(data), file_name="types.csv", **options)


def waiting(**values: Any) -> UUID:
    """Return the key of the run of an upload that is not confirmed yet."""
    return ImportRunFactory(kind="shift_types", outcome="previewed", **values).pk


class ImportedTests:
    def test_has_the_file_the_counts_and_what_it_cost(self) -> None:
        ShiftTypeFactory(name="Early")
        result = imported(TYPES)

        run = ImportRun.objects.get()
        assert (run.kind, run.outcome, run.user, run.file_name) == ("shift_types", "imported", None, "types.csv")
        assert (bytes(run.file), run.digest) == (TYPES, digest_of(TYPES))
        assert (run.new, run.updated, run.unchanged, run.refused) == (1, 1, 0, 0)
        assert 0 < run.queries <= result.queries
        assert run.options == {"read_as": {"name": "name", "colour": "colour"}}

    def test_is_written_with_the_rows_or_not_at_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from django.db import IntegrityError

        def fail(*args: Any, **kwargs: Any) -> None:
            raise IntegrityError("no")

        monkeypatch.setattr(type(ImportRun.objects.all()), "create", fail)
        with pytest.raises(IntegrityError):
            imported(TYPES)
        assert not ShiftType.objects.exists()

    def test_costs_one_query(self) -> None:
        result = imported(TYPES)
        run = ImportRun.objects.get()
        # The other queries are the savepoint that ends, and what fills the cache after the commit.
        assert result.queries - run.queries <= 3

    def test_a_dry_run_has_none(self) -> None:
        imported(TYPES, dry_run=True)
        assert not ImportRun.objects.exists()

    def test_keeps_what_each_row_was_and_is(self) -> None:
        early = ShiftTypeFactory(name="Early", colour="#0000ff")
        imported(TYPES)

        changes = unpack(ImportRun.objects.get().changes)
        late = ShiftType.objects.get(name="Late")
        assert changes.before == {early.pk: {"colour": "#0000ff"}}
        assert changes.after[early.pk]["colour"] == "#ff0000"
        assert {pk: row["name"] for pk, row in changes.created.items()} == {late.pk: "Late"}

    def test_an_address_that_moves_on_is_kept_as_it_was(self) -> None:
        """The database has another value in between."""
        DepartmentFactory(code="KIT")
        amy = EmployeeFactory(email="amy@example.com", employee_number="1")
        bob = EmployeeFactory(email="bob@example.com", employee_number="2")
        table = tablib.Dataset(
            [amy.employee_number, "bob@example.com", amy.first_name, amy.last_name],
            [bob.employee_number, "amy@example.com", bob.first_name, bob.last_name],
            headers=["employee_number", "email", "first_name", "last_name"],
        )
        assert EmployeeResource().import_data(table).updated == 2

        before = unpack(ImportRun.objects.get().changes).before
        assert before == {
            amy.pk: {"email": "amy@example.com", "employee_number": "1"},
            bob.pk: {"email": "bob@example.com", "employee_number": "2"},
        } or before == {amy.pk: {"email": "amy@example.com"}, bob.pk: {"email": "bob@example.com"}}

    def test_keeps_skills_and_what_was_created_besides(self) -> None:
        DepartmentFactory(code="KIT")
        amy = EmployeeFactory(email="amy@example.com", skills=[Skill.objects.create(name="Grill")])
        table = tablib.Dataset(["amy@example.com", "grill|Bar"], headers=["email", "skills"])
        assert EmployeeResource().import_data(table).updated == 1

        changes = unpack(ImportRun.objects.get().changes)
        grill, bar = Skill.objects.get(name="Grill").pk, Skill.objects.get(name="Bar").pk
        assert changes.related == {"skills": {amy.pk: ([grill], [grill, bar])}}
        assert set(changes.besides["scheduling.Skill"]) == {bar}

    def test_keeps_the_drafts_that_assignments_have_made(self) -> None:
        EmployeeFactory(email="amy@example.com")
        ShiftFactory(name="Early")
        table = tablib.Dataset(["amy@example.com", "Early", "2026-12-02"], headers=["email", "shift", "date"])
        assert AssignmentResource().import_data(table).new == 1

        changes = unpack(ImportRun.objects.get().changes)
        assert set(changes.besides["scheduling.Schedule"]) == {Schedule.objects.get().pk}


class RefusedTests:
    def test_keeps_the_file_and_its_errors(self) -> None:
        imported(WRONG)

        run = ImportRun.objects.get()
        assert (run.outcome, run.new, run.skipped, run.refused) == ("refused", 0, 1, 1)
        assert [problem[:3] for problem in run.problems] == [[3, "colour", "red?"]]
        assert not run.changes

    def test_a_file_of_another_kind_is_refused_with_its_sentence(self) -> None:
        imported(b"isbn,price\n1,2\n")
        assert "does not look like" in ImportRun.objects.get().notes[0]

    def test_with_the_valid_rows_it_is_imported(self) -> None:
        imported(WRONG, rollback_on_validation_errors=False)

        run = ImportRun.objects.get()
        assert (run.outcome, run.new, run.skipped, run.refused) == ("imported", 1, 0, 1)
        assert len(unpack(run.changes).created) == 1


class PreviewedTests:
    def test_keeps_the_upload_for_its_confirmation(self) -> None:
        key, user = (
            waiting(user=User.objects.create_user("amy"), options={"columns": {"name": "name"}}),
            User.objects.get(),
        )
        ShiftTypeResource().import_data(Upload(TYPES), dry_run=True, upload=key, user=user)

        run = ImportRun.objects.get()
        assert (run.pk, run.outcome, run.user, run.new, run.finished_at) == (key, "previewed", user, 2, None)
        assert run.options == {"columns": {"name": "name"}, "read_as": {"name": "name", "colour": "colour"}}
        assert not run.changes

    def test_a_file_that_is_refused_can_be_checked_again(self) -> None:
        key = waiting()
        for colour, outcome in (("red?", "refused"), ("#00ff00", "previewed")):
            mended = {"3": {"colour": colour}}
            ShiftTypeResource(mended=mended).import_data(Upload(WRONG), dry_run=True, upload=key)
            assert ImportRun.objects.get().outcome == outcome

    def test_its_import_ends_the_same_run_and_only_once(self) -> None:
        key = waiting()
        ShiftTypeResource().import_data(Upload(TYPES), dry_run=True, upload=key)
        again = {"upload": key}
        assert ShiftTypeResource().import_data(Upload(TYPES), **again).saved
        ShiftType.objects.all().delete()

        result = ShiftTypeResource().import_data(Upload(TYPES), **again)

        assert not result.saved
        assert "This upload has been imported already." in result.sentences[0]
        assert not ShiftType.objects.exists()
        assert ImportRun.objects.get().outcome == "imported"

    @pytest.mark.parametrize(("data", "saved"), [(TYPES, True), (WRONG, False)])
    def test_its_end_keeps_the_options_that_no_resource_knows(self, data: bytes, saved: bool) -> None:
        kept = {"only": "employee:1", "recalled": "2026-01-01", "language": "de"}
        key = waiting(options={**kept, "valid_only": True})
        result = ShiftTypeResource().import_data(Upload(data), upload=key)

        assert result.saved is saved
        run = ImportRun.objects.get()
        assert run.options == {**kept, "read_as": {"name": "name", "colour": "colour"}}
        assert not saved or run.queries <= result.queries

    def test_says_that_the_same_content_was_imported_before(self, admin_client: Client) -> None:
        DepartmentFactory(code="KIT")
        first = upload(admin_client, PEOPLE)
        assert "The same file was imported" not in first.text
        confirm(admin_client, first)

        assert "by admin." in upload(admin_client, PEOPLE).text.split("The same file was imported on ")[1][:40]
        assert "The same file was imported" not in upload(admin_client, PEOPLE + b"\n").text

    def test_is_not_confirmed_by_somebody_else_or_elsewhere(self, admin_client: Client) -> None:
        DepartmentFactory(code="KIT")
        preview = upload(admin_client, PEOPLE)
        other = Client()
        other.force_login(User.objects.create_superuser("other"))

        for client, model in ((other, "employee"), (admin_client, "department")):
            assert "The uploaded file is no longer there. Upload it again." in confirm(client, preview, model).text
        assert not Employee.objects.exists()
        confirm(admin_client, preview)
        assert Employee.objects.exists()
