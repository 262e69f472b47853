"""Every door gives what Django's own query gives, for every class of field and every form of model."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import cycle
from typing import Any

import pytest
from django.db import connection
from django.db import models as django_models

from tests.caching.contract import forms, forms_of_instances, managers, models, stateful
from tests.caching.contract.cases import Case, judge
from tests.caching.contract.columns import BY_VALUE, DJANGOS, OWN, Column
from tests.caching.installing import installed_app, tables_of

pytestmark = pytest.mark.django_db(transaction=True)

ON_POSTGRES = connection.vendor == "postgresql"
if ON_POSTGRES:
    from tests.caching.contract import columns_of_postgres

    POSTGRES = columns_of_postgres.POSTGRES
else:
    POSTGRES = ()

COLUMNS = [(column, column.model()) for column in (*DJANGOS, *OWN, *POSTGRES)]
AT_ONCE = 9
"""Columns in one test: to empty all tables after each of them would take most of the time."""
PARTS = [COLUMNS[start : start + AT_ONCE] for start in range(0, len(COLUMNS), AT_ONCE)]
FORMS: dict[str, tuple[Callable[[], None], Sequence[Case]]] = {
    "relations": (forms.make_related, forms.RELATED),
    "keys": (forms.make_keyed, forms.OF_KEYS),
    "managers": (forms_of_instances.make_managed, forms_of_instances.MANAGED),
    "instances": (forms_of_instances.make_stateful, forms_of_instances.STATEFUL),
}


@pytest.fixture(scope="module")
def _tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Make the tables of all models here once."""
    made = [*(model for _, model in COLUMNS), *models.ALL, *managers.ALL, *stateful.ALL]
    with (
        django_db_blocker.unblock(),
        columns_of_postgres.prepared() if ON_POSTGRES else nullcontext(),
        installed_app("tests.caching.contract.apps.TestsOfContractConfig"),
        tables_of(made),
    ):
        yield


@pytest.fixture(autouse=True)
def _tiers(_tables: None, watching: Any, request: pytest.FixtureRequest) -> None:
    """Let there be a shared tier: a backend in this process that takes bytes, or the server of the generations."""
    if request.config.getoption("generations") == "memory":
        request.getfixturevalue("faulty")


@pytest.fixture
def agree(explored: Any, request: pytest.FixtureRequest) -> Callable[[Sequence[Case]], None]:
    """Return a function that judges cases and counts their cells."""

    def judged(cases: Sequence[Case]) -> None:
        outcomes = [judge(case) for case in cases]
        explored(cells=sum(outcome.cells for outcome in outcomes))
        wrong = [text for outcome in outcomes for text in outcome.wrong]
        where = f"{connection.vendor} and {request.config.getoption('generations')}"
        assert not wrong, f"{len(wrong)} wrong cells on {where}:\n" + "\n".join(wrong[:40])

    return judged


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part[0][0].name}-{part[-1][0].name}")
class ColumnTests:
    def test_are_given_as_django_gives_them(self, part: Any, agree: Callable[[Sequence[Case]], None]) -> None:
        cases: list[Case] = []
        for column, model in part:
            make_rows(column, model)
            left_out = frozenset({"value"} if column.left_out else ())
            cases += (Case(model, left_out=left_out), Case(model, related=("twin",), left_out=left_out))
            refused, asked = "" if column.by_value else BY_VALUE, {"value": column.asked}
            cases.append(Case(model, unique=("value",), groups=("value",), refused=refused, values=asked))
        agree(cases)


def make_rows(column: Column, model: Any) -> None:
    """Make a row of each value, and one without; each is joined to the row before it."""
    twin = None
    for number, (value, shelf) in enumerate(zip([*column.values, None], cycle((1, 2)))):
        twin = model.objects.create(code=f"c{number}", shelf=shelf, value=value, twin=twin)


@pytest.mark.parametrize("form", FORMS)
class FormTests:
    def test_is_given_as_django_gives_it_or_refused(self, form: str, agree: Callable[[Sequence[Case]], None]) -> None:
        make, cases = FORMS[form]
        make()
        agree(cases)


class CompletenessTests:
    def test_every_field_of_django_is_a_column(self) -> None:
        """Or a key, a relation, a computed column or several columns together, which have models of their own."""
        elsewhere = {"AutoField", "BigAutoField", "SmallAutoField", "ForeignKey", "OneToOneField", "ManyToManyField"}
        elsewhere |= {"ForeignObject", "GeneratedField", "CompositePrimaryKey", "OrderWrt", "Field"}
        elsewhere |= {"AutoFieldMixin", "PositiveIntegerRelDbTypeMixin", "CommaSeparatedIntegerField"}
        elsewhere |= {"IPAddressField", "NullBooleanField", "RelatedField"}
        kinds, found = [django_models.Field], set()
        while kinds:
            kind = kinds.pop()
            kinds += kind.__subclasses__()
            if kind.__module__.startswith("django.db.models.") and kind.__name__ not in elsewhere:
                found.add(kind.__name__)
        assert found == {type(column.make()).__name__ for column in DJANGOS}
