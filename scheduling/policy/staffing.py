"""How many people a shift has on a day, in one department."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.policy.dates import written
from scheduling.policy.findings import Breach, Severity
from scheduling.policy.records import Planned, Slot
from scheduling.policy.situation import Situation


def not_over_max_staff(situation: Situation) -> Iterator[Breach]:
    """Each assignment is counted with the stored ones and those given before it."""
    if all(shift.max_staff is None for shift in situation.shifts.values()):
        return
    staff = dict(situation.staff)
    for one in situation.planned:
        slot, most = situation.slot(one), situation.shift(one).max_staff
        staff[slot] += 1
        if most is not None and staff[slot] > most:
            text = ngettext(
                "%(shift)s on %(date)s in %(department)s takes %(most)d person at most: %(person)s is one too many.",
                "%(shift)s on %(date)s in %(department)s takes %(most)d people at most: %(person)s is one too many.",
                most,
            )
            told = {
                "person": situation.person(one),
                "shift": situation.shift(one),
                "date": written(one.date),
                "department": situation.schedules[one.schedule].department_name,
                "most": most,
            }
            yield Breach(one, "shift", text % told)


def enough_staff(situation: Situation) -> Iterator[Breach]:
    """What is entered or left has its required staff; told of the last that enters it, else of the last that leaves."""
    staff, left, entered = dict(situation.staff), dict[Slot, Planned](), dict[Slot, Planned]()
    for one in (*situation.everything, *situation.deleted):
        original = situation.original_of(one)
        if original is not None and original.counts:
            left[situation.slot(original)] = one
    for one in situation.planned:
        slot = situation.slot(one)
        staff[slot] += 1
        entered[slot] = one
    for slot, people in staff.items():
        needed = situation.shifts[slot[1]].required_staff
        if people < needed:
            one = entered.get(slot) or left[slot]
            yield Breach(one, "shift", _too_few(situation, one, slot, people, slot in entered), Severity.WARNING)


def _too_few(situation: Situation, one: Planned, slot: Slot, people: int, enters: bool) -> str:
    with_them = _(
        "With %(person)s %(shift)s on %(date)s in %(department)s has %(people)d of %(needed)d people required."
    )
    without = _(
        "Without %(person)s %(shift)s on %(date)s in %(department)s has %(people)d of %(needed)d people required."
    )
    department, shift, date = slot
    told = {
        "person": situation.person(one if enters else situation.original_of(one) or one),
        "shift": situation.shifts[shift],
        "date": written(date),
        "department": situation.department_name(department),
        "people": people,
        "needed": situation.shifts[shift].required_staff,
    }
    return (with_them if enters else without) % told
