"""Dataclasses that a cache type declares, so that its values may be made of them."""

import dataclasses

from caching.values.records import is_frozen, make_record, record_fingerprint
from tests.caching.values.examples import Box, Point


@dataclasses.dataclass
class Counted:
    """Counts how often ``__init__`` has run."""

    number: int
    runs: int = 0

    def __post_init__(self) -> None:
        self.runs += 1


class MakeRecordTests:
    def test_sets_the_fields_without_running_init(self) -> None:
        made = make_record(Counted, [("number", 5), ("runs", 1)])
        assert (made.number, made.runs) == (5, 1)
        assert made == Counted(5)

    def test_makes_a_frozen_dataclass_with_slots(self) -> None:
        assert make_record(Point, [("x", 3), ("tags", ("a",))]) == Point(3, ("a",))


class IsFrozenTests:
    def test_tells_frozen_dataclasses_from_others(self) -> None:
        assert is_frozen(Point)
        assert not is_frozen(Box)


class RecordFingerprintTests:
    def test_is_the_same_for_the_same_fields(self) -> None:
        one, other = (dataclasses.make_dataclass("Same", [("x", int), ("y", str)]) for _ in range(2))
        assert record_fingerprint(one) == record_fingerprint(other)

    def test_changes_with_the_name_the_type_and_the_order_of_a_field(self) -> None:
        fields = (
            [("x", int), ("y", str)],
            [("x", int), ("z", str)],
            [("x", str), ("y", str)],
            [("y", str), ("x", int)],
        )
        classes = [dataclasses.make_dataclass("Versions", each) for each in fields]
        assert len({record_fingerprint(cls) for cls in classes}) == len(classes)
