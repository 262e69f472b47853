from collections.abc import Sequence
from typing import Any

import pytest
import tablib
from django.contrib.auth.models import Permission, User
from django.test import Client

from scheduling.imports import mapping
from scheduling.imports.engine.chosen_values import ChosenValues
from scheduling.imports.engine.file_columns import columns_of
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.kinds import KINDS
from scheduling.imports.mapping import Option, column_fields, sent_columns, sent_values, value_fields
from scheduling.models import Department, Employee, ImportChoices, ImportRun, ScheduleAssignment, Shift, Skill
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory, SkillFactory
from tests.scheduling.imports.test_pages import upload, url

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


def choose(client: Client, preview: Any, model: str = "scheduleassignment", **fields: str) -> Any:
    """Send the form of a preview as a browser does, with other choices; return the page that follows."""
    return client.post(preview.redirect_chain[-1][0], {**form_of(preview), **fields}, follow=True)


def form_of(preview: Any) -> dict[str, str]:
    """Return what a browser sends if nothing is changed on the page."""
    context = preview.context
    form = dict(context["confirm_form"].initial)
    for field in context["column_fields"]:
        form[field.name] = next((option.value for option in field.options if option.selected), "")
    for field in context["value_fields"]:
        form[field.name] = next((option.value for option in (*field.near, *field.others) if option.selected), "")
        if field.text_name:
            form[field.text_name] = ""
    return form


def confirm(client: Client, preview: Any, model: str = "scheduleassignment") -> Any:
    return client.post(url("process_import", model), form_of(preview), follow=True)


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
        for sent in (
            {f"value:shift_name:{'x' * 201}": "=Early"},
            {"value:shift_name:a\0": "="},
            {"value:shift_name:a": "=\0"},
        ):
            assert self.sent(sent) == {"values": {}, "new": {}}

    def test_no_more_than_fit_are_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mapping, "MAX_CHOSEN", 2)
        before = {"values": {"shift_name": {"a": "Early", "b": "Early"}}, "new": {}}
        ShiftFactory(name="Late")
        assert self.sent({"value:shift_name:c": "=Late"}, **before)["values"] == {
            "shift_name": {"b": "Early", "c": "Late"}
        }


ROTA = "Wer;Was;Wann;Wo\namy@example.com;Frueh;01.12.2026;hier\namy@example.com;Frueh;02.12.2026;da\n"
NEXT_ROTA = "wann;wer *;Was;Wo\n08.12.2026;amy@example.com;FRUEH;hier\n"
WHAT = {"column:Wer": "employee_email", "column:Was": "shift_name", "column:Wann": "date"}


@pytest.fixture
def early(db: None) -> Shift:
    EmployeeFactory(email="amy@example.com")
    return ShiftFactory(name="Early")  # type: ignore[no-any-return]


