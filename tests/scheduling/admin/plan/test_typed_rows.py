"""The rows that were typed into a page whose plan cannot be changed any more, in words."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory

from scheduling.admin.plan.typed_rows import typed_rows
from tests.scheduling.admin.pages import inline, page_of, row_of
from tests.scheduling.policy.cases import TUESDAY, make_world

pytestmark = pytest.mark.django_db


def said(form: dict[str, Any]) -> str:
    request = RequestFactory().post("/", form)
    request.user = User(pk=1)
    return typed_rows(request)


class TypedRowsTests:
    def test_are_those_that_were_touched(self) -> None:
        world = make_world()
        left, touched = world.stored(world.early, TUESDAY, notes="x" * 100), world.stored(world.late, TUESDAY)
        rows = [row_of(left), row_of(touched, notes="Keys"), row_of(world.planned(world.night, TUESDAY))]
        assert said({**inline(rows), **page_of(*rows)}) == (
            "You had entered: Amy Adams, Late (14:00–22:00), 2026-12-01, Keys; "
            "Amy Adams, Night (22:00–06:00), 2026-12-01."
        )

    @pytest.mark.parametrize("value", ["", "x", "9" * 40])
    def test_are_said_as_they_were_sent_if_they_refer_to_nothing(self, value: str) -> None:
        found = said({"assignments-0-id": "", "assignments-0-employee": value})
        assert found == (f"You had entered: {value}." if value else "")
