"""Upload, preview and confirm, as staff do it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from scheduling.models import Employee, ImportRun, ScheduleAssignment
from tests.browser.looks import Looks
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory

GERMAN = {
    "Row": "Zeile",
    "37 rows have errors": "37 Zeilen sind fehlerhaft",
    "same for all 37 equal values": "auch für alle 37 gleichen Werte",
    "40 new, 0 updated, 0 unchanged.": "40 neu, 0 geändert, 0 unverändert.",
    "50 cells were mended by hand.": "50 Zellen wurden von Hand korrigiert.",
    "Confirm import": "Import bestätigen",
    "Import finished: 40 new, 0 updated, 0 unchanged.": "Import abgeschlossen: 40 neu, 0 geändert, 0 unverändert.",
}
HEADER = "email;employee_number;first_name;last_name;department\n"
PEOPLE = """\
amy.reed@example.com;1;Amy;Reed;KIT
bob.lane@example.com;2;Robert;Lane;KIT
chidi.obi@example.com;3;Chidi;Obi;KIT
dana.petrov@example.com;4;Dana;Petrov;KIT
emil.sand@example.com;5;Emil;Sand;KIT
fatma.arslan@example.com;6;Fatma;Arslan;KIT
"""


@pytest.fixture
def importing(
    page: Page, sign_in: Callable[[User], None], admin_user: User, settings: Any, tmp_path: Path
) -> Callable[[str], None]:
    """Sign in, and upload the text of a file of employees."""
    settings.MEDIA_ROOT = tmp_path / "uploads"

    def upload(text: str) -> None:
        file = tmp_path / "people.csv"
        file.write_text(text)
        sign_in(admin_user)
        page.get_by_role("link", name="Employees", exact=True).first.click()
        page.get_by_role("link", name="Import", exact=True).click()
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name="Submit").click()

    return upload


@pytest.mark.django_db(transaction=True)
class ImportTests:
    def test_shows_what_it_will_do_and_does_it_when_confirmed(
        self, page: Page, importing: Callable[[str], None], screenshot: Callable[[str], None]
    ) -> None:
        kitchen = DepartmentFactory(code="KIT", name="Kitchen")
        names = {"first_name": "Bob", "last_name": "Lane"}
        bob = EmployeeFactory(department=kitchen, email="bob.lane@example.com", employee_number="2", **names)
        importing(HEADER + PEOPLE)
        expect(page.get_by_text("5 new, 1 updated, 0 unchanged.")).to_be_visible()
        assert Employee.objects.get() == bob
        screenshot("import-preview")
        assert Looks(page).problems_here() == []
        page.get_by_role("button", name="Confirm import").click()
        expect(page.get_by_text("Import finished: 5 new, 1 updated, 0 unchanged.")).to_be_visible()
        expect(page.get_by_role("link", name="Reed")).to_be_visible()
        assert Employee.objects.get_by_email("amy.reed@example.com").first_name == "Amy"
        assert Employee.objects.get_by_email("bob.lane@example.com").first_name == "Robert"

    def test_names_every_wrong_row_and_writes_none(self, page: Page, importing: Callable[[str], None]) -> None:
        DepartmentFactory(code="KIT", name="Kitchen")
        importing(HEADER + "amy@example.com;1;Amy;Reed;KIT\nbob@example.com;2;Bob;Lane;KTI\n")
        expect(page.get_by_text("1 row has errors")).to_be_visible()
        expect(page.get_by_label("department (Row 3)")).to_have_value("KTI")
        expect(page.get_by_role("button", name="Confirm import")).to_have_count(0)
        assert Looks(page).problems_here() == []
        assert not Employee.objects.exists()


def fifty_wrong_cells() -> tuple[str, dict[str, str]]:
    """Return a file of 40 people with 50 wrong cells in four columns, and what is written instead, by field.

    The same department is misspelled in 37 rows.
    """
    lines, mended = [], {"department (Row 2)": "KIT"}
    for number in range(40):
        row = number + 2
        department = "KTI" if number < 37 else "KIT"
        hired, hours, contract = "2026-01-15", "38", "full_time"
        if number < 5:
            hired, mended[f"hire_date (Row {row})"] = "soon", f"2026-02-{number + 10}"
        elif number < 9:
            hours, mended[f"max_hours_per_week (Row {row})"] = "many", "40"
        elif number < 13:
            contract, mended[f"employment_type (Row {row})"] = f"whole {number}", "Full time"
        lines.append(f"p{number}@example.com;{number};Pat;Lee {number};{department};{hired};{hours};{contract}")
    return "\n".join([f"{HEADER.strip()};hire_date;max_hours_per_week;employment_type", *lines]), mended


@pytest.mark.django_db(transaction=True)
class MendingTests:
    @pytest.mark.parametrize("language", ["en", "de"])
    def test_a_file_of_50_wrong_cells_is_imported_with_one_upload(
        self, language: str, page: Page, importing: Callable[[str], None], screenshot: Callable[[str], None]
    ) -> None:
        DepartmentFactory(code="KIT", name="Kitchen")
        text, mended = fifty_wrong_cells()
        importing(text)
        if language == "de":
            page.context.add_cookies([{"name": "django_language", "value": "de", "url": page.evaluate("origin")}])
            page.reload()
        say: Callable[[str], str] = GERMAN.__getitem__ if language == "de" else str
        expect(page.get_by_text(say("37 rows have errors"))).to_be_visible()
        assert ImportRun.objects.get().refused == 37
        assert Looks(page).problems_here() == []
        screenshot(f"import-mending-{language}")

        for label, value in mended.items():
            page.get_by_label(label.replace("Row", say("Row"))).fill(value)
        same = page.get_by_label(say("same for all 37 equal values"))
        same.first.focus()
        page.keyboard.press("Space")
        page.get_by_label("department (").first.press("Enter")

        expect(page.get_by_text(say("40 new, 0 updated, 0 unchanged."))).to_be_visible()
        expect(page.get_by_text(say("50 cells were mended by hand."))).to_be_visible()
        assert not Employee.objects.exists()
        page.get_by_role("button", name=say("Confirm import")).click()
        expect(page.get_by_text(say("Import finished: 40 new, 0 updated, 0 unchanged."))).to_be_visible()
        assert Employee.objects.filter(department__code="KIT").count() == 40
        run = ImportRun.objects.get()
        assert sum(map(len, run.options["mended"].values())) == 50
        assert bytes(run.file).decode() == text


ROTA = "Wer;Was;Wann\namy@example.com;Frueh;01.12.2026\namy@example.com;Spaet;02.12.2026\n"
NEXT_ROTA = "Wer;Was;Wann\namy@example.com;Spaet;08.12.2026\namy@example.com;Frueh;09.12.2026\n"


@pytest.mark.django_db(transaction=True)
class MappingTests:
    @pytest.fixture
    def rota(self, sign_in: Callable[[User], None], admin_user: User) -> None:
        EmployeeFactory(email="amy@example.com")
        for name in ("Early", "Late"):
            ShiftFactory(name=name)
        sign_in(admin_user)

    @pytest.mark.usefixtures("rota")
    def test_the_second_file_of_a_form_takes_three_clicks(
        self, page: Page, tmp_path: Path, screenshot: Callable[[str], None]
    ) -> None:
        files = {"first.csv": ROTA, "second.csv": NEXT_ROTA}
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        page.goto("/admin/scheduling/scheduleassignment/import/")
        page.locator("input[type=file]").set_input_files(tmp_path / "first.csv")
        page.get_by_role("button", name="Submit").click()
        expect(page.get_by_text("This does not look like a file of assignments")).to_be_visible()
        page.get_by_label("Wer", exact=True).select_option("Employee")
        page.get_by_label("Was", exact=True).select_option("Shift")
        page.get_by_label("Wann", exact=True).select_option("Date")
        assert Looks(page).problems_here() == []
        screenshot("import-columns")
        page.get_by_role("button", name="Check again").click()
        expect(page.get_by_text("2 rows have errors")).to_be_visible()
        page.get_by_label("Frueh", exact=True).select_option("Early")
        page.get_by_label("Spaet", exact=True).select_option("Late")
        assert Looks(page).problems_here() == []
        screenshot("import-values")
        page.get_by_role("button", name="Check again").click()
        page.get_by_role("button", name="Confirm import").click()
        expect(page.get_by_text("Import finished: 2 new, 0 updated, 0 unchanged.")).to_be_visible()

        page.goto("/admin/scheduling/scheduleassignment/import/")
        # The three clicks: the file, the upload, the confirmation.
        page.locator("input[type=file]").set_input_files(tmp_path / "second.csv")
        page.get_by_role("button", name="Submit").click()
        expect(page.get_by_text("Read as you chose on")).to_be_visible()
        assert Looks(page).problems_here() == []
        screenshot("import-recalled")
        page.get_by_role("button", name="Confirm import").click()
        expect(page.get_by_text("Import finished: 2 new, 0 updated, 0 unchanged.")).to_be_visible()
        assert sorted(ScheduleAssignment.objects.values_list("shift__name", flat=True)) == ["Early"] * 2 + ["Late"] * 2
