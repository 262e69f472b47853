import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from scheduling.models import Employee
from tests.factories import DepartmentFactory, ImportRunFactory
from tests.scheduling.imports.background.running import people

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: Any) -> str:
    out = io.StringIO()
    call_command("import_run", *map(str, arguments), stdout=out)
    return out.getvalue()


def code_of(*arguments: Any) -> tuple[int, str]:
    with pytest.raises(CommandError) as error:
        run(*arguments)
    return error.value.returncode, str(error.value)


def test_imports_an_upload_and_prints_what_it_did() -> None:
    DepartmentFactory(code="KIT")
    made = ImportRunFactory(outcome="previewed", file=people(3))

    output = run(str(made.pk)[:8])

    assert str(made.pk) in output
    assert "rows/s" in output
    assert Employee.objects.count() == 3


def test_ends_with_1_if_rows_are_refused() -> None:
    made = ImportRunFactory(outcome="previewed", file=people(3))

    sentence = "3 of 3 rows are wrong, so nothing was saved. Correct the file and import it again."
    assert code_of(made.pk) == (1, sentence)


def test_says_that_the_valid_rows_were_imported() -> None:
    DepartmentFactory(code="KIT")
    data = people(2) + b"\nnobody,2,P,Q,KIT\n"
    made = ImportRunFactory(outcome="previewed", file=data, options={"valid_only": True})

    sentence = "1 of 3 rows is wrong, and the others were imported. Correct the file and import it again."
    assert code_of(made.pk) == (1, sentence)
    assert Employee.objects.count() == 2


def test_ends_with_2_if_there_is_nothing_to_import() -> None:
    assert code_of("nothing")[0] == 2
    assert code_of(ImportRunFactory().pk)[0] == 2
    assert code_of(ImportRunFactory(outcome="previewed", file=b"isbn\n1\n").pk)[0] == 2


def test_ends_with_2_if_another_process_has_it() -> None:
    from scheduling.imports.background.watching import signs_of
    from scheduling.imports.background.worker import claim

    made = ImportRunFactory(outcome="previewed", file=people(3))
    signs = signs_of(made.pk)
    assert signs.take("a")
    claim(signs, "a")

    assert code_of(made.pk) == (2, "Another process imports this upload.")
    signs.give_up()
    signs.clear()
