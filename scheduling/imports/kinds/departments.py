"""Files of departments, by code: a tree whose rows may be in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from scheduling import caches
from scheduling.department_tree import path_to_root
from scheduling.imports.engine import values
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.problems import did_you_mean, shown
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.run import ImportRun, Key
from scheduling.models import Department

DEPARTMENTS = ImportKind(
    name="departments",
    label=gettext_lazy("departments"),
    model=Department,
    columns=(
        Column(name="code", aliases=("department_code", "short_name", "id"), required=True),
        Column(name="name", aliases=("department", "department_name", "title", "location", "area", "team", "group")),
        Column(
            name="parent_code",
            aliases=("parent", "parent_department", "belongs_to"),
            parse=values.text,
            stored=False,
            export_path="parent__code",
        ),
        Column(name="manager_email", aliases=("manager", "head"), field="manager", lookup=caches.EMPLOYEE_BY_EMAIL),
        Column(name="description", aliases=("notes", "note", "comment", "remarks")),
        Column(name="active", aliases=("is_active", "enabled")),
    ),
    key=("code",),
    duplicate_reason=gettext_lazy("Row {row} has the same code."),
    required_for_new=("name",),
)


def departments_by_name(names: Iterable[Any]) -> dict[Any, int]:
    """Return the primary keys of departments by name, ignoring case. Names of several departments are left out."""
    wanted = {str(name).casefold(): name for name in names}
    rows = [(name.casefold(), pk) for name, pk in Department.objects.order_by().values_list("name", "pk")]
    times = Counter(name for name, pk in rows)
    return {wanted[name]: pk for name, pk in rows if name in wanted and times[name] == 1}


class DepartmentRun(ImportRun):
    """Creates and updates departments. A parent may be in the same file, above or below its children."""

    @property
    def stored_columns(self) -> list[str]:
        return [*super().stored_columns, *(["parent"] if "parent_code" in self.sheet.columns else [])]

    def prepare(self, keys: Sequence[Key | None]) -> None:
        """Check the tree as it will be. Each row gets the primary key of its parent, or its code if that is new."""
        if "parent_code" not in self.sheet.columns:
            return
        stored = Department.objects.using(self.using).order_by().values_list("code", "pk", "parent__code")
        self.pks: dict[str, int] = {}
        self.parents: dict[str, str | None] = {}
        for code, pk, parent in stored:
            self.pks[code], self.parents[code] = pk, parent
        codes, parent_codes = self.sheet.values["code"], self.sheet.values["parent_code"]
        self.positions = {codes[position]: position for position in self.sheet.sound}
        self.parents.update((code, parent_codes[position]) for code, position in self.positions.items())
        self._refuse_unknown_parents()
        self._refuse_cycles_and_depth()
        self.sheet.values["parent"] = [self.pks.get(parent, parent) for parent in parent_codes]

    def _refuse_unknown_parents(self) -> None:
        for code, position in self.positions.items():
            parent = self.parents[code]
            if parent is not None and parent not in self.parents:
                reason = gettext("No department has the code '%(code)s'.") % {"code": shown(parent)}
                self.sheet.refuse(position, "parent_code", reason + did_you_mean(parent, self.parents))

    def _refuse_cycles_and_depth(self) -> None:
        for code in self.parents:
            path = self._path(code)
            blamed = next((self.positions[other] for other in path if other in self.positions), None)
            if blamed is None:
                continue
            if path[-1] in path[:-1]:
                if code in self.positions:
                    cycle = " → ".join(path[path.index(path[-1]) :])
                    reason = gettext("A department cannot be below itself: %(line)s.") % {"line": cycle}
                    self.sheet.refuse(self.positions[code], "parent_code", reason)
            elif len(path) > Department.MAX_DEPTH:
                text = gettext(
                    "Departments nest at most %(depth)d levels deep; '%(code)s' would be at level %(level)d."
                )
                words = {"depth": Department.MAX_DEPTH, "code": code, "level": len(path)}
                self.sheet.refuse(blamed, "parent_code", text % words)

    def _path(self, code: str) -> list[str]:
        """Return the codes from this one up to its root, or up to the first repetition and including it."""
        path = path_to_root(code, self.parents.get)
        repeated = self.parents.get(path[-1])
        return path if repeated is None else [*path, repeated]

    def create(self, positions: list[int]) -> None:
        """Insert level by level, since a row needs the primary key of its parent."""
        if "parent_code" not in self.sheet.columns:
            return super().create(positions)
        codes = self.sheet.values["code"]
        levels: dict[int, list[int]] = {}
        for position in positions:
            levels.setdefault(len(self._path(codes[position])), []).append(position)
        for level in sorted(levels):
            super().create(self._with_parents(levels[level]))
            for position in self.without_refused(levels[level]):
                self.pks[codes[position]] = self.outcomes[position].instance.pk

    def _with_parents(self, positions: list[int]) -> list[int]:
        """Fill in the primary keys of parents that are new themselves. Rows whose parent is refused are refused too."""
        parents, parent_codes = self.sheet.values["parent"], self.sheet.values["parent_code"]
        for position in positions:
            code = parent_codes[position]
            parents[position] = self.pks.get(code) if code is not None else None
            if code is not None and parents[position] is None:
                reason = gettext("The row of '%(code)s' is refused as well.") % {"code": code}
                self.sheet.refuse(position, "parent_code", reason)
        return self.without_refused(positions)

    def update(self, keys: Sequence[Key | None], positions: list[int]) -> None:
        if "parent_code" in self.sheet.columns:
            positions = self._with_parents(positions)
        super().update(keys, self._without_staffed_departments(positions))

    def _without_staffed_departments(self, positions: list[int]) -> list[int]:
        """Refuse to deactivate a department with active staff. The model knows this rule, and few rows reach it."""
        active = self.sheet.values.get("active")
        deactivated = [position for position in positions if active is not None and not active[position]]
        codes = self.sheet.values["code"]
        departments = Department.objects.using(self.using)
        rows = departments.in_bulk({codes[position] for position in deactivated}, field_name="code")
        for position in deactivated:
            department = rows[codes[position]]
            if not department.active:
                continue
            department.active = False
            try:
                department.clean()
            except ValidationError as error:
                self.sheet.refuse(position, "active", " ".join(error.messages))
        return self.without_refused(positions)

    def fill_caches(self) -> None:
        caches.DEPARTMENT_BY_CODE.warm([department.code for department in self.written()])


class DepartmentResource(FileResource):
    kind = DEPARTMENTS
    run_class = DepartmentRun
