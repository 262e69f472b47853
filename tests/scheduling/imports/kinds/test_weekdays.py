import pytest

from scheduling.imports.kinds.weekdays import weekdays


class WeekdaysTests:
    @pytest.mark.parametrize(
        ("cell", "days"),
        [
            ("Mon-Fri", "mon tue wed thu fri"),
            ("Monday – Friday", "mon tue wed thu fri"),
            ("mon to wed", "mon tue wed"),
            ("Mo bis Mi", "mon tue wed"),
            ("Mo-Fr", "mon tue wed thu fri"),
            ("Fri-Mon", "fri sat sun mon"),
            ("Sat-Sun, Wed", "sat sun wed"),
            ("mon|Tue-Thu|wed", "mon tue wed thu"),
            ("Tu;Th", "tue thu"),
            ("So", "sun"),
            ("tue - tue", "tue"),
        ],
    )
    def test_reads_days_and_ranges_of_days(self, cell: str, days: str) -> None:
        assert weekdays(cell) == days.split()

    @pytest.mark.parametrize("cell", ["Mon-", "Mon-Fri-Sun", "1-5", "workdays", "Mon-Xyz"])
    def test_refuses_what_is_no_range(self, cell: str) -> None:
        with pytest.raises(ValueError, match="Write 'Monday', 'Tuesday'"):
            weekdays(cell)
