import pytest
import tablib
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User

from scheduling.imports.history import log_import, log_run
from scheduling.imports.kinds import KINDS
from scheduling.models import Department
from tests.factories import DepartmentFactory, ImportRunFactory

pytestmark = pytest.mark.django_db


def test_each_row_that_was_written_has_an_entry() -> None:
    DepartmentFactory(code="BAR", name="Bar")
    DepartmentFactory(code="SPA", name="Spa")
    user = User.objects.create_user("amy")
    rows = [["KIT", "Kitchen"], ["BAR", "Lounge"], ["SPA", "Spa"]]
    result = KINDS["departments"]().import_data(tablib.Dataset(*rows, headers=["code", "name"]))

    log_import(result, user, Department)

    entries = LogEntry.objects.order_by("object_repr").values_list("object_repr", "action_flag", "object_id", "user")
    pks = dict(Department.objects.values_list("code", "pk"))
    assert list(entries) == [
        ("BAR", CHANGE, str(pks["BAR"]), user.pk),
        ("KIT", ADDITION, str(pks["KIT"]), user.pk),
    ]


def test_a_run_has_an_entry_of_its_own() -> None:
    run, user = ImportRunFactory(), User.objects.create_user("amy")

    log_run(run, user.pk, "Import cancelled.")

    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.object_repr, entry.change_message) == (
        str(run.pk),
        "people.csv",
        "Import cancelled.",
    )
