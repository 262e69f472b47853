"""Many rows on one page. What two planners see of each other is in test_row_pages.py."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from scheduling.models import ScheduleAssignment
from tests.scheduling.admin.browsing import logged_in
from tests.scheduling.admin.pages import row_of, send_week
from tests.scheduling.admin.planners import week
from tests.scheduling.policy.cases import DAY, TUESDAY, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def kim() -> Client:
    return logged_in(User.objects.create_superuser("kim"))


class ComparedFormSetTests:
    def test_keeps_each_row_beside_its_name_when_the_order_has_changed(self, world: World, kim: Client) -> None:
        rows = [world.stored(world.early, TUESDAY + day * DAY) for day in range(3)]
        page = week(kim, world.week)
        ScheduleAssignment.objects.filter(pk=rows[0].pk).update(date=TUESDAY + 4 * DAY)
        page.touch(rows[1], shift="").save()
        (formset,) = page.response.context["inline_admin_formsets"]
        pairs = [(form.form.instance.pk, form.original.pk) for form in formset if form.original]
        assert pairs == [(row.pk, row.pk) for row in rows]

    @pytest.mark.parametrize("pk", ["", "x", "0", "9" * 30])
    def test_asks_about_a_row_that_nobody_knows(self, pk: str, world: World, kim: Client) -> None:
        row = row_of(world.stored(world.early, TUESDAY), notes="x")
        row["id"] = pk
        response = kim.post(
            f"/admin/scheduling/schedule/{world.week.pk}/change/",
            {
                "assignments-TOTAL_FORMS": 1,
                "assignments-INITIAL_FORMS": 1,
                **{f"assignments-0-{name}": value for name, value in row.items()},
            },
        )
        assert response.status_code == 200
        assert ScheduleAssignment.objects.get().notes == ""

    def test_does_not_take_a_row_of_another_schedule(self, world: World, kim: Client) -> None:
        other = world.stored(world.late, TUESDAY, department=world.bar)
        assert send_week(kim, world.week, row_of(other, notes="x", DELETE="on")).status_code == 302
        other.refresh_from_db()
        assert other.notes == ""
