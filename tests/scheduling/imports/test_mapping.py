from collections.abc import Sequence
from typing import Any

import pytest
import tablib

from scheduling.imports import mapping
from scheduling.imports.engine.chosen_values import ChosenValues
from scheduling.imports.engine.file_columns import columns_of
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.kinds import KINDS
from scheduling.imports.mapping import Option, column_fields, sent_columns, sent_values, value_fields
from scheduling.models import Shift
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory, SkillFactory

pytestmark = pytest.mark.django_db


def resource(kind: str, closed: Sequence[str] = (), **values: Any) -> FileResource:
    return KINDS[kind].without(frozenset(closed))(values=ChosenValues(**values))


def columns(kind: str, *headers: str, chosen: dict[str, str] | None = None) -> Any:
    return columns_of(tablib.Dataset(["x"] * len(headers), headers=headers), KINDS[kind].kind, chosen)


def shifts_of(*names: str, number: int = 0, **chosen: Any) -> Any:
    """Return the fields for the unknown shifts of a file."""
    EmployeeFactory(email="amy@example.com")
    rows = [("amy@example.com", name, f"2026-12-{day:02}") for day, name in enumerate(names, 1)]
    rows += [("amy@example.com", f"X{day}", "2026-12-01") for day in range(number)]
    wanted = resource("assignments", **chosen)
    result = wanted.import_data(tablib.Dataset(*rows, headers=("email", "shift", "date")), dry_run=True)
    return value_fields(wanted, result.unknown)


def labels(options: Sequence[Option]) -> list[str]:
    return [option.label for option in options]


def nothing(model: type[Any]) -> bool:
    return False


class ColumnFieldsTests:
    def test_offer_the_fields_of_the_kind_by_their_labels(self) -> None:
        (field,) = column_fields(resource("shift_types"), columns("shift_types", "Colour"))
        assert field.name == "column:Colour"
        assert labels(field.options) == ["leave out", "Name", "Code", "Colour", "Active"]
        assert [option.value for option in field.options if option.selected] == ["colour"]

    def test_do_not_offer_what_the_user_may_not_change(self) -> None:
        (field,) = column_fields(resource("employees", ["hourly_rate", "phone"]), columns("employees", "Rate"))
        assert not {"Hourly rate", "Phone"} & set(labels(field.options))
        assert field.closed == "Hourly rate"
        assert field.options[0].selected


class ValueFieldsTests:
    def test_offer_the_near_ones_first_and_then_the_others(self) -> None:
        for name in ("Early", "Late", "Night"):
            ShiftFactory(name=name)
        (field,), hints = shifts_of("Earlie")
        assert (field.name, field.given, field.rows) == ("value:shift_name:Earlie", "Earlie", 1)
        assert labels(field.near) == ["not chosen", "Early"]
        assert labels(field.others) == ["Late", "Night"]
        assert (field.text_name, hints) == ("", {})

    def test_show_what_is_chosen(self) -> None:
        ShiftFactory(name="Early")
        (field,), __ = shifts_of("Frueh", known={"shift_name": {"Frueh": "Early"}})
        chosen = [option for option in (*field.near, *field.others) if option.selected]
        assert chosen == [Option(value="=Early", label="Early", selected=True)]

    def test_where_too_many_are_known_offer_near_ones_and_a_field_to_write_in(self) -> None:
        one = ShiftFactory(name="Early")
        Shift.objects.bulk_create(
            Shift(name=f"S{n}", shift_type=one.shift_type, start_time=one.start_time, end_time=one.end_time)
            for n in range(mapping.MAX_OPTIONS)
        )
        (field,), hints = shifts_of("Earlie")
        assert labels(field.near) == ["not chosen", "Early"]
        assert field.others == []
        assert (field.text_name, field.hints) == ("text:shift_name:Earlie", "known-shift_name")
        assert len(hints["known-shift_name"]) == mapping.MAX_OPTIONS + 1

    def test_are_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mapping, "MAX_VALUES_SHOWN", 3)
        monkeypatch.setattr(mapping, "MAX_COMPARED", 2)
        ShiftFactory(name="X")
        fields, __ = shifts_of(number=5)
        assert [labels(field.near) for field in fields] == [["not chosen", "X"], ["not chosen", "X"], ["not chosen"]]

    @pytest.mark.parametrize(
        ("values", "offered"), [({}, ["not chosen", "make a new one"]), ({"may_add": nothing}, ["not chosen"])]
    )
    def test_offer_to_make_departments_to_who_may_add_them(self, values: Any, offered: list[str]) -> None:
        EmployeeFactory(email="a@example.com", department=DepartmentFactory(code="KIT", name="Kitchen"))
        people = tablib.Dataset(("a@example.com", "Bistro"), headers=("email", "department"))
        wanted = resource("employees", **values)
        (field,), __ = value_fields(wanted, wanted.import_data(people, dry_run=True).unknown)
        assert (labels(field.near), labels(field.others)) == (offered, ["Kitchen (KIT)"])

    def test_skills_are_made_unless_another_one_is_meant(self) -> None:
        SkillFactory(name="Grill")
        EmployeeFactory(email="a@example.com")
        people = tablib.Dataset(("a@example.com", "Gril"), headers=("email", "skills"))
        wanted = resource("employees")
        (field,), __ = value_fields(wanted, wanted.import_data(people, dry_run=True).unknown)
        assert labels(field.near) == ["make a new one", "Grill"]


