"""How many employees a shift has on a day, in one department."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.policy.dates import written
from scheduling.policy.findings import Breach, Severity
from scheduling.policy.records import Planned, Slot
from scheduling.policy.situation import Situation


def not_over_max_staff(situation: Situation) -> Iterator[Breach]:
    """Each assignment is counted together with the stored ones and those given before it."""
    if all(shift.max_staff is None for shift in situation.shifts.values()):
        return
    staff = dict(situation.staff)
    for assignment in situation.planned:
        slot, most = situation.slot(assignment), situation.shift(assignment).max_staff
        staff[slot] += 1
        if most is not None and staff[slot] > most:
            text = ngettext(
                "%(shift)s on %(date)s in %(department)s has room for %(most)d person: %(person)s is one too many.",
                "%(shift)s on %(date)s in %(department)s has room for %(most)d people: %(person)s is one too many.",
                most,
            )
            texts = {
                "person": situation.person(assignment),
                "shift": situation.shift(assignment),
                "date": written(assignment.date),
                "department": situation.schedules[assignment.schedule].department_name,
                "most": most,
            }
            yield Breach(assignment, "shift", text % texts)


def enough_staff(situation: Situation) -> Iterator[Breach]:
    """Slots that the plan adds to or takes from have their required staff.

    The finding belongs to the last assignment that is added to the slot, or else to the last one taken from it.
    """
    staff, left, entered = dict(situation.staff), dict[Slot, Planned](), dict[Slot, Planned]()
    for assignment in (*situation.everything, *situation.deleted):
        original = situation.original_of(assignment)
        if original is not None and original.counts:
            left[situation.slot(original)] = assignment
    for assignment in situation.planned:
        slot = situation.slot(assignment)
        staff[slot] += 1
        entered[slot] = assignment
    for slot, people in staff.items():
        needed = situation.shifts[slot[1]].required_staff
        if people < needed:
            assignment = entered.get(slot) or left[slot]
            yield Breach(
                assignment, "shift", _too_few(situation, assignment, slot, people, slot in entered), Severity.WARNING
            )


def _too_few(situation: Situation, assignment: Planned, slot: Slot, people: int, enters: bool) -> str:
    with_them = _(
        "With %(person)s, %(shift)s on %(date)s in %(department)s has %(people)d of %(needed)d required people."
    )
    without = _(
        "Without %(person)s, %(shift)s on %(date)s in %(department)s has %(people)d of %(needed)d required people."
    )
    department, shift, date = slot
    texts = {
        "person": situation.person(assignment if enters else situation.original_of(assignment) or assignment),
        "shift": situation.shifts[shift],
        "date": written(date),
        "department": situation.department_name(department),
        "people": people,
        "needed": situation.shifts[shift].required_staff,
    }
    return (with_them if enters else without) % texts
