"""The frozen forms: what they give out is new each time, and a row names the rows in it."""

from caching.values.forms import Collection, Content, Mapped, Record, Row
from scheduling.models import Department, Employee
from tests.caching.values.examples import Box

KITCHEN = Row(Department, "default", {"id": 7, "name": "Kitchen"}, (), ())
AMY = Row(
    Employee, "default", {"id": 5, "email": "amy@example.com", "department_id": 7}, (), (("department", KITCHEN),)
)


class RowTests:
    def test_thaws_to_a_saved_instance_of_its_database(self) -> None:
        row = Row(Employee, "other", {"id": 5, "email": "amy@example.com"}, (), ()).thaw()
        assert isinstance(row, Employee)
        assert (row.pk, row.email) == (5, "amy@example.com")
        assert (row._state.db, row._state.adding) == ("other", False)

    def test_each_copy_has_a_state_of_its_own(self) -> None:
        one, other = AMY.thaw(), AMY.thaw()
        one.email = "changed"
        one._state.db = "changed"
        one._state.fields_cache.clear()
        assert (other.email, other._state.db) == ("amy@example.com", "default")
        assert AMY.thaw().department.name == "Kitchen"

    def test_thaws_the_rows_that_are_joined_to_it(self) -> None:
        assert AMY.thaw().department.name == "Kitchen"

    def test_a_joined_row_that_is_absent_is_none(self) -> None:
        root = Row(Department, "default", {"id": 1, "parent_id": None}, (), (("parent", None),)).thaw()
        assert root.parent is None

    def test_copies_the_fields_that_can_be_changed(self) -> None:
        row = Row(Employee, "default", {"id": 5}, (("role", Collection(list, ("cook",))),), ())
        row.thaw().role.append("waiter")
        assert row.thaw().role == ["cook"]

    def test_is_named_by_model_key_and_database(self) -> None:
        assert AMY.pk == 5
        assert AMY.name == (Employee, 5, "default")

    def test_lists_itself_and_the_rows_joined_to_it_at_any_depth(self) -> None:
        bar = Row(Department, "default", {"id": 8}, (), (("parent", KITCHEN),))
        bob = Row(Employee, "default", {"id": 6}, (), (("department", bar), ("user", None)))
        assert [row.name for row in bob.all_rows()] == [
            (Employee, 6, "default"),
            (Department, 8, "default"),
            (Department, 7, "default"),
        ]


class CollectionTests:
    def test_thaws_to_a_new_collection_of_its_type(self) -> None:
        for factory in (list, tuple, set, frozenset):
            assert Collection(factory, (1, 2)).thaw() == factory((1, 2))

    def test_copies_what_it_contains(self) -> None:
        held = Collection(list, (Collection(list, (1,)),))
        held.thaw()[0].append(2)
        assert held.thaw() == [[1]]


class MappedTests:
    def test_keeps_the_order_and_copies_the_values(self) -> None:
        held = Mapped((("b", Collection(list, ())), ("a", 1)))
        held.thaw()["b"].append("changed")
        assert list(held.thaw().items()) == [("b", []), ("a", 1)]


class RecordTests:
    def test_copies_the_fields(self) -> None:
        held = Record(Box, (("content", Collection(list, (1,))),))
        held.thaw().content.append(2)
        assert held.thaw() == Box([1])


class ContentTests:
    def test_names_the_models_and_databases_of_its_rows(self) -> None:
        content = Content(AMY, frozenset({AMY.name, (Department, 7, "replica"), (Department, 8, "replica")}))
        assert content.row_models == {Employee, Department}
        assert content.sources == {(Employee, "default"), (Department, "replica")}

    def test_of_a_value_without_rows_has_none(self) -> None:
        assert Content(42, frozenset()).row_models == set()
        assert Content(42, frozenset()).sources == set()
