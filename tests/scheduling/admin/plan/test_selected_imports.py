"""The action "Import assignments for the selected …", from the list to the confirmation."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from scheduling.models import Employee, ScheduleAssignment, Shift
from tests.factories import EmployeeFactory
from tests.scheduling.admin.conftest import LogIn
from tests.scheduling.admin.pages import act, url
from tests.scheduling.policy.cases import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def world() -> World:
    return make_world()


def upload(client: Client, page: Any, data: str) -> Any:
    form = {
        "import_file": SimpleUploadedFile("plan.csv", data.encode()),
        "format": "0",
        "resource": "0",
        "only": page.context["form"]["only"].value(),
    }
    return client.post(url("import", model=ScheduleAssignment), form, follow=True)


def opened(client: Client, rows: list[Any]) -> Any:
    """Take the action, and follow it to the upload page."""
    return client.get(act(client, "import_assignments", rows, type(rows[0]))["Location"])


class EmployeesTests:
    def test_one_person_needs_no_column(self, world: World, planner: Client) -> None:
        page = opened(planner, [world.amy])
        assert "Only assignments for <strong>Amy Adams</strong> can be imported here." in page.text

        preview = upload(planner, page, "shift,date\nEarly,2026-12-01\nLate,2026-12-02\n")
        assert "2 new, 0 updated, 0 unchanged." in preview.text
        assert "For Amy Adams only." in preview.text
        confirmed = preview.context["confirm_form"].initial
        done = planner.post(url("process_import", model=ScheduleAssignment), confirmed, follow=True)

        assert "Import finished: 2 new" in done.text
        assert set(ScheduleAssignment.objects.values_list("employee", "date")) == {
            (world.amy.pk, datetime.date(2026, 12, day)) for day in (1, 2)
        }

    def test_rows_of_others_are_refused_with_a_sentence(self, world: World, planner: Client) -> None:
        EmployeeFactory(email="bob@example.com")
        page = opened(planner, [world.amy])
        preview = upload(
            planner, page, "email,shift,date\namy@example.com,Early,2026-12-01\nBob@example.com,Late,2026-12-01\n"
        )
        (problem,) = preview.context["result"].problems
        assert (problem.row, problem.reason) == (
            3,
            "This import is for Amy Adams only, and not for 'Bob@example.com'.",
        )

    def test_the_selection_holds_for_the_confirmation(self, world: World, planner: Client) -> None:
        """It is kept with the upload, whatever the form says."""
        page = opened(planner, [EmployeeFactory(email="bob@example.com")])
        preview = upload(planner, page, "email,shift,date\namy@example.com,Early,2026-12-01\n")
        confirmed = {**preview.context["confirm_form"].initial, "only": f"employee:{world.amy.pk}"}
        planner.post(url("process_import", model=ScheduleAssignment), confirmed)
        assert not ScheduleAssignment.objects.exists()

    def test_several_need_the_column(self, world: World, planner: Client) -> None:
        others = [EmployeeFactory(first_name=name, last_name="Brown") for name in ("Bob", "Cleo", "Dan")]
        page = opened(planner, [world.amy, *others])
        assert "Amy Adams, Bob Brown, Cleo Brown and 1 more" in page.text
        preview = upload(planner, page, "shift,date\nEarly,2026-12-01\n")
        assert "The column &#x27;employee_email&#x27;" in preview.text

    def test_too_many_are_refused(self, world: World, planner: Client) -> None:
        people = [EmployeeFactory(department=world.kitchen) for _ in range(201)]
        answer = act(planner, "import_assignments", people, Employee, select_across="0")
        assert "only=" not in answer.get("Location", "")
        assert "Select at most 200 rows." in planner.get(url("changelist", model=Employee)).text


class ShiftsTests:
    def test_one_shift_needs_no_column(self, world: World, planner: Client) -> None:
        page = opened(planner, [world.early])
        preview = upload(planner, page, "email,date\namy@example.com,2026-12-01\n")
        assert "1 new, 0 updated, 0 unchanged." in preview.text

    def test_other_shifts_are_refused(self, world: World, planner: Client) -> None:
        page = opened(planner, [world.early, world.late])
        preview = upload(planner, page, "email,shift,date\namy@example.com,Night,2026-12-01\n")
        (problem,) = preview.context["result"].problems
        assert problem.reason == "This import is for Early and Late only, and not for 'Night'."


class WithoutSelectionTests:
    @pytest.mark.parametrize("only", ["", "department:1", "employee:x"])
    def test_everything_is_imported(self, only: str, world: World, planner: Client) -> None:
        page = planner.get(url("import", model=ScheduleAssignment), {"only": only})
        preview = upload(planner, page, "email,shift,date\namy@example.com,Early,2026-12-01\n")
        assert "1 new" in preview.text


class RoleTests:
    @pytest.mark.parametrize(("group", "allowed"), [("Viewer", False), ("Planner", True), ("Manager", True)])
    @pytest.mark.parametrize("model", [Employee, Shift])
    def test_the_action_is_there(self, group: str, allowed: bool, model: Any, world: World, log_in: LogIn) -> None:
        page = log_in(group).get(url("changelist", model=model))
        assert ('<option value="import_assignments">' in page.text) is allowed
