import datetime

from django.utils import translation

from scheduling.policy.dates import written

DATE = datetime.date(2026, 11, 30)


class WrittenTests:
    def test_is_in_the_language_of_the_reader(self) -> None:
        with translation.override("en"):
            assert written(DATE) == "2026-11-30"
        with translation.override("de"):
            assert written(DATE) == "30.11.2026"

    def test_is_empty_without_a_date(self) -> None:
        assert written(None) == ""
