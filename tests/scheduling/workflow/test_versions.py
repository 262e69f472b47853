"""New versions of a week."""

import pytest
from django.contrib.admin.models import LogEntry

from scheduling.models import Schedule, ScheduleAssignment
from scheduling.workflow.versions import make, newest, propose, restore_previous
from tests.scheduling.policy.cases import MONDAY, World, change

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(world: World) -> Schedule:
    world.stored(world.early, MONDAY, notes="Keys")
    change(world.week, status="published")
    world.week.refresh_from_db()
    return world.week


class ProposeTests:
    def test_names_the_next_version_and_its_assignments(self, published: Schedule) -> None:
        proposal = propose(published)

        assert list(proposal.errors) == []
        assert proposal.summary.startswith("Version 2 will be a draft with 1 assignment.")

    def test_refuses_a_schedule_that_can_be_changed_itself(self, world: World) -> None:
        assert propose(world.week).errors == [
            f"{world.week} is draft. Change it directly: it does not need a new version."
        ]

    def test_refuses_a_version_that_is_not_the_newest(self, published: Schedule, user: int) -> None:
        second = make(published, user)

        assert propose(published).errors == [f"There is already a newer version: {second}."]


class MakeTests:
    def test_copies_the_assignments_and_supersedes_those_of_the_version_before(
        self, published: Schedule, user: int
    ) -> None:
        draft = make(published, user)

        assert (draft.version, draft.status, newest(published)) == (2, "draft", draft)
        rows = ScheduleAssignment.objects.values_list("schedule", "notes", "superseded").order_by("schedule")
        assert list(rows) == [(published.pk, "Keys", True), (draft.pk, "Keys", False)]
        assert LogEntry.objects.get().change_message == "Created from version 1."


class RestorePreviousTests:
    def test_lets_the_highest_version_that_is_left_count_again(self, published: Schedule, user: int) -> None:
        make(published, user).delete()

        assert restore_previous([published.week]) == []
        assert ScheduleAssignment.objects.counting().count() == 1

    def test_returns_what_was_assigned_elsewhere_in_the_meantime(
        self, published: Schedule, user: int, world: World
    ) -> None:
        make(published, user).delete()
        world.stored(world.early, MONDAY, department=world.bar)

        (left_out,) = restore_previous([published.week])

        assert left_out.schedule == published
        assert left_out.superseded
