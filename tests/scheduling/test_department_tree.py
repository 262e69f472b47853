"""Walks up and down the tree of departments, also where stored rows form a cycle."""

from dataclasses import dataclass

from scheduling.department_tree import (
    hierarchy_of,
    levels_below,
    nodes_of,
    path_to_root,
    subtree_ids,
    total_head_counts,
)


@dataclass(frozen=True)
class Row:
    pk: int
    parent_id: int | None
    name: str
    active: bool = True

    @property
    def code(self) -> str:
        return self.name[:3].upper()


OPERATIONS, KITCHEN, BAKERY, PASTRY, SALES = (
    Row(1, None, "Operations"),
    Row(2, 1, "Kitchen"),
    Row(3, 2, "Bakery"),
    Row(4, 2, "Pastry"),
    Row(5, None, "Sales"),
)
ROWS = (BAKERY, KITCHEN, OPERATIONS, PASTRY, SALES)
PARENTS = {row.pk: row.parent_id for row in ROWS}
CYCLE = {"a": "b", "b": "c", "c": "a"}


class PathToRootTests:
    def test_goes_from_the_start_to_the_root(self) -> None:
        assert path_to_root(4, PARENTS.get) == [4, 2, 1]

    def test_of_a_root_is_the_root(self) -> None:
        assert path_to_root(5, PARENTS.get) == [5]

    def test_ends_before_the_first_repetition(self) -> None:
        assert path_to_root("a", CYCLE.get) == ["a", "b", "c"]


class LevelsBelowTests:
    def test_begin_with_the_root(self) -> None:
        assert levels_below(1, PARENTS) == [[1], [2], [3, 4]]

    def test_of_a_leaf_are_one(self) -> None:
        assert levels_below(3, PARENTS) == [[3]]

    def test_have_each_key_of_a_cycle_once(self) -> None:
        assert levels_below("a", CYCLE) == [["a"], ["c"], ["b"]]


class NodesTests:
    def test_each_department_comes_before_those_below_it(self) -> None:
        assert [(node.complete_name, node.depth, node.below) for node in nodes_of(ROWS)] == [
            ("Operations", 0, 3),
            ("Operations / Kitchen", 1, 2),
            ("Operations / Kitchen / Bakery", 2, 0),
            ("Operations / Kitchen / Pastry", 2, 0),
            ("Sales", 0, 0),
        ]

    def test_departments_of_a_cycle_are_roots_at_the_end(self) -> None:
        nodes = nodes_of([Row(1, 2, "One"), Row(2, 1, "Two"), SALES])

        assert [(node.complete_name, node.depth) for node in nodes] == [("Sales", 0), ("One", 0), ("Two", 0)]

    def test_a_subtree_is_a_department_with_all_below_it(self) -> None:
        nodes = nodes_of(ROWS)

        assert subtree_ids(nodes, 2) == [2, 3, 4]
        assert subtree_ids(nodes, 9) == []

    def test_head_counts_add_up_towards_the_root(self) -> None:
        assert total_head_counts(nodes_of(ROWS), {1: 1, 3: 2, 4: 4}) == {1: 7, 2: 6, 3: 2, 4: 4, 5: 0}


class HierarchyTests:
    def test_names_what_is_around_the_department(self) -> None:
        found = hierarchy_of(2, ROWS, {1: 1, 2: 2, 3: 4})

        assert found is not None
        assert (found.complete_name, found.ancestors) == ("Operations / Kitchen", ("Operations",))
        assert found.children == ("Bakery", "Pastry")
        assert (found.head_count, found.total_head_count) == (2, 6)

    def test_is_none_for_a_department_that_is_not_there(self) -> None:
        assert hierarchy_of(9, ROWS, {}) is None

    def test_ends_in_a_cycle(self) -> None:
        found = hierarchy_of(1, [Row(1, 2, "One"), Row(2, 1, "Two")], {1: 1, 2: 2})

        assert found is not None
        assert (found.ancestors, found.total_head_count) == (("Two",), 3)
