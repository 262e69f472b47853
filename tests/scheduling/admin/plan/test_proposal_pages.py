"""Pages that ask before anything is done: when they count as confirmed, and where they lead."""

import pytest
from django.test import Client, RequestFactory

from scheduling.admin.plan.confirmation import FIELD, Warnings
from scheduling.admin.plan.proposal_pages import STATE, SUBMIT_NAME, is_confirmed
from scheduling.models import ScheduleAssignment
from scheduling.workflow.proposals import Proposal
from tests.scheduling.admin.pages import act, url
from tests.scheduling.policy.cases import DAY, TUESDAY, change, make_world

WARNINGS = ["Too few people."]


class IsConfirmedTests:
    def is_confirmed(self, proposal: Proposal, **data: str) -> bool:
        return is_confirmed(RequestFactory().post("/", data), proposal)

    def test_takes_the_button_of_the_page(self) -> None:
        proposal = Proposal(summary="One schedule will be published.")
        assert self.is_confirmed(proposal, **{SUBMIT_NAME: "Publish"})
        assert not self.is_confirmed(proposal, action="publish")
        assert not is_confirmed(RequestFactory().get("/", {SUBMIT_NAME: "Publish"}), proposal)

    def test_takes_the_token_of_the_present_warnings(self) -> None:
        proposal = Proposal(summary="", warnings=WARNINGS)
        assert not self.is_confirmed(proposal, **{SUBMIT_NAME: "1"})
        assert self.is_confirmed(proposal, **{SUBMIT_NAME: "1", FIELD: Warnings(WARNINGS).token})

    def test_never_holds_if_something_prevents_the_action(self) -> None:
        assert not self.is_confirmed(Proposal(summary="", errors=["No."]), **{SUBMIT_NAME: "1"})


@pytest.mark.django_db
class ProposalPageTests:
    def test_shows_the_summary_the_rows_and_the_way_back(self, manager: Client) -> None:
        week = make_world().week
        page = manager.get(url("submit", week))
        assert page.context["proposal"].summary in page.text
        assert f"<li>{week}</li>" in page.text
        assert f'<a href="{url("change", week)}" class="closelink">' in page.text

    @pytest.mark.parametrize("written", ["a note", "a new row", "a status"])
    def test_of_a_plan_that_has_changed_is_shown_anew(self, written: str, manager: Client) -> None:
        world = make_world()
        row = world.stored(world.early, TUESDAY)
        shown = {STATE: manager.get(url("submit", world.week)).context["state"], SUBMIT_NAME: "1"}
        if written == "a note":
            change(row, notes="Not before ten")
        elif written == "a new row":
            world.stored(world.early, TUESDAY + DAY)
        else:
            change(row, status="declined")
        page = manager.post(url("submit", world.week), shown)
        assert "Nothing was done, because the plan has changed since this page was shown." in page.text
        world.week.refresh_from_db()
        assert world.week.status == "draft"
        assert manager.post(url("submit", world.week), {**shown, STATE: page.context["state"]}).status_code == 302

    def test_of_assignments_that_have_changed_is_shown_anew(self, planner: Client) -> None:
        world = make_world()
        row = world.stored(world.early, TUESDAY)
        state = act(planner, "cancel", [row], ScheduleAssignment).context["state"]
        change(row, notes="Not before ten")
        page = act(planner, "cancel", [row], ScheduleAssignment, carry_out="1", state=state)
        assert "the plan has changed" in page.text
        row.refresh_from_db()
        assert row.status == "assigned"
