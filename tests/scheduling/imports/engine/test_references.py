import pytest
import tablib

from scheduling import caches
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.references import MAX_SUGGESTIONS, resolve_references
from scheduling.imports.engine.sheet import Sheet
from tests.factories import DepartmentFactory

pytestmark = pytest.mark.django_db


def sheet(*codes: str, column: Column | None = None) -> Sheet:
    column = column or Column(name="department", lookup=caches.DEPARTMENT_BY_CODE)
    found = Sheet(tablib.Dataset(*[[code] for code in codes], headers=["department"]), [column], "employees")
    found.read(lambda column: None, None)
    return found


class ResolveReferencesTests:
    def test_replaces_natural_keys_by_primary_keys(self) -> None:
        kitchen, bar = DepartmentFactory(code="KIT"), DepartmentFactory(code="BAR")
        found = sheet("KIT", "BAR", "KIT", "")
        lookups = resolve_references(found)
        assert found.values["department"] == [kitchen.pk, bar.pk, kitchen.pk, None]
        assert lookups["database"] == 2
        assert not found.problems

    def test_refuses_unknown_keys_with_a_suggestion(self) -> None:
        DepartmentFactory(code="KIT")
        found = sheet("KITT", "ZZZ")
        resolve_references(found)
        assert [problem.reason for problem in found.all_problems()] == [
            "No department has the code 'KITT'. Did you mean 'KIT'?",
            "No department has the code 'ZZZ'.",
        ]

    def test_asks_the_fallback_for_what_the_look_up_does_not_find(self) -> None:
        kitchen = DepartmentFactory(code="KIT")
        asked: list[set[str]] = []

        def fallback(codes: set[str]) -> dict[str, int]:
            asked.append(codes)
            return {"Kitchen": kitchen.pk}

        column = Column(name="department", lookup=caches.DEPARTMENT_BY_CODE, fallback=fallback)
        found = sheet("KIT", "Kitchen", "ZZZ", column=column)
        resolve_references(found)
        assert asked == [{"Kitchen", "ZZZ"}]
        assert found.values["department"] == [kitchen.pk, kitchen.pk, None]
        assert list(found.problems) == [2]

    def test_suggests_for_the_first_unknown_keys_only(self) -> None:
        DepartmentFactory(code="KIT")
        found = sheet(*[f"KIT{number}" for number in range(MAX_SUGGESTIONS + 5)])
        resolve_references(found)
        assert sum("Did you mean" in problem.reason for problem in found.all_problems()) == MAX_SUGGESTIONS
