"""Shifts and their types, by name."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext, gettext_lazy, ngettext

from scheduling import caches
from scheduling.imports import values
from scheduling.imports.columns import Column
from scheduling.imports.departments import departments_by_name
from scheduling.imports.problems import listed
from scheduling.imports.resources import Key, LeanResource
from scheduling.imports.skills import SkilledResource
from scheduling.models import Shift, ShiftType


class ShiftTypeResource(LeanResource):
    kind = "shift types"
    label = gettext_lazy("shift types")
    columns = (
        Column(name="name", also=("shift_type", "type", "title", "label"), required=True),
        Column(name="code", also=("short_name",)),
        Column(name="colour", also=("color",)),
        Column(name="active", also=("is_active", "enabled")),
    )
    key = ("name",)
    repeated = gettext_lazy("Row {row} has the same name.")

    class Meta:
        model = ShiftType

    def fill_caches(self) -> None:
        ShiftType.objects.active()


class ShiftResource(SkilledResource):
    """Upserts by name. Types and skills that nobody had are created, and the result says so."""

    kind = "shifts"
    label = gettext_lazy("shifts")
    columns = (
        Column(name="name", also=("shift_name", "shift", "title", "label"), required=True),
        Column(name="code", also=("short_name",)),
        Column(name="shift_type", also=("type", "category"), parse=values.text, stored=False, path="shift_type__name"),
        Column(
            name="department_code",
            also=("department", "dept", "department_name", "location", "area", "team", "group"),
            field="department",
            lookup=caches.DEPARTMENT_BY_CODE,
            fallback=departments_by_name,
        ),
        Column(name="start_time", also=("start", "time_from", "timefrom", "from", "in")),
        Column(name="end_time", also=("end", "time_to", "timeto", "to", "out")),
        Column(name="break_minutes", also=("break", "break_mins", "meal_break_mins", "meal_break", "pause")),
        Column(name="required_staff", also=("staff", "required", "min_staff", "headcount")),
        Column(name="max_staff", also=("staff_at_most",)),
        Column(name="required_skills", also=("skills", "skill"), parse=values.names, stored=False),
        Column(name="active", also=("is_active", "enabled")),
    )
    key = ("name",)
    repeated = gettext_lazy("Row {row} has the same name.")
    skills_column = "required_skills"
    needed_when_new = ("shift_type", "start_time", "end_time")

    class Meta:
        model = Shift

    @property
    def stored_columns(self) -> list[str]:
        """The type is no column with a look-up of its own: shifts are few, and a missing type is created."""
        types = ["shift_type"] if "shift_type" in self.sheet.columns else []
        return [*super().stored_columns, *types]

    def prepare(self, keys: Sequence[Key | None]) -> None:
        super().prepare(keys)
        if "shift_type" in self.sheet.columns:
            self._find_types()

    def _find_types(self) -> None:
        told = self.sheet.values["shift_type"]
        for position in self.sheet.sound:
            if told[position] is None:
                self.sheet.refuse(position, "shift_type", gettext("A value is needed here."))
        types = ShiftType.objects.using(self.using).order_by()
        known = {name.casefold(): pk for name, pk in types.values_list("name", "pk")}
        new = sorted({told[position] for position in self.sheet.sound if told[position].casefold() not in known})
        if new:
            types.bulk_create([ShiftType(name=name) for name in new], ignore_conflicts=True)
            known = {name.casefold(): pk for name, pk in types.values_list("name", "pk")}
            text = ngettext("%(count)d new shift type: %(names)s.", "%(count)d new shift types: %(names)s.", len(new))
            self.notes.append(text % {"count": len(new), "names": listed(new)})
        self.sheet.values["shift_type"] = [known.get(name.casefold()) if name is not None else None for name in told]

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        super().check(keys, new, changed)
        if {"start_time", "end_time"} <= self.sheet.columns.keys():
            self._refuse_what_the_model_refuses([*new, *changed])

    def _refuse_what_the_model_refuses(self, positions: list[int]) -> None:
        """Times and breaks that cannot be: the model's own `clean()`, which asks no database."""
        for position, instance in zip(positions, self.build(positions), strict=True):
            try:
                instance.clean()
            except ValidationError as error:
                for field, messages in error.message_dict.items():
                    column = field if field != NON_FIELD_ERRORS else ""
                    self.sheet.refuse(position, column, " ".join(messages))

    def fill_caches(self) -> None:
        caches.SHIFT_BY_NAME.warm([row.instance.name for row in self.outcomes if row.instance is not None])
