"""A column of locations beside one of departments: the location says which of several departments is meant."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from scheduling.department_tree import path_to_root
from scheduling.imports.engine.problems import did_you_mean, listed, shown
from scheduling.imports.engine.references import Several, unknown_value
from scheduling.imports.engine.sheet import Sheet
from scheduling.imports.kinds.departments import departments_by_name
from scheduling.models import Department


def settle_locations(sheet: Sheet, department: str, location: str) -> list[str]:
    """Let the locations of a file decide about its departments, or be them where the file has no other column.

    A department has to be the location itself or below it. A location that is no department of ours, such as the name
    of a site, says nothing beside a department: returns the sentence about these.
    """
    cells = sheet.values[location]
    meant = departments_by_name({cell for cell in cells if cell is not None})
    if department not in sheet.columns:
        sheet.stands_for[department] = location
        sheet.values[department] = [meant.get(cell) for cell in cells]
        for position in sheet.sound:
            found = sheet.values[department][position]
            if isinstance(found, Several) or (found is None and cells[position] is not None):
                sheet.values[department][position] = None
                reason = found.reason if isinstance(found, Several) else _unknown(cells[position])
                sheet.refuse(position, location, reason)
        return []
    tree = {node.id: node for node in Department.objects.tree()}
    parents: dict[int, int | None] = {pk: node.parent_id for pk, node in tree.items()}
    departments = sheet.values[department]
    for position in sheet.sound:
        places = _keys(meant.get(cells[position]))
        if not places:
            continue
        named = _keys(departments[position])
        lines: dict[int, list[int]] = {pk: path_to_root(pk, parents.get) for pk in named}
        below = [pk for pk, line in lines.items() if not places.isdisjoint(line)]
        if len(below) == 1:
            departments[position] = below[0]
        elif not named:
            sheet.refuse(position, department, _("A value is needed here."))
        elif not below:
            texts = {"department": shown(sheet.cell(position, department)), "location": shown(cells[position])}
            sheet.refuse(position, department, _("'%(department)s' is not in '%(location)s'.") % texts)
    unknown = {shown(cell) for cell in cells if cell is not None and cell not in meant}
    text = _("Not read, because no department is called this: %(names)s.")
    return [text % {"names": listed(sorted(unknown))}] if unknown else []


def _keys(meant: Any) -> set[int]:
    """Return the primary keys of the departments that a cell may mean."""
    return set(meant.pks) if isinstance(meant, Several) else set() if meant is None else {meant}


def _unknown(cell: Any) -> str:
    names = Department.objects.order_by().values_list("code", "name")
    near = did_you_mean(str(cell), [name for pair in names for name in pair])
    return unknown_value(Department._meta.get_field("code"), cell) + near
