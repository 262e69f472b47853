import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from scheduling.imports.engine.files import Upload
from scheduling.imports.kinds import KINDS
from scheduling.imports.remembered import MAX_VALUES, forget, form_of_file, recall, remember
from scheduling.models import Employee, ImportChoices, Shift
from tests.factories import DepartmentFactory, EmployeeFactory, ImportChoicesFactory, ShiftFactory
from tests.scheduling.imports.engine.test_files import xlsx

pytestmark = pytest.mark.django_db

ASSIGNMENTS, EMPLOYEES = KINDS["assignments"], KINDS["employees"]
FILE = Upload(b"Wer;Was;Wann\namy@example.com;Frueh;2026-12-01\n")
NEXT = Upload(b"Wann;wer *;WAS\n2026-12-08;amy@example.com;Spaet\n")
COLUMNS = {"Wer": "employee_email", "Was": "shift_name", "Wann": "date"}
CHOICES: dict[str, Any] = {"columns": COLUMNS, "values": {"shift_name": {"Frueh": "Early"}}, "date_order": "dmy"}


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("amy")


class RecallTests:
    def test_returns_what_was_chosen_for_the_same_headers_in_any_order(self, user: User) -> None:
        ShiftFactory(name="Early")
        remember(ASSIGNMENTS, user, FILE, CHOICES)
        recalled = recall(ASSIGNMENTS, user, NEXT, {})
        spelled = {"Wann": "date", "wer *": "employee_email", "WAS": "shift_name"}
        assert recalled.options == {**CHOICES, "columns": spelled}
        assert recalled.sentences == []
        assert recalled.chosen_at is not None

    @pytest.mark.parametrize("data", [b"Wer;Was;Wann;Wo\n1;2;3;4\n", b"", b"\x00\x01", b"PK\x03\x04xx"])
    def test_of_other_headers_there_is_nothing(self, user: User, data: bytes) -> None:
        remember(ASSIGNMENTS, user, FILE, CHOICES)
        assert recall(ASSIGNMENTS, user, Upload(data), {}).chosen_at is None

    def test_of_another_user_or_kind_there_is_nothing(self, user: User) -> None:
        remember(ASSIGNMENTS, user, FILE, CHOICES)
        assert recall(ASSIGNMENTS, User.objects.create_user("bob"), FILE, {}).options == {}
        assert recall(KINDS["schedules"], user, FILE, {}).options == {}

    def test_costs_one_query_if_nothing_was_ever_chosen(self, user: User, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            recall(ASSIGNMENTS, user, FILE, {})
        with django_assert_num_queries(1):
            remember(ASSIGNMENTS, user, FILE, {})

    def test_what_is_said_now_comes_first(self, user: User) -> None:
        remember(ASSIGNMENTS, user, FILE, {**CHOICES, "encoding": "cp1250"})
        recalled = recall(ASSIGNMENTS, user, FILE, {"date_order": "mdy", "encoding": "cp1252"})
        assert (recalled.options["date_order"], recalled.options["encoding"]) == ("mdy", "cp1252")

    def test_an_encoding_is_found_again_although_the_headers_are_wrong_without_it(self, user: User) -> None:
        data = "Dział;Zmiana\nKIT;1\n".encode("cp1250")
        remember(ASSIGNMENTS, user, Upload(data), {"encoding": "cp1250", "columns": {"Dział": "department_code"}})
        recalled = recall(ASSIGNMENTS, user, Upload(data + "BAR;Późna\n".encode("cp1250")), {})
        assert recalled.options["encoding"] == "cp1250"
        assert recalled.options["columns"] == {"Dział": "department_code", "Zmiana": ""}


class LeavesOutTests:
    def test_a_shift_that_is_archived_or_deleted(self, user: User) -> None:
        for name in ("Early", "Late", "Night"):
            ShiftFactory(name=name)
        values = {"shift_name": {"F": "Early", "S": "Late", "N": "Night"}}
        remember(ASSIGNMENTS, user, FILE, {"values": values})
        Shift.objects.filter(name="Late").update(active=False)
        Shift.objects.filter(name="Night").delete()
        recalled = recall(ASSIGNMENTS, user, FILE, {})
        assert recalled.options["values"] == {"shift_name": {"F": "Early"}}
        assert recalled.sentences == [
            "What you had chosen for 'N' and 'S' was left out: 'Late' and 'Night' are archived or deleted."
        ]

    def test_a_value_that_is_the_name_of_a_stored_one_by_now(self, user: User) -> None:
        ShiftFactory(name="Early")
        remember(ASSIGNMENTS, user, FILE, {"values": {"shift_name": {"Frueh": "Early"}}})
        ShiftFactory(name="FRUEH")
        recalled = recall(ASSIGNMENTS, user, FILE, {})
        assert recalled.options["values"] == {}
        assert recalled.sentences == ["What you had chosen for 'Frueh' was left out: there is one of this name now."]

    def test_a_person_who_has_left(self, user: User) -> None:
        EmployeeFactory(email="amy@example.com")
        remember(ASSIGNMENTS, user, FILE, {"values": {"employee_email": {"Amy R.": "amy@example.com"}}})
        Employee.objects.update(is_active=False)
        (sentence,) = recall(ASSIGNMENTS, user, FILE, {}).sentences
        assert sentence == "What you had chosen for 'Amy R.' was left out: 'amy@example.com' is archived or deleted."

    def test_a_column_that_is_gone_or_closed_to_the_user(self, user: User) -> None:
        upload = Upload(b"Mail;Lohn;Alt;Weg\na@example.com;12;x;y\n")
        columns = {"Mail": "email", "Lohn": "hourly_rate", "Alt": "shoe_size", "Weg": ""}
        remember(EMPLOYEES, user, upload, {"columns": columns})
        recalled = recall(EMPLOYEES.without(frozenset({"hourly_rate"})), user, upload, {})
        # The header of the one says what it is, so that the file is refused as it would have been without a choice.
        assert recalled.options["columns"] == {"Mail": "email", "Lohn": "hourly_rate", "Alt": "", "Weg": ""}
        assert recalled.sentences == [
            "What you had chosen for 'Alt' and 'Lohn' was left out: there is no such field, or you may not change it."
        ]

    def test_a_sheet_that_this_file_does_not_have(self, user: User) -> None:
        remember(ASSIGNMENTS, user, Upload(xlsx(["Wer", "Was"], ["a", "b"])), {"sheet": "Sheet", "date_order": "dmy"})
        recalled = recall(ASSIGNMENTS, user, Upload(b"Wer,Was\na,b\n"), {})
        assert recalled.options["date_order"] == "dmy"
        assert "sheet" not in recalled.options
        assert recalled.sentences == [
            "What you had chosen was left out, because this file cannot be read like that: 'Sheet'."
        ]


class RememberTests:
    def test_replaces_what_was_chosen_before(self, user: User) -> None:
        remember(ASSIGNMENTS, user, FILE, CHOICES)
        remember(ASSIGNMENTS, user, NEXT, {"columns": {"Wer": "employee_email"}, "mended": {"2": {}}, "values": {}})
        assert ImportChoices.objects.get().options == {"columns": {"Wer": "employee_email"}}

    def test_forgets_the_form_if_nothing_is_chosen_any_more(self, user: User) -> None:
        remember(ASSIGNMENTS, user, FILE, CHOICES)
        remember(ASSIGNMENTS, user, FILE, {})
        assert not ImportChoices.objects.exists()

    def test_keeps_the_last_fifty_forms_of_a_user_and_kind(self, user: User) -> None:
        for number in range(ImportChoices.MAX_FORMS):
            moment = timezone.now() - datetime.timedelta(days=number + 1)
            ImportChoicesFactory(user=user, kind="assignments", form=f"{number}", chosen_at=moment)
        others = [
            ImportChoicesFactory(user=user, kind="employees"),
            ImportChoicesFactory(user=User.objects.create_user("b"), kind="assignments"),
        ]
        remember(ASSIGNMENTS, user, FILE, CHOICES)
        kept = ImportChoices.objects.filter(user=user, kind="assignments")
        assert kept.count() == ImportChoices.MAX_FORMS
        assert not kept.filter(form=f"{ImportChoices.MAX_FORMS - 1}").exists()
        assert form_of_file(ASSIGNMENTS, FILE, {}) in kept.values_list("form", flat=True)
        assert ImportChoices.objects.filter(pk__in=[other.pk for other in others]).count() == 2

    def test_keeps_the_values_that_were_chosen_last(self, user: User) -> None:
        values = {"shift_name": {f"v{number}": "Early" for number in range(MAX_VALUES + 10)}}
        remember(ASSIGNMENTS, user, FILE, {"values": values})
        kept = ImportChoices.objects.get().options["values"]["shift_name"]
        assert len(kept) == MAX_VALUES
        assert "v9" not in kept
        assert f"v{MAX_VALUES + 9}" in kept

    def test_a_file_that_is_no_table_has_no_form(self, user: User) -> None:
        remember(ASSIGNMENTS, user, Upload(b""), CHOICES)
        assert not ImportChoices.objects.exists()


class ForgetTests:
    def test_forgets_this_form_only(self, user: User) -> None:
        remember(ASSIGNMENTS, user, FILE, CHOICES)
        remember(ASSIGNMENTS, user, Upload(b"a;b\n1;2\n"), CHOICES)
        forget(ASSIGNMENTS, user, NEXT, {})
        assert recall(ASSIGNMENTS, user, FILE, {}).chosen_at is None
        assert ImportChoices.objects.count() == 1

    def test_goes_with_the_user(self, user: User) -> None:
        DepartmentFactory()
        remember(ASSIGNMENTS, user, FILE, CHOICES)
        user.delete()
        assert not ImportChoices.objects.exists()