@pytest.mark.usefixtures("early")
class WorkflowTests:
    def mapped(self, client: Client) -> Any:
        """Upload the first file, and choose what its columns and values are."""
        preview = upload(client, ROTA.encode(), "scheduleassignment")
        preview = choose(client, preview, **WHAT)
        return choose(client, preview, **{"value:shift_name:Frueh": "=Early"})

    def test_columns_and_values_are_chosen_and_the_file_is_imported(self, admin_client: Client) -> None:
        preview = upload(admin_client, ROTA.encode(), "scheduleassignment")
        assert "This does not look like a file of assignments" in preview.text
        assert "01.12.2026 · 02.12.2026" in preview.text
        preview = choose(admin_client, preview, **WHAT)
        assert "2 rows have errors" in preview.text
        (field,) = preview.context["value_fields"]
        assert (field.given, field.rows) == ("Frueh", 2)
        preview = choose(admin_client, preview, **{field.name: "=Early"})
        assert "2 new, 0 updated, 0 unchanged." in preview.text
        assert "Left out, as you have chosen: Wo." in preview.text
        assert "Import finished: 2 new" in confirm(admin_client, preview).text
        options = ImportRun.objects.get().options
        assert options["columns"] == {"Wer": "employee_email", "Was": "shift_name", "Wann": "date", "Wo": ""}
        assert options["values"] == {"shift_name": {"Frueh": "Early"}}

    def test_the_next_file_of_the_form_is_uploaded_and_confirmed(self, admin_client: Client) -> None:
        confirm(admin_client, self.mapped(admin_client))
        preview = upload(admin_client, NEXT_ROTA.encode(), "scheduleassignment")
        assert "1 new, 0 updated, 0 unchanged." in preview.text
        assert "Read as you chose on" in preview.text
        assert "Import finished: 1 new" in confirm(admin_client, preview).text
        assert ScheduleAssignment.objects.count() == 3

    def test_a_first_and_a_last_name_in_two_columns_mean_one_person(self, admin_client: Client) -> None:
        data = b"A;B;shift;date\nAmelia;Reed;Early;01.12.2026\n"
        preview = upload(admin_client, data, "scheduleassignment")
        preview = choose(admin_client, preview, **{"column:A": "first_name", "column:B": "last_name"})
        (field,) = preview.context["value_fields"]
        assert (field.header, field.given) == ("full name", "Amelia Reed")
        number = Employee.objects.get().employee_number
        preview = choose(admin_client, preview, **{field.name: f"={number}"})
        assert "Import finished: 1 new" in confirm(admin_client, preview).text
        again = upload(admin_client, data.replace(b"01.", b"02."), "scheduleassignment")
        assert "1 new, 0 updated, 0 unchanged." in again.text

    def test_what_was_chosen_is_remembered_before_it_is_confirmed(self, admin_client: Client) -> None:
        self.mapped(admin_client)
        assert "1 new" in upload(admin_client, NEXT_ROTA.encode(), "scheduleassignment").text

    def test_is_remembered_for_this_user_only(self, admin_client: Client, client: Client) -> None:
        self.mapped(admin_client)
        client.force_login(User.objects.create_superuser("other"))
        assert "This does not look like" in upload(client, NEXT_ROTA.encode(), "scheduleassignment").text

    def test_is_forgotten_by_a_button(self, admin_client: Client) -> None:
        self.mapped(admin_client)
        preview = upload(admin_client, NEXT_ROTA.encode(), "scheduleassignment")
        assert 'name="forget"' in preview.text
        page = admin_client.post(preview.redirect_chain[-1][0], {"forget": "1"}, follow=True).text
        assert "This does not look like a file of assignments" in page
        assert "Read as you chose on" not in page
        assert not ImportChoices.objects.exists()

    def test_a_shift_that_is_archived_by_now_is_left_out_with_a_sentence(self, admin_client: Client) -> None:
        self.mapped(admin_client)
        Shift.objects.update(active=False)
        page = upload(admin_client, NEXT_ROTA.encode(), "scheduleassignment").text
        assert (
            "What you had chosen for &#x27;Frueh&#x27; was left out: &#x27;Early&#x27; is archived or deleted." in page
        )
        assert "1 row has errors" in page

    def test_how_the_file_is_read_is_remembered_too(self, admin_client: Client) -> None:
        data = b"email;shift;date\namy@example.com;Early;11/05/2026\n"
        assert "1 new" in upload(admin_client, data, "scheduleassignment", date_order="mdy").text
        confirm(admin_client, upload(admin_client, data, "scheduleassignment", date_order="mdy"))
        assert "1 new" in upload(admin_client, data.replace(b"/05", b"/06"), "scheduleassignment").text

    def test_a_field_twice_is_a_sentence_and_changes_nothing(self, admin_client: Client) -> None:
        preview = upload(admin_client, ROTA.encode(), "scheduleassignment")
        page = choose(admin_client, preview, **{**WHAT, "column:Wo": "date"}).text
        assert "&#x27;Wann&#x27; and &#x27;Wo&#x27; are all to be read as Date." in page
        assert "columns" not in ImportRun.objects.get().options

    def test_what_is_changed_is_checked_before_it_is_imported(self, admin_client: Client) -> None:
        preview = self.mapped(admin_client)
        form = {**form_of(preview), "column:Wo": "notes"}
        page = admin_client.post(url("process_import", "scheduleassignment"), form, follow=True).text
        assert "What you have changed was checked. Nothing has been imported yet." in page
        assert not ScheduleAssignment.objects.exists()

    def test_headers_and_values_are_escaped(self, admin_client: Client) -> None:
        evil = "'><script>alert(1)</script>\""
        data = f"email;shift;date;{evil}\namy@example.com;{evil};2026-12-01;{evil}\n".encode()
        preview = upload(admin_client, data, "scheduleassignment")
        assert "<script>alert(1)" not in preview.text
        assert [field.given for field in preview.context["value_fields"]] == [evil]
        (chosen,) = preview.context["value_fields"]
        assert "1 new" in choose(admin_client, preview, **{chosen.name: "=Early"}).text


