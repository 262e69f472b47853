"""What the columns are called in the languages of the project.

The names of the model's fields are translated for its forms; those of columns without a field of their name are here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import translation

from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.headers import normalise

# By our name of the column, and spelled as `normalise` spells them.
_GERMAN: Mapping[str, tuple[str, ...]] = {
    "active": ("aktiv",),
    "break_minutes": ("pause", "pause_min", "pause_minuten"),
    "code": ("kürzel", "kurzzeichen"),
    "date": ("datum", "tag", "schichtdatum", "arbeitstag", "von_datum", "datum_von"),
    "department_code": ("abteilung", "bereich", "standort", "team", "kostenstelle", "abteilungskürzel"),
    "effective_from": ("gültig_von", "gilt_ab", "startdatum", "von_datum", "datum_von", "ab_datum", "anfangsdatum"),
    "effective_until": ("gilt_bis", "enddatum", "bis_datum", "datum_bis"),
    "email": ("e_mail_adresse", "mail", "mailadresse", "emailadresse"),
    "employee_email": ("mitarbeiter", "mitarbeiterin", "mitarbeiter_in", "e_mail_adresse", "mail", "mailadresse"),
    "employee_number": ("personalnummer", "personalnr", "personal_nr", "pers_nr", "mitarbeiternummer"),
    "employment_type": ("beschäftigungsart", "vertragsart", "anstellungsart", "anstellung"),
    "end": ("endzeit", "uhrzeit_bis"),
    "end_date": ("austritt", "austrittsdatum", "vertragsende", "bis", "enddatum", "bis_datum", "datum_bis"),
    "end_time": ("ende", "bis", "endzeit", "uhrzeit_bis", "schichtende"),
    "first_name": ("vorname",),
    "hire_date": ("eintritt", "eintrittsdatum", "einstellungsdatum"),
    "hourly_rate": ("stundensatz", "lohn"),
    "is_active": ("aktiv",),
    "last_name": ("nachname", "familienname"),
    "max_days": ("höchstzahl_tage_am_stück", "max_tage_am_stück"),
    "max_hours_per_day": ("höchststunden_pro_tag", "max_stunden_pro_tag"),
    "max_hours_per_week": (
        "wochenstunden",
        "wochenarbeitszeit",
        "stunden_pro_woche",
        "stunden_je_woche",
        "höchststunden_pro_woche",
        "max_stunden_pro_woche",
    ),
    "max_overtime_hours_per_week": ("höchstzahl_überstunden_pro_woche", "max_überstunden_pro_woche"),
    "max_shifts_per_week": ("höchstzahl_schichten_pro_woche", "max_schichten_pro_woche"),
    "min_hours": ("mindeststunden_ruhezeit", "ruhezeit_stunden"),
    "name": ("bezeichnung",),
    "notes": ("notiz", "bemerkung", "bemerkungen", "kommentar", "hinweis", "anmerkung", "anmerkungen"),
    "parent_code": ("übergeordnet", "übergeordnete_abteilung"),
    "phone": ("telefonnummer", "handy", "mobil", "mobilnummer", "rufnummer", "tel"),
    "required_skills": ("qualifikation", "fähigkeiten"),
    "role": ("position", "stelle", "funktion", "beruf", "tätigkeit"),
    "scope": ("geltungsbereich", "umfang"),
    "shift_name": ("schicht", "dienst", "schichtname", "schichtbezeichnung"),
    "shift_type": ("schichtart", "schichttyp"),
    "shift_types": ("schichtarten", "schichtart", "schichttypen"),
    "shifts": ("schichten", "schicht", "dienste"),
    "skills": ("fähigkeiten", "qualifikation", "kenntnisse"),
    "start": ("startzeit", "uhrzeit_von"),
    "start_time": ("beginn", "anfang", "von", "startzeit", "uhrzeit_von", "schichtbeginn"),
    "strict": ("verbindlich", "zwingend"),
    "week_start": ("wochenbeginn", "wochenstart", "woche", "montag"),
    "weekdays": ("wochentage", "wochentag", "tage"),
}


class Words(Mapping[str, tuple[str, ...]]):
    """The names of each column in the languages of the project. A word for two columns is left out.

    They are gathered when somebody asks for one, since that loads the catalogues of translations: an import whose
    headers are all ours needs none of them.
    """

    def __init__(self, columns: Iterable[Column], field_of: Callable[[Column], models.Field[Any, Any] | None]) -> None:
        self._columns = tuple(columns)
        self._field_of = field_of

    @cached_property
    def _gathered(self) -> dict[str, tuple[str, ...]]:
        field_of = self._field_of
        found = {column.name: {*_GERMAN.get(column.name, ()), *_labels(field_of(column))} for column in self._columns}
        doubtful = {
            word
            for name, words in found.items()
            for word in words
            for other in found
            if other != name and word in found[other]
        }
        return {name: tuple(sorted(words - doubtful)) for name, words in found.items()}

    def __getitem__(self, column: str) -> tuple[str, ...]:
        return self._gathered[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._gathered)

    def __len__(self) -> int:
        return len(self._gathered)


def _labels(field: models.Field[Any, Any] | None) -> set[str]:
    labels = set()
    for language, __ in settings.LANGUAGES if field is not None else ():
        with translation.override(language):
            labels.add(normalise(field.verbose_name))  # type: ignore[union-attr]
    return labels
