from scheduling.imports.kinds import KINDS


class WordsTests:
    def test_the_names_of_the_forms_are_understood_in_each_language(self) -> None:
        words = KINDS["employees"].kind.words
        assert "anstellungsart" in words["employment_type"]
        assert "beschäftigungsart" in words["employment_type"]
        assert "stundenlohn" in words["hourly_rate"]

    def test_a_word_means_one_column(self) -> None:
        for resource in KINDS.values():
            words = [word for names in resource.kind.words.values() for word in names]
            assert len(words) == len(set(words))
