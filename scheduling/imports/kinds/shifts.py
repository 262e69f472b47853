"""Files of shifts and of shift types, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext, gettext_lazy, ngettext

from scheduling import caches
from scheduling.imports.engine import values
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.problems import listed, shown
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.run import FileRun, Key
from scheduling.imports.engine.spelling import folded
from scheduling.imports.kinds.departments import department_column
from scheduling.imports.kinds.skills import SkillsResource, SkillsRun, skills_column
from scheduling.models import Shift, ShiftType

SHIFT_TYPES = ImportKind(
    name="shift_types",
    label=gettext_lazy("shift types"),
    model=ShiftType,
    columns=(
        Column(name="name", aliases=("shift_type", "type", "title", "label"), required=True),
        Column(name="code", aliases=("short_name",)),
        Column(name="colour", aliases=("color",)),
        Column(name="active", aliases=("is_active", "enabled")),
    ),
    key=("name",),
    duplicate_reason=gettext_lazy("Row {row} has the same name."),
    ignores_case=True,
)

SHIFTS = ImportKind(
    name="shifts",
    label=gettext_lazy("shifts"),
    model=Shift,
    columns=(
        Column(name="name", aliases=("shift_name", "shift", "title", "label"), required=True),
        Column(name="code", aliases=("short_name",)),
        Column(
            name="shift_type",
            aliases=("type", "category"),
            parse=values.text,
            refers_to=ShiftType._meta.get_field("name"),
            makes_new=True,
            stored=False,
            export_path="shift_type__name",
        ),
        department_column("location", "area", "team", "group"),
        Column(name="start_time", aliases=("start", "time_from", "timefrom", "from", "in")),
        Column(name="end_time", aliases=("end", "time_to", "timeto", "to", "out")),
        Column(name="break_minutes", aliases=("break", "break_mins", "meal_break_mins", "meal_break", "pause")),
        Column(name="required_staff", aliases=("staff", "required", "min_staff", "headcount")),
        Column(name="max_staff", aliases=("staff_at_most",)),
        skills_column("required_skills", "skills", "skill"),
        Column(name="active", aliases=("is_active", "enabled")),
    ),
    key=("name",),
    duplicate_reason=gettext_lazy("Row {row} has the same name."),
    ignores_case=True,
    required_for_new=("shift_type", "start_time", "end_time"),
)


class ShiftTypeRun(FileRun):
    def fill_caches(self) -> None:
        ShiftType.objects.active()


class ShiftTypeResource(FileResource):
    kind = SHIFT_TYPES
    run_class = ShiftTypeRun


class ShiftRun(SkillsRun):
    """Creates and updates shifts. Types and skills that do not exist yet are created, and the result says so."""

    skills_column = "required_skills"

    @property
    def stored_columns(self) -> list[str]:
        # The column of the type has no look-up: shifts are few, and a type that is missing is created.
        types = ["shift_type"] if "shift_type" in self.sheet.columns else []
        return [*super().stored_columns, *types]

    def prepare(self, keys: Sequence[Key | None]) -> None:
        super().prepare(keys)
        if "shift_type" in self.sheet.columns:
            self._resolve_types()

    def _resolve_types(self) -> None:
        """Replace the names of types by primary keys, ignoring case, and create the types that are missing."""
        names = self.sheet.values["shift_type"]
        for position in self.sheet.sound:
            if names[position] is None:
                self.sheet.refuse(position, "shift_type", gettext("A value is needed here."))
        types = ShiftType.objects.using(self.using).order_by()
        known = {folded(name): pk for name, pk in types.values_list("name", "pk")}
        missing = {folded(name): name for name in sorted({names[position] for position in self.sheet.sound})}
        new = [name for spelling, name in missing.items() if spelling not in known]
        self._note_unknown_types(names, known)
        if new and self.chosen_values.may_add(ShiftType):
            pks, refused = self.besides.create([ShiftType(name=name) for name in new], _told)
            if refused:
                # Somebody else has made these in the meantime.
                known |= {folded(name): pk for name, pk in types.values_list("name", "pk")}
            known |= {folded(name): pk for name, pk in zip(new, pks, strict=True) if pk is not None}
        self.sheet.values["shift_type"] = [known.get(folded(name)) if name is not None else None for name in names]

    def _note_unknown_types(self, names: Sequence[str | None], known: Mapping[str, int]) -> None:
        """Note the types that will be new, and refuse them to a user who may not add types."""
        allowed = self.chosen_values.may_add(ShiftType)
        text = gettext("No shift type is called '%(name)s', and you may not add shift types.")
        for position, name in enumerate(names):
            if name is not None and folded(name) not in known:
                self.sheet.note_unknown(position, "shift_type", name)
                if not allowed:
                    self.sheet.refuse(position, "shift_type", text % {"name": shown(name)})

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        super().check(keys, new, changed)
        self.refuse_what_the_model_refuses(keys, new, changed)

    def fill_caches(self) -> None:
        caches.SHIFT_BY_NAME.warm(self.written("name"))


def _told(types: list[ShiftType]) -> str:
    text = ngettext("%(count)d new shift type: %(names)s.", "%(count)d new shift types: %(names)s.", len(types))
    return text % {"count": len(types), "names": listed(one.name for one in types)}


class ShiftResource(SkillsResource):
    kind = SHIFTS
    run_class = ShiftRun