class SentColumnsTests:
    FILE = ("Wer", "Shift", "Date")

    def sent(self, **chosen: str) -> dict[str, str]:
        return sent_columns(
            {f"column:{header}": name for header, name in chosen.items()},
            resource("assignments"),
            columns("assignments", *self.FILE),
        )

    def test_what_the_headers_say_anyway_is_no_choice(self) -> None:
        assert self.sent(Wer="", Shift="shift_name", Date="date") == {}

    def test_a_choice_is_kept_with_all_other_columns(self) -> None:
        chosen = {"Wer": "employee_email", "Shift": "shift_name", "Date": ""}
        assert self.sent(**chosen) == chosen
        assert self.sent(Wer="employee_email") == {"Wer": "employee_email", "Shift": "shift_name", "Date": "date"}

    def test_a_field_twice_is_refused_with_a_sentence(self) -> None:
        with pytest.raises(FileError) as raised:
            self.sent(Wer="date", Shift="shift_name", Date="date")
        assert str(raised.value) == (
            "'Wer' and 'Date' are all to be read as Date. Choose one of them, and leave the others out."
        )

    @pytest.mark.parametrize("name", ["hourly_rate", "huh", "phone"])
    def test_a_field_that_is_not_offered_is_refused(self, name: str) -> None:
        with pytest.raises(FileError, match="'Wer' cannot be read as"):
            sent_columns(
                {"column:Wer": name},
                resource("employees", ["hourly_rate", "phone"]),
                columns("employees", "Wer", "email"),
            )

    def test_headers_that_the_file_does_not_have_are_ignored(self) -> None:
        assert self.sent(Huh="date") == {}


class SentValuesTests:
    def sent(self, sent: dict[str, str], kind: str = "assignments", **before: Any) -> dict[str, Any]:
        return sent_values(sent, resource(kind), before)

    def test_a_known_one_is_kept_by_its_name(self) -> None:
        ShiftFactory(name="Early")
        chosen = self.sent({"value:shift_name:Frueh: 1": "=Early"})
        assert chosen == {"values": {"shift_name": {"Frueh: 1": "Early"}}, "new": {}}

    def test_what_is_written_wins_over_the_list(self) -> None:
        ShiftFactory(name="Early")
        ShiftFactory(name="Late", code="L")
        sent = {"value:shift_name:Spaet": "=Early", "text:shift_name:Spaet": " L "}
        assert self.sent(sent)["values"] == {"shift_name": {"Spaet": "L"}}

    def test_a_choice_is_changed_and_taken_back_and_others_stay(self) -> None:
        ShiftFactory(name="Early")
        before: dict[str, Any] = {"values": {"shift_name": {"FRUEH": "Late", "Nacht": "Night"}}}
        changed = self.sent({"value:shift_name:Frueh": "=Early"}, **before)
        assert changed["values"] == {"shift_name": {"Nacht": "Night", "Frueh": "Early"}}
        assert self.sent({"value:shift_name:Frueh": ""}, **before)["values"] == {"shift_name": {"Nacht": "Night"}}

    @pytest.mark.parametrize("field", ["value", "text"])
    def test_one_that_is_archived_or_not_there_is_refused_with_a_sentence(self, field: str) -> None:
        ShiftFactory(name="Early")
        ShiftFactory(name="Earli", active=False)
        sent = {"value:shift_name:Frueh": "=Earli", f"{field}:shift_name:Frueh": "=Earli"[field == "text" :]}
        with pytest.raises(FileError) as raised:
            self.sent(sent)
        assert str(raised.value) == "There is no shift 'Earli' that is not archived. Did you mean 'Early'?"

    def test_only_what_can_be_made_is_to_be_made(self) -> None:
        sent = {"value:department_code:Bistro": "+", "value:employee_email:Amy": "+"}
        assert self.sent(sent) == {"values": {}, "new": {"department_code": ["Bistro"]}}
        assert self.sent({"value:department_code:Bistro": ""}, new={"department_code": ["BISTRO"]})["new"] == {}

    @pytest.mark.parametrize("name", ["value:date:1", "value:huh:1", "value:shift_name:", "value", "x:shift_name:1"])
    def test_other_fields_are_ignored(self, name: str) -> None:
        assert self.sent({name: "=Early"}) == {"values": {}, "new": {}}
        assert self.sent({f"value:shift_name:{'x' * 201}": "=Early"}) == {"values": {}, "new": {}}
