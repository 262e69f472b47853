"""Names and codes in the parameters of rules, whatever their capitals."""

import pytest
from tablib import Dataset

from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.rules import RuleResource
from scheduling.models import Rule
from tests.factories import RuleFactory, ShiftFactory, ShiftTypeFactory, SkillFactory

pytestmark = pytest.mark.django_db


def imported(kind: str, **row: str) -> ImportResult:
    return RuleResource().import_data(Dataset(["N", kind, *row.values()], headers=["name", "kind", *row]))


class StoredNamesTests:
    @pytest.mark.parametrize(
        ("kind", "parameter", "cell", "stored"),
        [
            ("restriction", "shifts", "early", ["Early"]),
            ("restriction", "shifts", "e1", ["Early"]),
            ("restriction", "shifts", "LATE|E1|Early", ["Late", "Early"]),
            ("preference", "shift_types", "NIGHT", ["Night"]),
            ("preference", "shift_types", "nt", ["Night"]),
            ("qualification", "skills", "first  aid", ["First aid"]),
        ],
    )
    def test_are_found_by_any_spelling_and_by_code(
        self, kind: str, parameter: str, cell: str, stored: list[str]
    ) -> None:
        night = ShiftTypeFactory(name="Night", code="NT")
        ShiftFactory(name="Early", code="E1", shift_type=night)
        ShiftFactory(name="Late", code="", shift_type=night)
        SkillFactory(name="First aid")

        assert imported(kind, **{parameter: cell}).problems == []
        assert Rule.objects.get().parameters == {parameter: stored}

    def test_one_that_may_be_several_is_refused(self) -> None:
        ShiftFactory(name="Early", code="E")
        ShiftFactory(name="EARLY", code="")
        assert [one.reason for one in imported("restriction", shifts="early").problems] == [
            "This may be 'EARLY' or 'Early'. Write it as it is stored."
        ]
        assert imported("restriction", shifts="EARLY").new == 1

    def test_one_that_nobody_has_is_refused_with_the_nearest(self) -> None:
        ShiftFactory(name="Early")
        (problem,) = imported("restriction", shifts="Early, Erly").problems
        assert (problem.column, problem.reason) == ("shifts", "No shift has the name 'Erly'. Did you mean 'Early'?")

    def test_a_rule_keeps_a_name_that_nobody_has_any_more(self) -> None:
        RuleFactory(name="N", kind="restriction", parameters={"shifts": ["Gone"]})
        assert imported("restriction", shifts="Gone").unchanged == 1
