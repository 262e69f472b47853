"""Files of schedules: the weeks of departments, as drafts or waiting for approval."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling import caches
from scheduling.calendar import MONDAY_TO_SUNDAY
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.run import FileRun, Key
from scheduling.imports.kinds.departments import department_column
from scheduling.models import Schedule

SCHEDULES = ImportKind(
    name="schedules",
    label=gettext_lazy("schedules"),
    model=Schedule,
    columns=(
        department_column("location", "area", "team", "group", required=True),
        Column(name="week_start", aliases=("week", "monday", "week_of", "start_date", "date", "datum"), required=True),
        Column(name="version", aliases=("revision",)),
        Column(name="status", aliases=("state",)),
    ),
    key=("department_code", "week_start", "version"),
    duplicate_reason=gettext_lazy("Row {row} has the same department, week and version."),
)

IMPORTED_STATUSES = (Schedule.Status.DRAFT, Schedule.Status.PENDING)
"""An import plans. To approve and to publish are decisions of people with a permission of their own, and publishing
notifies the staff as well."""


class ScheduleRun(FileRun):
    """Creates and updates drafts and pending schedules. The version is 1 where the file has none."""

    @property
    def stored_columns(self) -> list[str]:
        return [*dict.fromkeys([*super().stored_columns, "version", "week_end"])]

    def derive_values(self) -> None:
        """Add the version and the end of the week, which are stored too."""
        columns = self.sheet.values
        columns.setdefault("version", [1] * self.sheet.size)
        columns["week_end"] = [monday and monday + MONDAY_TO_SUNDAY for monday in columns["week_start"]]

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        self._refuse_decisions(keys, [*new, *changed])
        self.refuse_what_the_model_refuses(keys, new, changed)

    def _refuse_decisions(self, keys: Sequence[Key | None], positions: Sequence[int]) -> None:
        """Refuse rows whose stored or new status is not one of IMPORTED_STATUSES."""
        if "status" not in self.sheet.columns:
            return
        # The primary key precedes the tracked values.
        index = self.tracked.index("status") + 1
        for position in positions:
            stored = self.existing.get(keys[position])  # type: ignore[arg-type]
            statuses = [self.sheet.values["status"][position], *([stored[index]] if stored else [])]
            if any(status not in IMPORTED_STATUSES for status in statuses):
                self.sheet.refuse(
                    position,
                    "status",
                    _("An import makes drafts and pending schedules. Approve, publish and archive them in the admin."),
                )

    def fill_caches(self) -> None:
        caches.SCHEDULE_BY_ID.warm([*self.created.pks, *self.after.pks])


class ScheduleResource(FileResource):
    kind = SCHEDULES
    run_class = ScheduleRun
