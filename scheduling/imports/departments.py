"""Departments: a tree that one file may hold in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from scheduling import caches
from scheduling.department_tree import path_to_root
from scheduling.imports import values
from scheduling.imports.columns import Column
from scheduling.imports.problems import did_you_mean, shown
from scheduling.imports.resources import Key, LeanResource
from scheduling.models import Department


def departments_by_name(names: Iterable[Any]) -> dict[Any, int]:
    """Return the departments with these names, whatever their case; not those whose name is not the only one."""
    wanted = {str(name).casefold(): name for name in names}
    rows = [(name.casefold(), pk) for name, pk in Department.objects.order_by().values_list("name", "pk")]
    times = Counter(name for name, pk in rows)
    return {wanted[name]: pk for name, pk in rows if name in wanted and times[name] == 1}


class DepartmentResource(LeanResource):
    """Upserts by code. A parent may be in the same file, above or below its children."""

    kind = "departments"
    label = gettext_lazy("departments")
    columns = (
        Column(name="code", also=("department_code", "short_name", "id"), required=True),
        Column(name="name", also=("department", "department_name", "title", "location", "area", "team", "group")),
        Column(
            name="parent_code",
            also=("parent", "parent_department", "belongs_to"),
            parse=values.text,
            stored=False,
            path="parent__code",
        ),
        Column(name="manager_email", also=("manager", "head"), field="manager", lookup=caches.EMPLOYEE_BY_EMAIL),
        Column(name="description", also=("notes", "note", "comment", "remarks")),
        Column(name="active", also=("is_active", "enabled")),
    )
    key = ("code",)
    repeated = gettext_lazy("Row {row} has the same code.")
    needed_when_new = ("name",)

    class Meta:
        model = Department

    @property
    def stored_columns(self) -> list[str]:
        return [*super().stored_columns, *(["parent"] if "parent_code" in self.sheet.columns else [])]

    def prepare(self, keys: Sequence[Key | None]) -> None:
        """Check the tree as it will be, and give each row the primary key of its parent, or its code if that is new."""
        if "parent_code" not in self.sheet.columns:
            return
        stored = Department.objects.using(self.using).order_by().values_list("code", "pk", "parent__code")
        self.pks: dict[str, int] = {}
        self.parents: dict[str, str | None] = {}
        for code, pk, parent in stored:
            self.pks[code], self.parents[code] = pk, parent
        codes, told = self.sheet.values["code"], self.sheet.values["parent_code"]
        self.rows = {codes[position]: position for position in self.sheet.sound}
        self.parents.update((code, told[position]) for code, position in self.rows.items())
        self._refuse_unknown_parents()
        self._refuse_cycles_and_depth()
        self.sheet.values["parent"] = [self.pks.get(parent, parent) for parent in told]

    def _refuse_unknown_parents(self) -> None:
        for code, position in self.rows.items():
            parent = self.parents[code]
            if parent is not None and parent not in self.parents:
                reason = gettext("No department has the code '%(code)s'.") % {"code": shown(parent)}
                self.sheet.refuse(position, "parent_code", reason + did_you_mean(parent, self.parents))

    def _refuse_cycles_and_depth(self) -> None:
        for code in self.parents:
            line = self._line(code)
            blamed = next((self.rows[other] for other in line if other in self.rows), None)
            if blamed is None:
                continue
            if line[-1] in line[:-1]:
                if code in self.rows:
                    around = " → ".join(line[line.index(line[-1]) :])
                    reason = gettext("A department cannot be below itself: %(line)s.") % {"line": around}
                    self.sheet.refuse(self.rows[code], "parent_code", reason)
            elif len(line) > Department.MAX_DEPTH:
                text = gettext(
                    "Departments nest at most %(depth)d levels deep; '%(code)s' would be at level %(level)d."
                )
                told = {"depth": Department.MAX_DEPTH, "code": code, "level": len(line)}
                self.sheet.refuse(blamed, "parent_code", text % told)

    def _line(self, code: str) -> list[str]:
        """Return the codes from this one up to its root, or up to the first repetition, which is the last of them."""
        line = path_to_root(code, self.parents.get)
        repeated = self.parents.get(line[-1])
        return line if repeated is None else [*line, repeated]

    def create(self, positions: list[int]) -> None:
        """Insert level by level, since a row needs the primary key of its parent."""
        if "parent_code" not in self.sheet.columns:
            return super().create(positions)
        codes = self.sheet.values["code"]
        levels: dict[int, list[int]] = {}
        for position in positions:
            levels.setdefault(len(self._line(codes[position])), []).append(position)
        for level in sorted(levels):
            super().create(self._with_parents(levels[level]))
            for position in self._without_refused(levels[level]):
                self.pks[codes[position]] = self.outcomes[position].instance.pk

    def _with_parents(self, positions: list[int]) -> list[int]:
        """Fill in the primary keys of parents that are new themselves; refuse rows whose parent is refused."""
        parents, told = self.sheet.values["parent"], self.sheet.values["parent_code"]
        for position in positions:
            parents[position] = self.pks.get(told[position]) if told[position] is not None else None
            if told[position] is not None and parents[position] is None:
                reason = gettext("The row of '%(code)s' is refused itself.") % {"code": told[position]}
                self.sheet.refuse(position, "parent_code", reason)
        return self._without_refused(positions)

    def update(self, keys: Sequence[Key | None], positions: list[int]) -> None:
        if "parent_code" in self.sheet.columns:
            positions = self._with_parents(positions)
        super().update(keys, self._without_people_left_behind(positions))

    def _without_people_left_behind(self, positions: list[int]) -> list[int]:
        """Refuse to deactivate a department with active staff. The model knows the rule; few rows reach it."""
        active = self.sheet.values.get("active")
        leaving = [position for position in positions if active is not None and not active[position]]
        codes = self.sheet.values["code"]
        departments = Department.objects.using(self.using)
        rows = departments.in_bulk({codes[position] for position in leaving}, field_name="code")
        for position in leaving:
            department = rows[codes[position]]
            if not department.active:
                continue
            department.active = False
            try:
                department.clean()
            except ValidationError as error:
                self.sheet.refuse(position, "active", " ".join(error.messages))
        return self._without_refused(positions)

    def fill_caches(self) -> None:
        """Read the departments that were written."""
        written = [row.instance.code for row in self.outcomes if row.instance is not None]
        caches.DEPARTMENT_BY_CODE.warm(written)
