"""A case of the contract: a model with rows, read by look-ups and groups; or a declaration that is refused."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from caching import CachedGroup, CachedLookup
from caching.exceptions import CachingError
from tests.caching.contract.doors import OF_ROWS_OR_NONE, Answer, Reads, answers, answers_to_spellings
from tests.caching.contract.pictures import differences, picture

Model = type[models.Model]


@dataclass(frozen=True)
class Case:
    """What is read of one model. Each of ``unique`` is a look-up and each of ``groups`` a group."""

    model: Model
    make: Callable[[], Any] = lambda: None
    """Makes the rows."""
    unique: tuple[str, ...] = ("code",)
    groups: tuple[str, ...] = ("shelf",)
    related: tuple[str, ...] = ()
    order_by: tuple[Any, ...] = ("pk",)
    refused: str = ""
    """What the sentence says with which a declaration is refused, as a regular expression."""
    left_out: frozenset[str] = frozenset()
    """Columns and joined rows that are read from the database when they are asked for."""
    always_left_out: bool = False
    """Whether a miss may read them then, too."""
    passes: bool = False
    """Whether its rows cannot be held, so that each read asks the database."""
    name: str = ""
    values: dict[str, list[Any]] = field(default_factory=dict)
    """Values to ask ``get`` for by field, besides those of the rows: others, and other spellings of theirs."""

    def __str__(self) -> str:
        return self.name or self.model.__name__ + "".join(f" with {path}" for path in self.related)

    def declarations(self) -> Iterator[tuple[str, Callable[[], Reads]]]:
        """Yield each look-up and each group: its name, and a function that declares it."""
        for name in self.unique:
            yield f"{self} by {name}", lambda name=name: self._declare(CachedLookup, name)
        for name in self.groups:
            ordered = {"order_by": self.order_by} if self.order_by else {}
            yield f"{self} of {name}", lambda name=name, ordered=ordered: self._declare(CachedGroup, name, **ordered)

    def _declare(self, kind: Any, name: str, **options: Any) -> Reads:
        own = f"{kind.__name__}-{self.model.__name__}-{name}-{self.name}-{'-'.join(self.related)}"
        reads: Reads = kind(self.model, name, cache_type="rule", kind=own, select_related=self.related, **options)
        return reads


@dataclass
class Outcome:
    """How many cells of the contract were looked at, and what is wrong in which of them."""

    cells: int = 0
    wrong: list[str] = field(default_factory=list)


def judge(case: Case) -> Outcome:
    """Declare what the case reads, read it through every door, and compare with Django's own query."""
    outcome = Outcome()
    for name, declare in case.declarations():
        try:
            reads = declare()
        except (CachingError, ValueError, TypeError) as error:
            outcome.cells += 1
            outcome.wrong.extend(_wrong_refusal(case, name, str(error)))
            continue
        if case.refused:
            outcome.cells += 1
            outcome.wrong.append(f"{name}: it should be refused: {case.refused}")
            continue
        _judge_doors(case, name, reads, outcome)
    return outcome


def _wrong_refusal(case: Case, name: str, sentence: str) -> Iterator[str]:
    import re

    if not case.refused or not re.search(case.refused, sentence):
        yield f"{name}: refused, {'but not as expected' if case.refused else 'and nothing says so'}: {sentence}"
    elif case.model._meta.label not in sentence:
        yield f"{name}: the sentence does not name the model: {sentence}"


def _judge_doors(case: Case, name: str, reads: Reads, outcome: Outcome) -> None:
    values, spellings = values_of(case.model, reads.field), case.values.get(reads.field.name, [])
    wanted = Wanted(case, reads, by_django(case, reads, values))
    for answer in answers(reads, values):
        outcome.cells += 1
        outcome.wrong.extend(f"{name}, {answer.door}: {text}" for text in wanted.wrong_in(answer))
    wanted = Wanted(case, reads, by_django(case, reads, spellings))
    for answer in answers_to_spellings(reads, spellings):
        outcome.cells += 1
        outcome.wrong.extend(f"{name}, {answer.door}: {text}" for text in wanted.wrong_in(answer))


def values_of(model: Model, column: Any) -> list[Any]:
    """Return the values of all rows, hidden ones too, as their columns hold them."""
    held: Iterable[Any] = model._base_manager.order_by().values_list(column.attname, flat=True)
    if hasattr(column, "from_db_value"):
        held = map(column.get_prep_value, held)
    return [*dict.fromkeys(value for value in held if value is not None)]


def by_django(case: Case, reads: Reads, values: list[Any]) -> dict[Any, Any]:
    """Return the rows of each value as Django's own query gives them: a list for a group, a row or None else."""
    every = case.model._default_manager.select_related(*reads._related) if reads._related else None
    every = case.model._default_manager.all() if every is None else every
    answer: dict[Any, Any] = {}
    for value in values:
        try:
            rows = every.filter(**{reads.field.name: value})
            if isinstance(reads, CachedGroup):
                answer[value] = list(rows.order_by(*case.order_by) if case.order_by else rows)
            else:
                answer[value] = rows.first() if reads.field.primary_key else next(iter(rows), None)
        except (ValidationError, TypeError, ValueError, OverflowError):
            answer[value] = [] if isinstance(reads, CachedGroup) else None
    return answer


class Wanted:
    """What Django's own query gave, to compare answers with."""

    def __init__(self, case: Case, reads: Reads, rows: dict[Any, Any]) -> None:
        present = {value: row for value, row in rows.items() if row is not None}
        self._pks = {} if isinstance(reads, CachedGroup) else {value: row.pk for value, row in present.items()}
        self._present, self._passes = set(map(repr, present)), case.passes
        # Of a miss and of a hit.
        self._left_out = [case.left_out if case.always_left_out else frozenset(), case.left_out]
        self._pictures = [_pictures(rows, left_out) for left_out in self._left_out]

    def wrong_in(self, answer: Answer) -> Iterator[str]:
        """Yield in what an answer differs."""
        if answer.is_hit and answer.queries and not self._passes:
            yield f"it asked the database {answer.queries} times"
        if answer.way == "get_many_pks":
            if answer.content != self._pks:
                yield f"it is {answer.content}, Django gives {self._pks}"
            return
        wanted = self._pictures[answer.is_hit]
        if answer.way not in OF_ROWS_OR_NONE:
            wanted = {value: row for value, row in wanted.items() if value in self._present}
        yield from differences(wanted, _pictures(answer.content, self._left_out[answer.is_hit]))


def _pictures(answer: Any, left_out: frozenset[str]) -> Any:
    if isinstance(answer, dict):
        return {repr(value): _pictures(found, left_out) for value, found in answer.items()}
    if isinstance(answer, list):
        return [picture(row, left_out) for row in answer]
    return None if answer is None else picture(answer, left_out)
