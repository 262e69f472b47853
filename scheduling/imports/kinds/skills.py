"""Skills in a cell, "First aid|Forklift": a many-to-many relation read and written in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext, ngettext
from import_export.fields import Field

from scheduling.imports.engine import values
from scheduling.imports.engine.besides import Besides
from scheduling.imports.engine.bulk import chunks
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.problems import did_you_mean, listed, shown
from scheduling.imports.engine.references import MAX_SUGGESTIONS
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.run import FileRun, Key
from scheduling.models import Skill

Skills = tuple[str, ...]


def skills_column(name: str, *aliases: str) -> Column:
    """Return the column with the names of skills; those that nobody has are made."""
    return Column(
        name=name,
        aliases=aliases,
        parse=values.names,
        refers_to=Skill._meta.get_field("name"),
        makes_new=True,
        stored=False,
    )


class SkillSets:
    """The skills of the rows of one model. Names are compared ignoring case."""

    def __init__(self, through: type[models.Model], owner: str, using: str) -> None:
        """`owner` is the field of the through table that refers to the rows: "employee"."""
        self._pairs = through._default_manager.using(using).order_by()
        self._through, self._owner, self._using = through, f"{owner}_id", using
        self.stored: dict[Any, dict[str, Any]] = {}
        """For each owner, the primary keys of its pairs of owner and skill by the case-folded name of the skill."""
        self.pks: dict[str, Any] = {}
        """The primary keys of skills by case-folded name."""

    def load(self, owners: Iterable[Any]) -> None:
        """Read the skills of the owners."""
        for chunk in chunks(owners):
            rows = self._pairs.filter(**{f"{self._owner}__in": chunk})
            for owner, name, skill, pair in rows.values_list(self._owner, "skill__name", "skill_id", "pk"):
                self.stored.setdefault(owner, {})[name.casefold()] = pair
                self.pks[name.casefold()] = skill

    def keys(self, owner: Any, skills: Skills) -> tuple[list[Any], list[Any]]:
        """Return the primary keys of the skills that an owner had, and of those that it was given."""
        stored = self.stored.get(owner, {})
        before, after = ({self.pks[name] for name in names} for names in (stored, map(str.casefold, skills)))
        return sorted(before), sorted(after)

    def differ(self, owner: Any, skills: Skills) -> bool:
        """Whether the owner has other skills than these."""
        return self.stored.get(owner, {}).keys() != {name.casefold() for name in skills}

    def write(self, skills_of: Mapping[Any, Skills], besides: Besides) -> None:
        """Give each owner exactly these skills. Skills that do not exist are created."""
        self._get_or_create({name for names in skills_of.values() for name in names}, besides)
        removed, added = [], []
        for owner, names in skills_of.items():
            stored = self.stored.get(owner, {})
            wanted = {name.casefold() for name in names}
            removed += [pair for name, pair in stored.items() if name not in wanted]
            added += [
                self._through(**{self._owner: owner, "skill_id": self.pks[name]})
                for name in sorted(wanted - stored.keys())
            ]
        for chunk in chunks(removed):
            self._pairs.filter(pk__in=chunk).delete()
        if added:
            self._pairs.bulk_create(added, ignore_conflicts=True)

    def _get_or_create(self, names: set[str], besides: Besides) -> None:
        """Make sure that each skill has a primary key."""
        new = {name.casefold(): name for name in sorted(self.unknown(names))}
        pks, refused = besides.create([Skill(name=name) for name in new.values()], _told)
        if refused:
            # Somebody else has made these in the meantime.
            self._read_keys()
        self.pks.update((name, pk) for name, pk in zip(new, pks, strict=True) if pk is not None)

    def unknown(self, names: Iterable[str]) -> set[str]:
        """Return the names that no skill has. One query at most."""
        missing = {name for name in names if name.casefold() not in self.pks}
        if missing:
            self._read_keys()
        return {name for name in missing if name.casefold() not in self.pks}

    def _read_keys(self) -> None:
        skills = Skill.objects.using(self._using).order_by()
        self.pks.update((name.casefold(), pk) for name, pk in skills.values_list("name", "pk"))


def _told(skills: list[Skill]) -> str:
    text = ngettext("%(count)d new skill: %(names)s.", "%(count)d new skills: %(names)s.", len(skills))
    return text % {"count": len(skills), "names": listed(skill.name for skill in skills)}


class SkillsRun(FileRun):
    """A run for files that may have a column of skills. Rows get exactly the skills of the file."""

    skills_column: ClassVar[str]
    """The column, and the many-to-many field of the same name."""

    def prepare(self, keys: Sequence[Key | None]) -> None:
        relation = getattr(self.kind.model, self.skills_column)
        self.skills = SkillSets(relation.through, relation.field.m2m_field_name(), self.using)
        if self.skills_column in self.sheet.columns:
            self.skills.load(stored[0] for stored in self.existing.values())

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        """Add to `changed` the rows of which only the skills have changed."""
        if self.skills_column not in self.sheet.columns:
            return
        skills, known = self.sheet.values[self.skills_column], {*new, *changed}
        for position in self.sheet.sound:
            key = keys[position]
            if position in known or key is None:
                continue
            if self.skills.differ(self.existing[key][0], skills[position] or ()):
                changed.append(position)
        self._note_unknown_skills()

    def _note_unknown_skills(self) -> None:
        """Note the skills that will be new, and refuse them to a user who may not add skills."""
        skills = self.sheet.values[self.skills_column]
        unknown = self.skills.unknown(name for names in skills for name in names or ())
        if not unknown:
            return
        allowed = self.chosen_values.may_add(Skill)
        known = () if allowed else Skill.objects.using(self.using).values_list("name", flat=True)
        guesses = {} if allowed else {name: did_you_mean(name, known) for name in sorted(unknown)[:MAX_SUGGESTIONS]}
        text = gettext("No skill is called '%(name)s', and you may not add skills.")
        for position, names in enumerate(skills):
            for name in unknown.intersection(names or ()):
                self.sheet.note_unknown(position, self.skills_column, name)
                if not allowed:
                    self.sheet.refuse(
                        position, self.skills_column, text % {"name": shown(name)} + guesses.get(name, "")
                    )

    def write_related(self, new: Sequence[int], changed: Sequence[int]) -> None:
        if self.skills_column not in self.sheet.columns:
            return
        skills, pks = self.sheet.values[self.skills_column], self.outcomes.pks
        written = [position for position in self.without_refused([*new, *changed]) if pks[position] is not None]
        skills_of = {pks[position]: skills[position] or () for position in written}
        self.skills.write(skills_of, self.besides)
        self.related[self.skills_column] = {pk: self.skills.keys(pk, names) for pk, names in skills_of.items()}


class SkillsResource(FileResource):
    """Exports the skills as the import reads them."""

    run_class: ClassVar[type[SkillsRun]]

    def filter_export(self, queryset: QuerySet[Any], **kwargs: Any) -> QuerySet[Any]:
        return super().filter_export(queryset, **kwargs).prefetch_related(self.run_class.skills_column)

    def export_field(self, field: Field, instance: models.Model, **kwargs: Any) -> Any:
        value = super().export_field(field, instance, **kwargs)
        if field.attribute != self.run_class.skills_column:
            return value
        return values.joined(skill.name for skill in value.all())
