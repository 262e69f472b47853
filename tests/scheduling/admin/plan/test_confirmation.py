"""Warnings are confirmed by the token of exactly these warnings."""

from scheduling.admin.plan.confirmation import FIELD, MAX_SENTENCES, Sentences, Warnings


class SentencesTests:
    def test_lists_each_sentence_once_and_in_order(self) -> None:
        assert Sentences(["b", "a", "b"]).all == ["b", "a"]

    def test_counts_the_sentences_that_it_does_not_show(self) -> None:
        sentences = Sentences(str(number) for number in range(MAX_SENTENCES + 3))
        assert len(sentences.shown) == MAX_SENTENCES
        assert sentences.more == 3

    def test_is_false_without_any(self) -> None:
        assert not Sentences([])


class WarningsTests:
    def test_are_confirmed_by_their_own_token(self) -> None:
        shown = Warnings(["Too few people."])
        assert shown.are_confirmed({FIELD: shown.token})
        assert not shown.are_confirmed({})

    def test_are_not_confirmed_by_the_token_of_others(self) -> None:
        shown, now = Warnings(["Too few people."]), Warnings(["Too few people.", "Too little rest."])
        assert not now.are_confirmed({FIELD: shown.token})

    def test_need_no_confirmation_if_there_are_none(self) -> None:
        assert Warnings([]).are_confirmed({})
