from scheduling.samples.vocabulary import DEPARTMENTS, PEOPLE, SHIFT_TYPES, SHIFTS, TRADES


def test_every_trade_works_shifts_that_exist() -> None:
    shifts = {name for name, *_ in SHIFTS}

    assert {shift for _, _, worked in TRADES.values() for shift in worked} <= shifts


def test_every_shift_has_a_type_that_exists() -> None:
    assert {shift_type for _, _, shift_type, *_ in SHIFTS} == {name for name, _, _ in SHIFT_TYPES}


def test_every_department_without_children_has_a_trade() -> None:
    parents = {parent for _, _, parent in DEPARTMENTS}

    assert {code.split("-")[0] for code, _, _ in DEPARTMENTS if code not in parents} <= TRADES.keys()


def test_no_culture_names_anybody_twice() -> None:
    for first_names, last_names in PEOPLE:
        for names in (first_names.split(), last_names.split()):
            assert len(names) == len(set(names))
