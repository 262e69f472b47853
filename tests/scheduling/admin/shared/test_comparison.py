"""What follows from three states of a row: as shown, as it is, as somebody wants it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scheduling.admin.shared.comparison import GONE, Comparison
from scheduling.admin.shared.shown import Values

states = st.fixed_dictionaries({"status": st.sampled_from("abc"), "notes": st.sampled_from("abc")})
answers = st.sampled_from(["", "mine", "theirs"])


def compare(
    shown: Values | None, now: Values | None, mine: Values, answer: str = "", deletes: bool = False
) -> Comparison:
    asked = Comparison(shown=shown, now=now, mine=mine, deletes=deletes)
    return Comparison(shown=shown, now=now, mine=mine, deletes=deletes, answer=f"{answer}-{asked.state}")


def merged(comparison: Comparison) -> Values | None:
    """Return the row after a save; None if nothing is saved before the question is answered."""
    if comparison.is_open:
        return None
    assert comparison.now is not None
    touched = [] if comparison.takes_theirs else comparison.touched
    return {**comparison.now, **{name: comparison.mine[name] for name in touched}}


class ComparisonTests:
    @given(shown=states, now=states, mine=states, answer=answers)
    def test_changes_what_was_touched_and_nothing_else(
        self, shown: Values, now: Values, mine: Values, answer: str
    ) -> None:
        saved = merged(compare(shown, now, mine, answer))
        if saved is None:
            assert not answer
            return
        for name in saved:
            if mine[name] == shown[name]:
                assert saved[name] == now[name]
            elif answer != "theirs" or now == shown:
                assert saved[name] == mine[name]

    @given(shown=states, now=states, mine=states)
    def test_asks_before_it_writes_to_a_row_in_a_state_that_was_not_shown(
        self, shown: Values, now: Values, mine: Values
    ) -> None:
        saved = merged(compare(shown, now, mine))
        if saved not in (None, now):
            assert all(now[name] in (shown[name], mine[name]) for name in now)

    @given(shown=states, now=states, mine=states)
    def test_deletes_only_a_row_that_was_shown_as_it_is(self, shown: Values, now: Values, mine: Values) -> None:
        assert compare(shown, now, mine, deletes=True).is_open == (shown != now)

    @given(now=states, mine=states)
    def test_asks_about_each_difference_if_it_is_not_known_what_was_shown(self, now: Values, mine: Values) -> None:
        assert compare(None, now, mine).is_open == (now != mine)

    @given(shown=states, mine=states, deletes=st.booleans())
    def test_asks_about_a_row_that_is_gone_if_it_was_touched(self, shown: Values, mine: Values, deletes: bool) -> None:
        comparison = compare(shown, None, mine, deletes=deletes)
        assert comparison.state == GONE
        assert comparison.is_open == (shown != mine and not deletes)

    @given(shown=states, now=states, later=states, mine=states)
    def test_takes_an_answer_for_one_state_alone(self, shown: Values, now: Values, later: Values, mine: Values) -> None:
        answer = f"mine-{Comparison(shown=shown, now=now, mine=mine).state}"
        asked_again = Comparison(shown=shown, now=later, mine=mine, answer=answer)
        assert asked_again.keeps_mine == (later == now and asked_again.is_conflict)

    def test_of_a_field_that_was_not_shown_is_no_change(self) -> None:
        assert compare({}, {"notes": "a"}, {"notes": "b"}).touched == []
