"""The database of the model: rows, the statements that change them, the queries that read them, the tags of both.

A row is None (not there) or (value of the watched field, version). Rows are named by their model and key: "M1".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .rules import Rules

Row = tuple[str, str] | None
Rows = tuple[tuple[str, Row], ...]
Answer = tuple[tuple[str, str, str], ...]
"""Rows as a query returns them: name, value of the watched field, version."""


def any_row(model: str) -> str:
    return f"{model}/+"


def all_rows(model: str) -> str:
    return f"{model}/*"


def row_tag(name: str) -> str:
    return f"{name[0]}#{name[1:]}"


def value_tag(model: str, value: str) -> str:
    return f"{model}.by={value}"


@dataclass(frozen=True)
class Query:
    """What a cached value is made from: ``key`` (one row), ``value`` (a list), ``all`` rows, or a list with a join."""

    form: str
    of: str
    model: str = "M"
    joined: str = ""
    """The row of another model that each row of the list refers to."""

    def __str__(self) -> str:
        if self.form == "all":
            return f"all of {self.model}"
        return row_tag(self.of) if self.form == "key" else value_tag(self.model, self.of)

    def answer(self, rows: Rows) -> Answer:
        """Return what the database answers."""
        found = [(name, *row) for name, row in rows if row is not None and self._selects(name, row)]
        joined = [(name, *row) for name, row in rows if found and row is not None and name == self.joined]
        return (*found, *joined)

    def _selects(self, name: str, row: tuple[str, str]) -> bool:
        if self.form == "key":
            return name == self.of
        return name[0] == self.model and (self.form == "all" or row[0] == self.of)

    def known(self, rules: Rules) -> tuple[str, ...]:
        """Return the tags that are known before the load."""
        tags: list[str] = [all_rows(self.model)] if rules.all_rows_in_stamp else []
        if self.form == "key":
            tags += [row_tag(self.of), any_row(self.model)] if rules.any_row_in_stamp_of_keys else [row_tag(self.of)]
        if self.form == "value" and rules.value_tag_in_stamp:
            tags.append(value_tag(self.model, self.of))
        if self.form == "all" and rules.guard_in_stamp_of_uncovered:
            tags.append(any_row(self.model))
        return tuple(tags)

    def guards(self) -> tuple[str, ...]:
        """Return "any row" of each model concerned."""
        return (any_row(self.model), any_row(self.joined[0])) if self.joined else (any_row(self.model),)

    def learned(self, answer: Answer, rules: Rules) -> tuple[str, ...]:
        """Return the tags that only the value tells: the rows in it, and "all rows" of their models."""
        if not rules.learned_tags_in_stamp:
            return ()
        models = {name[0] for name, _, _ in answer if rules.all_rows_in_stamp}
        tags = {row_tag(name) for name, _, _ in answer} | {all_rows(model) for model in models}
        return tuple(sorted(tags - set(self.known(rules))))


@dataclass(frozen=True)
class Statement:
    """One statement that writes. ``save`` sets all fields of a row, whatever it has become meanwhile (a stale instance
    too); ``update`` only the version; ``insert`` learns its key from the database; ``bulk`` hits all rows that have a
    value at that moment.
    """

    verb: str
    target: str
    """The row; for ``bulk`` the value."""
    version: str = ""
    by: str = ""

    def __str__(self) -> str:
        value = f" by={self.by}" if self.by else ""
        return f"{self.verb} {self.target}{value}" + (f" version={self.version}" if self.version else "")

    def writes(self, rows: Rows) -> dict[str, Row]:
        """Return the rows that it changes, with what they become."""
        if self.verb == "bulk":
            return {name: (row[0], self.version) for name, row in rows if row is not None and row[0] == self.target}
        before = dict(rows)[self.target]
        if self.verb == "insert":
            return {self.target: (self.by, self.version)} if before is None else {}
        if before is None:
            return {}
        return {self.target: None if self.verb == "delete" else (self.by or before[0], self.version)}

    def tags(self, rows: Rows, rules: Rules) -> frozenset[str]:
        """Return what it publishes. ``rows`` are those of now, which only a broken rule asks for."""
        model = "M" if self.verb == "bulk" else self.target[0]
        tags = {any_row(model)} if rules.any_row_published else set()
        if self.verb == "bulk":
            found = {row_tag(name) for name in self.writes(rows)}
            return frozenset(tags | ({all_rows(model)} if rules.unknown_rows_publish_all else found))
        if self.verb != "insert" and rules.row_published:
            tags.add(row_tag(self.target))
        if self.by and rules.new_value_published:
            tags.add(value_tag(model, self.by))
        return frozenset(tags)


def changed(rows: Rows, writes: Mapping[str, Row]) -> Rows:
    """Return the rows with what was written."""
    return tuple((name, writes.get(name, row)) for name, row in rows) if writes else rows