class PermissionTests:
    FILE = b"email;employee_number;first_name;last_name;department;Satz;skills\na@example.com;1;Amy;Reed;KIT;12;Fire\n"

    @pytest.fixture
    def staff(self, client: Client) -> Client:
        """A client whose user may import employees, and do nothing else."""
        DepartmentFactory(code="KIT")
        user = User.objects.create_user("staff", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=["add_employee", "change_employee"]))
        client.force_login(user)
        return client

    def test_guarded_fields_are_neither_offered_nor_taken(self, staff: Client) -> None:
        preview = upload(staff, self.FILE)
        for field in preview.context["column_fields"]:
            assert not {"hourly_rate", "phone"} & {option.value for option in field.options}
        page = choose(staff, preview, **{"column:Satz": "hourly_rate"}).text
        assert "&#x27;Satz&#x27; cannot be read as &#x27;hourly_rate&#x27;." in page
        assert "columns" not in ImportRun.objects.get().options

    def test_a_guarded_column_can_be_left_out(self, staff: Client) -> None:
        preview = upload(staff, self.FILE.replace(b"Satz", b"Rate").replace(b"Fire", b""))
        assert "You may not change the column" in preview.text
        assert "You may not change Hourly rate." in preview.text
        preview = choose(staff, preview)
        assert "1 new" in preview.text
        assert "1 new" in confirm(staff, preview, "employee").text
        assert Employee.objects.get().hourly_rate != 12

    def test_skills_and_departments_are_not_made(self, staff: Client) -> None:
        preview = upload(staff, self.FILE.replace(b"KIT", b"Bistro"))
        assert "No skill is called &#x27;Fire&#x27;, and you may not add skills." in preview.text
        assert "make a new one" not in preview.text
        choose(staff, preview, **{"value:department_code:Bistro": "+"})
        assert "No department has the code" in staff.get(preview.redirect_chain[-1][0]).text

    def test_who_may_not_see_departments_writes_what_is_meant(self, staff: Client) -> None:
        preview = upload(staff, self.FILE.replace(b"KIT", b"Kueche").replace(b"Fire", b""))
        (field,) = preview.context["value_fields"]
        assert (labels(field.near), field.others) == (["not chosen"], [])
        assert preview.context["value_hints"] == {"known-department_code": []}
        assert "Did you mean" not in choose(staff, preview, **{field.text_name: "KITT"}).text.split("Row 2")[0]
        assert "1 new" in choose(staff, preview, **{field.text_name: "KIT"}).text

    def test_who_may_add_departments_makes_one(self, staff: Client) -> None:
        codenames = ["add_employee", "change_employee", "add_department", "add_skill"]
        User.objects.get().user_permissions.set(Permission.objects.filter(codename__in=codenames))
        preview = upload(staff, self.FILE.replace(b"KIT", b"Bistro"))
        preview = choose(staff, preview, **{"value:department_code:Bistro": "+"})
        assert "New departments, as you have chosen: &#x27;Bistro&#x27;." in preview.text
        assert not Department.objects.filter(code="Bistro").exists()
        confirm(staff, preview, "employee")
        assert Employee.objects.get().department.code == "Bistro"
        assert Skill.objects.get().name == "Fire"
        assert ImportRun.objects.get().options["new"] == {"department_code": ["Bistro"]}
