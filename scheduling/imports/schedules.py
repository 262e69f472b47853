"""Schedules: the weeks of departments, as drafts or waiting for approval."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling import caches
from scheduling.calendar import MONDAY_TO_SUNDAY
from scheduling.imports.columns import Column
from scheduling.imports.departments import departments_by_name
from scheduling.imports.problems import shown
from scheduling.imports.resources import Key, LeanResource
from scheduling.models import Schedule


class ScheduleResource(LeanResource):
    """Upserts by department, Monday and version (1 where the file has none).

    An import plans: what it writes is a draft or waits for approval. To approve and to publish are decisions of
    people with a permission of their own, and to publish also tells the staff.
    """

    kind = "schedules"
    label = gettext_lazy("schedules")
    columns = (
        Column(
            name="department_code",
            also=("department", "dept", "department_name", "location", "area", "team", "group"),
            field="department",
            lookup=caches.DEPARTMENT_BY_CODE,
            fallback=departments_by_name,
            required=True,
        ),
        Column(name="week_start", also=("week", "monday", "week_of", "start_date", "date", "datum"), required=True),
        Column(name="version", also=("revision",)),
        Column(name="status", also=("state",)),
    )
    key = ("department_code", "week_start", "version")
    repeated = gettext_lazy("Row {row} has the same department, week and version.")
    imported = (Schedule.Status.DRAFT, Schedule.Status.PENDING)
    """What an import may make of a schedule."""

    class Meta:
        model = Schedule

    @property
    def stored_columns(self) -> list[str]:
        return [*dict.fromkeys([*super().stored_columns, "version", "week_end"])]

    def resolve(self) -> None:
        told = self.sheet.values
        told.setdefault("version", [1] * self.sheet.size)
        told["week_end"] = [monday and monday + MONDAY_TO_SUNDAY for monday in told["week_start"]]

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        self._refuse_decisions(keys, [*new, *changed])
        self._refuse_what_the_model_refuses([*new, *changed])

    def _refuse_decisions(self, keys: Sequence[Key | None], positions: Sequence[int]) -> None:
        if "status" not in self.sheet.columns:
            return
        place = self.tracked.index("status") + 1
        for position in positions:
            stored = self.existing.get(keys[position])  # type: ignore[arg-type]
            statuses = [self.sheet.values["status"][position], *([stored[place]] if stored else [])]
            if any(status not in self.imported for status in statuses):
                self.sheet.refuse(
                    position,
                    "status",
                    _("An import makes drafts and pending schedules. Approve, publish and archive them in the admin."),
                )

    def _refuse_what_the_model_refuses(self, positions: list[int]) -> None:
        """A week that does not start on a Monday: the model's own `clean()`, which asks no database."""
        for position, instance in zip(positions, self.build(positions), strict=True):
            try:
                instance.clean()
            except ValidationError as error:
                for field, messages in error.message_dict.items():
                    column = field if field != NON_FIELD_ERRORS else ""
                    self.sheet.refuse(position, column, " ".join(messages))

    def describe(self, position: int) -> str:
        cells = [self.sheet.cells(name)[position] for name in self.key if name in self.sheet.columns]
        return ", ".join(map(shown, cells))

    def fill_caches(self) -> None:
        """Read the schedules that were written."""
        caches.SCHEDULE_BY_ID.warm([row.instance.pk for row in self.outcomes if row.instance is not None])
