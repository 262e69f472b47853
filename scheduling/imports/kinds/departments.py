"""Files of departments, by code: a tree whose rows may be in any order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from scheduling import caches
from scheduling.department_tree import DepartmentNode, path_to_root
from scheduling.imports.engine import bulk, values
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.problems import did_you_mean, listed, shown
from scheduling.imports.engine.references import Several
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.run import FileRun, Key, KeyOf
from scheduling.imports.engine.spelling import by_folded, folded
from scheduling.imports.kinds.people import employees_by_number_or_name
from scheduling.models import Department
from scheduling.models.constraints import reason

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
            label=gettext_lazy("parent"),
            parse=values.text,
            refers_to=Department._meta.get_field("code"),
            stored=False,
            export_path="parent__code",
        ),
        Column(
            name="manager_email",
            aliases=("manager", "head"),
            field="manager",
            lookup=caches.EMPLOYEE_BY_EMAIL,
            fallback=employees_by_number_or_name,
            export_path="manager__address_or_number",
        ),
        Column(name="description", aliases=("notes", "note", "comment", "remarks")),
        Column(name="active", aliases=("is_active", "enabled")),
    ),
    key=("code",),
    duplicate_reason=gettext_lazy("Row {row} has the same code."),
    ignores_case=True,
    required_for_new=("name",),
)


def departments_by_name(names: Iterable[Any]) -> dict[Any, Any]:
    """Return the primary keys of departments by code, name or complete name, in any spelling.

    For a name of several departments, return all of them as `Several`. Names of no department are left out.
    """
    codes: defaultdict[str, list[DepartmentNode]] = defaultdict(list)
    called: defaultdict[str, list[DepartmentNode]] = defaultdict(list)
    for node in Department.objects.tree():
        codes[folded(node.code)].append(node)
        for name in {folded(node.name), folded(node.complete_name)}:
            called[name].append(node)
    found: dict[Any, Any] = {}
    for name in names:
        nodes = codes.get(folded(name)) or called.get(folded(name)) or []
        if len(nodes) == 1:
            found[name] = nodes[0].id
        elif nodes:
            found[name] = Several(
                (node.id for node in nodes), _several_departments(name, [node.code for node in nodes])
            )
    return found


def new_departments(names: Iterable[str]) -> dict[str, Any]:
    """Return an unsaved top-level department for each name, with the name as its code, or why there cannot be one."""
    found: dict[str, Any] = {}
    for name in names:
        found[name] = Department(code=name, name=name)
        try:
            found[name].full_clean()
        except ValidationError as error:
            found[name] = error
    return found


def department_column(*aliases: str, field: str = "department", **others: Any) -> Column:
    """Return the column in which a file of another kind says which department is meant. `aliases` are further ones."""
    return Column(
        name="department_code",
        aliases=("department", "dept", "department_name", *aliases),
        field=field,
        lookup=caches.DEPARTMENT_BY_CODE,
        fallback=departments_by_name,
        make_new=new_departments,
        **others,
    )


def _several_departments(name: Any, codes: Sequence[str]) -> str:
    text = gettext("%(count)d departments are called '%(name)s'. Write the code: %(codes)s.")
    return text % {"count": len(codes), "name": shown(name), "codes": listed(codes, gettext("or"))}


Place = tuple[str | None, str]
"""The code of the parent, and the name: no two departments have both in common."""


def _taken(place: Place, owner: str) -> str:
    sentence = Department.SECOND_ROOT if place[0] is None else reason(Department, "department_unique_in_parent")
    return gettext("%(sentence)s It has the code '%(code)s'.") % {"sentence": sentence, "code": owner}


class DepartmentRun(FileRun):
    """Creates and updates departments. A parent may be in the same file, above or below its children."""

    @property
    def stored_columns(self) -> list[str]:
        return [*super().stored_columns, *(["parent"] if "parent_code" in self.sheet.columns else [])]

    def prepare(self, keys: Sequence[Key | None]) -> None:
        """Check the tree as it will be. Each row gets the primary key of its parent, or its code if that is new."""
        if "parent_code" not in self.sheet.columns:
            return
        self._load_tree()
        codes = self.sheet.values["code"]
        self.positions = {codes[position]: position for position in self.sheet.sound}
        parent_codes = self._spelled_parents()
        self.parents.update((code, parent_codes[position]) for code, position in self.positions.items())
        self._refuse_unknown_parents()
        self._refuse_cycles_and_depth()
        self.sheet.values["parent"] = [parent and self.pks.get(parent, parent) for parent in parent_codes]

    def _load_tree(self) -> None:
        """Read all departments: their primary keys, names and the codes of their parents, by code."""
        self.pks: dict[str, int] = {}
        self.parents: dict[str, str | None] = {}
        self.names: dict[str, str] = {}
        stored = Department.objects.using(self.using).order_by()
        for code, pk, parent, name in stored.values_list("code", "pk", "parent__code", "name"):
            self.pks[code], self.parents[code], self.names[code] = pk, parent, name
        self.stored_places = {code: (parent, self.names[code]) for code, parent in self.parents.items()}

    def _spelled_parents(self) -> list[str | None]:
        """Return the codes of the parents as the departments spell them. A name means the only one that has it."""
        values = self.sheet.values
        names = {**self.names, **{code: values["name"][at] for code, at in self.positions.items() if "name" in values}}
        known = self.parents.keys() | self.positions.keys()
        spellings, called = by_folded(known), defaultdict[str, list[str]](list)
        for code, name in names.items():
            called[folded(name)].append(code)
        for position, parent in enumerate(values["parent_code"]):
            if parent is None or parent in known:
                continue
            meant = spellings.get(folded(parent)) or called.get(folded(parent)) or [parent]
            if len(meant) == 1:
                values["parent_code"][position] = meant[0]
            else:
                self.sheet.note_unknown(position, "parent_code", parent)
                self.sheet.refuse(position, "parent_code", _several_departments(parent, sorted(meant)))
        return values["parent_code"]

    def _refuse_unknown_parents(self) -> None:
        for code, position in self.positions.items():
            parent = self.parents[code]
            if parent is not None and parent not in self.parents and position not in self.sheet.problems:
                self.sheet.note_unknown(position, "parent_code", parent)
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

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        """Refuse a second department of one name below the same parent. It is judged how they are afterwards."""
        if not {"name", "parent_code"} & self.sheet.columns.keys() or not (new or changed):
            return
        if "parent_code" not in self.sheet.columns:
            self._load_tree()
        codes, names = self.sheet.values["code"], self.sheet.values.get("name")
        rows = {codes[position]: position for position in self.without_refused([*new, *changed])}
        no_parents: dict[str, str | None] = dict.fromkeys(rows)
        self.places = {
            code: (parent, names[rows[code]] if names and code in rows else self.names.get(code, ""))
            for code, parent in {**no_parents, **self.parents}.items()
        }
        owners: dict[Place, str] = {}
        # Those that stay as they are come first: it is the row of the file that is refused.
        for code in sorted(self.places, key=lambda code: rows.get(code, -1)):
            owner = owners.setdefault(self.places[code], code)
            if owner != code and code in rows:
                column = "name" if names else "parent_code"
                self.sheet.refuse(rows[code], column, _taken(self.places[code], owner))

    def release(self, keys: Sequence[Key | None], new: Sequence[int], changed: Sequence[int]) -> None:
        """Free the names that go from one department to another with the same parent."""
        codes = self.sheet.values["code"]
        rows = [codes[position] for position in (*new, *changed)]
        if not rows or not {"name", "parent_code"} & self.sheet.columns.keys():
            return
        wanted = {self.places[code] for code in rows if self.places[code] != self.stored_places.get(code)}
        freed = [self.pks[codes[at]] for at in changed if self.stored_places[codes[at]] in wanted]
        if freed:
            bulk.release(Department._meta.get_field("name"), freed, self.using)

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
                self.pks[codes[position]] = self.outcomes.pks[position]

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

    def update(self, keys: KeyOf, positions: list[int]) -> None:
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
        caches.DEPARTMENT_BY_CODE.warm(self.written("code"))


class DepartmentResource(FileResource):
    kind = DEPARTMENTS
    run_class = DepartmentRun
