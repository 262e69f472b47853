"""Two planners open and save the same week in any order, while a third party writes past their pages.

Whatever the order: a save that is answered with success has changed just what its planner has touched, and only rows in
a state that the planner's page has shown.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scheduling.models import ScheduleAssignment
from tests.factories import EmployeeFactory
from tests.scheduling.admin.browsing import logged_in
from tests.scheduling.admin.planners import OpenPage, week
from tests.scheduling.policy.cases import DAY, TUESDAY, World, make_world

EXAMPLES = int(os.environ.get("INTERLEAVINGS", "20"))
PHASES = [phase for phase in Phase if phase is not Phase.shrink]
"""A story is short as it is found; to shorten it takes minutes of page loads."""
PLANNERS, ROWS = (0, 1), (0, 1)
EDITS = (("notes", "keys"), ("notes", "bar"), ("status", "cancelled"), ("status", "confirmed"), ("DELETE", "on"))

planners, numbers = st.sampled_from(PLANNERS), st.sampled_from((0, 0, 0, 1))  # most of them meet at one row
touches = st.tuples(st.just("touch"), planners, numbers, st.sampled_from(EDITS))
saves = st.tuples(st.just("save"), planners, st.sampled_from(("mine", "theirs", "")))
others = st.tuples(st.just("other"), numbers, st.sampled_from(EDITS))
opens = st.tuples(st.just("open"), planners)
Step = tuple[Any, ...]
steps = st.lists(st.one_of(touches, touches, saves, others, others, opens), min_size=6, max_size=9)

Rows = dict[int, dict[str, str]]


def stored() -> Rows:
    return {row.pop("pk"): row for row in ScheduleAssignment.objects.values("pk", "status", "notes")}


class Planner:
    """Somebody with a page, who knows what it has shown and what they have typed."""

    def __init__(self, client: Client, world: World) -> None:
        self.client, self.world = client, world
        self.page: OpenPage | None = None

    def open(self) -> None:
        self.seen, self.typed, self.answered = stored(), {}, ""
        self.page = week(self.client, self.world.week)

    def touch(self, pk: int, field: str, value: str) -> None:
        if self.page is None:
            self.open()
        assert self.page is not None
        if pk in self.page.rows:
            self.page.touch(pk, **{field: value})
            self.typed.setdefault(pk, {})[field] = value

    def save(self, answer: str) -> None:
        """Save, and answer the question of the page at once; without an answer, the question stays open."""
        if self.page is None:
            return
        if not (answer and self.page.asks):
            self.send("")
        if self.page is not None and answer:
            self.send(answer)

    def send(self, answer: str) -> None:
        assert self.page is not None
        asked = self.page.asks
        if answer:
            self.page.answer(answer)
            self.answered = answer
        before = stored()
        response = self.page.save()
        after = stored()
        if response.status_code == 200:
            assert after == before
            assert self.page.asks
            assert self.typed  # who has touched nothing is asked nothing
            self.seen = after
            return
        assert response.status_code == 302
        assert answer or not asked
        self.check(before, after)
        self.page = None

    def check(self, before: Rows, after: Rows) -> None:
        for pk in before.keys() | after.keys():
            if before.get(pk) == after.get(pk):
                continue
            typed = self.typed.get(pk, {})
            if pk not in after:
                assert "DELETE" in typed
                assert before[pk] == self.seen[pk]
            elif pk in before:
                changed = {name: value for name, value in after[pk].items() if value != before[pk][name]}
                assert changed.items() <= typed.items()
                # What both wanted alike is no news.
                news = {name: value for name, value in before[pk].items() if value != self.seen[pk][name]}
                assert news.items() <= typed.items()
            else:  # a row that somebody has deleted, and that this planner has added anew
                assert self.answered == "mine"
                assert any(after[pk].items() >= edit.items() for gone, edit in self.typed.items() if gone not in before)
        if self.answered != "theirs":
            for pk, typed in self.typed.items():
                assert "DELETE" not in typed or pk not in after
                assert pk not in after or typed.items() <= after[pk].items()


@pytest.mark.django_db
class InterleavingTests:
    @pytest.fixture
    def world(self) -> World:
        return make_world()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=PHASES,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(story=steps)
    def test_lose_no_edit_and_change_no_row_that_was_not_touched(self, story: list[Step], world: World) -> None:
        with transaction.atomic():
            rows = [
                world.stored(world.early, TUESDAY + day * DAY, employee=EmployeeFactory(department=world.kitchen)).pk
                for day in ROWS
            ]
            users = [User.objects.create_superuser(f"planner {number}") for number in PLANNERS]
            self.play(story, rows, [Planner(logged_in(user), world) for user in users])
            transaction.set_rollback(True)

    def play(self, story: list[Step], rows: list[int], planners: list[Planner]) -> None:
        for planner in planners:
            planner.open()  # before anything happens, so that what happens first is not on their pages
        for kind, who, *more in story:
            if kind == "open":
                planners[who].open()
            elif kind == "touch":
                planners[who].touch(rows[more[0]], *more[1])
            elif kind == "save":
                planners[who].save(more[0])
            else:
                row, (field, value) = ScheduleAssignment.objects.filter(pk=rows[who]), more[0]
                if field == "DELETE":
                    row.delete()
                else:
                    row.update(**{field: value})
