"""Upload, preview and confirm, as staff do it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from scheduling.models import Employee
from tests.browser.looks import Looks
from tests.factories import DepartmentFactory, EmployeeFactory

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
        if (formats := page.locator("select[name=format]")).count():
            formats.select_option(label="csv")
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
        expect(page.get_by_text("1 row has errors, so nothing can be imported")).to_be_visible()
        expect(page.get_by_role("cell", name="KTI", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Confirm import")).to_have_count(0)
        assert Looks(page).problems_here() == []
        assert not Employee.objects.exists()
