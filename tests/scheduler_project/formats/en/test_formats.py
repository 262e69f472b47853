import datetime

from django.utils import formats, translation


class FormatTests:
    def test_no_date_can_be_read_as_another_day(self) -> None:
        date = datetime.date(2026, 11, 5)
        with translation.override("en"):
            assert formats.date_format(date, "SHORT_DATE_FORMAT") == "2026-11-05"
            assert formats.date_format(date) == "5 Nov 2026"

    def test_times_have_24_hours(self) -> None:
        with translation.override("en"):
            assert formats.time_format(datetime.time(22, 30)) == "22:30"
