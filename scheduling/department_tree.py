"""The tree of departments: every walk up or down it, and what the cached reads return of it.

Nothing here asks the database. Stored rows may form a cycle, because `save()` does not validate: each walk ends there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

Key = TypeVar("Key")
SEPARATOR = " / "


class DepartmentRow(Protocol):
    """What the walks need to know of a department."""

    @property
    def pk(self) -> int: ...
    @property
    def parent_id(self) -> int | None: ...
    @property
    def name(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def active(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class DepartmentNode:
    """A department in its place in the tree."""

    id: int
    name: str
    code: str
    complete_name: str
    """"Operations / Kitchen / Pastry"."""
    parent_id: int | None
    depth: int
    """How many departments are above it."""
    below: int
    """How many departments are below it, at all levels. In the order of the tree they follow it immediately."""
    active: bool


@dataclass(frozen=True, slots=True)
class DepartmentHierarchy:
    """A department with the names around it and its numbers of active employees."""

    id: int
    name: str
    code: str
    complete_name: str
    """"Operations / Kitchen / Pastry"."""
    ancestors: tuple[str, ...]
    """The names above it, the root first."""
    children: tuple[str, ...]
    """The names of the departments directly below it, sorted."""
    head_count: int
    """Employees of this department itself."""
    total_head_count: int
    """Employees of this department and of all departments below it."""


# -- up and down, for keys of any kind ---------------------------------------------------------------------------------


def path_to_root(start: Key, parent_of: Callable[[Key], Key | None]) -> list[Key]:
    """Return the start and everything above it, the root last. Ends before the first repetition."""
    path = [start]
    above = parent_of(start)
    while above is not None and above not in path:
        path.append(above)
        above = parent_of(above)
    return path


def children_by_parent(parents: Mapping[Key, Key | None]) -> defaultdict[Key | None, list[Key]]:
    """Return what is directly below each key, in the order of the mapping; the roots are below None."""
    children: defaultdict[Key | None, list[Key]] = defaultdict(list)
    for key, parent in parents.items():
        children[parent].append(key)
    return children


def levels_below(root: Key, parents: Mapping[Key, Key | None]) -> list[list[Key]]:
    """Return the root and what is below it, level by level. Each key appears once."""
    children = children_by_parent(parents)
    levels, seen = [[root]], {root}
    while below := [child for key in levels[-1] for child in children.get(key, ()) if child not in seen]:
        seen.update(below)
        levels.append(below)
    return levels


# -- departments -------------------------------------------------------------------------------------------------------


def nodes_of(departments: Iterable[DepartmentRow]) -> list[DepartmentNode]:
    """Return all departments, each before those below it; siblings stay in the order in which they are given.

    Departments that form a cycle are below no root. Each of them is returned as a root, so that somebody can mend it.
    """
    rows = list(departments)
    below: defaultdict[int | None, list[DepartmentRow]] = defaultdict(list)
    for row in rows:
        below[row.parent_id].append(row)
    nodes = list(_branches(None, "", 0, below))
    reached = {node.id for node in nodes}
    return nodes + [_node(row, "", 0, 0) for row in rows if row.pk not in reached]


def _branches(
    parent: int | None, path: str, depth: int, below: Mapping[int | None, Sequence[DepartmentRow]]
) -> Iterator[DepartmentNode]:
    for row in below.get(parent, ()):
        branch = list(_branches(row.pk, f"{path}{row.name}{SEPARATOR}", depth + 1, below))
        yield _node(row, path, depth, len(branch))
        yield from branch


def _node(row: DepartmentRow, path: str, depth: int, below: int) -> DepartmentNode:
    return DepartmentNode(
        id=row.pk,
        name=row.name,
        code=row.code,
        complete_name=path + row.name,
        parent_id=row.parent_id,
        depth=depth,
        below=below,
        active=row.active,
    )


def hierarchy_of(
    department_id: int, departments: Iterable[DepartmentRow], head_counts: Mapping[int, int]
) -> DepartmentHierarchy | None:
    """Return a department among all departments, with its numbers of employees; None if there is no such department."""
    rows = {row.pk: row for row in departments}
    department = rows.get(department_id)
    if department is None:
        return None
    parents = {pk: row.parent_id for pk, row in rows.items()}
    ancestors = tuple(rows[pk].name for pk in reversed(path_to_root(department_id, parents.__getitem__)[1:]))
    levels = levels_below(department_id, parents)
    return DepartmentHierarchy(
        id=department.pk,
        name=department.name,
        code=department.code,
        complete_name=SEPARATOR.join((*ancestors, department.name)),
        ancestors=ancestors,
        children=tuple(sorted(row.name for row in rows.values() if row.parent_id == department_id)),
        head_count=head_counts.get(department_id, 0),
        total_head_count=sum(head_counts.get(pk, 0) for level in levels for pk in level),
    )


def subtree_ids(nodes: Sequence[DepartmentNode], department_id: int) -> list[int]:
    """Return the ids of a department and of all below it; empty if the tree does not have it."""
    for position, node in enumerate(nodes):
        if node.id == department_id:
            return [below.id for below in nodes[position : position + node.below + 1]]
    return []


def total_head_counts(nodes: Sequence[DepartmentNode], head_counts: Mapping[int, int]) -> dict[int, int]:
    """Return how many employees each department has together with all departments below it."""
    totals = {node.id: head_counts.get(node.id, 0) for node in nodes}
    # From the leaves up: whatever is below a department comes after it.
    for node in reversed(nodes):
        if node.parent_id in totals and node.depth:
            totals[node.parent_id] += totals[node.id]
    return totals
