"""What the generator draws from fits together."""

from scheduling.models import Rule
from scheduling.samples.vocabulary import DEPARTMENTS, PEOPLE, RULES, SHIFT_TYPES, SHIFTS, TRADES


class VocabularyTests:
    def test_every_culture_has_first_and_last_names_without_repetition(self) -> None:
        for names in (text.split() for pair in PEOPLE for text in pair):
            assert len(names) == len(set(names)) >= 10

    def test_parents_come_before_their_departments(self) -> None:
        codes = [code for code, _name, _parent in DEPARTMENTS]
        for position, (_code, _name, parent) in enumerate(DEPARTMENTS):
            assert not parent or parent in codes[:position]

    def test_every_department_without_children_has_a_trade_with_shifts_that_exist(self) -> None:
        parents = {parent for _code, _name, parent in DEPARTMENTS}
        staffed = {code.split("-")[0] for code, _name, _parent in DEPARTMENTS if code not in parents}
        shifts = {shift[0] for shift in SHIFTS}

        assert staffed <= TRADES.keys()
        assert all(set(worked) <= shifts for _roles, _skills, worked in TRADES.values())

    def test_shifts_and_rules_name_types_and_kinds_that_exist(self) -> None:
        assert {shift[2] for shift in SHIFTS} <= {name for name, _code, _colour in SHIFT_TYPES}
        assert {rule[1] for rule in RULES} <= set(Rule.Kind.values)
