"""The log of invalidations on the page."""

from datetime import UTC, datetime

from django.utils import translation

from caching.admin.log import MAX_LINES, log_of
from caching.monitoring.invalidation_log import Publication


def publication(*tags: str, pid: int = 7, cause: str = "save", all_tags: int = 0) -> Publication:
    return Publication(
        at=datetime(2026, 11, 30, 12, tzinfo=UTC),
        pid=pid,
        command="manage.py shell",
        cause=cause,
        tags=tags,
        all_tags=all_tags or len(tags),
        seconds=0.00012,
    )


class LogOfTests:
    def test_masks_values_and_counts_what_it_leaves_out(self) -> None:
        (line,) = log_of(
            [publication("employee/email:amy@example.com", "scheduling.Shift#5", all_tags=9)], "", ""
        ).lines
        assert line.tags == "employee/email:…, scheduling.Shift#5 and 3 more"
        assert (line.process, line.cause, line.duration) == ("7 (manage.py shell)", "saved", "120 µs")

    def test_shows_the_newest_and_says_how_many_there_are(self) -> None:
        log = log_of([publication("employee")] * 60, "", "")
        assert (len(log.lines), log.found) == (MAX_LINES, 60)

    def test_filters_by_type_and_by_process(self) -> None:
        # A type of no model, since other tests declare look-ups of any type.
        found = [publication("employee/id:1"), publication("own/id:1", pid=8), publication("scheduling.Employee/+")]
        assert [line.tags for line in log_of(found, "own", "").lines] == ["own/id:…"]
        assert log_of(found, "employee", "").found == 2
        assert log_of(found, "employee", "8").found == 0
        assert log_of(found, "", "8").found == 1
        assert log_of(found, "", "").processes == [7, 8]

    def test_causes_are_in_the_language_of_the_reader(self) -> None:
        with translation.override("de"):
            (line,) = log_of([publication("employee", cause="bulk save")], "", "").lines
        assert line.cause == "Massenänderung, gespeichert"
