"""manage.py cache clear: drop cached values in all processes, by type, key, pattern or model."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db.models import Model

from caching import keys
from caching.coherence.invalidation import invalidate
from caching.coherence.publishing import publisher
from caching.coherence.tags import rows_where, tags_of_model, tags_of_row
from caching.coherence.watched import labels_of, watched_labels
from caching.management.subcommands import FAILED, USAGE, Subcommand
from caching.management.subcommands.warm import refuse_without_shared_tier
from caching.monitoring import warming
from caching.reading.manager import cache_manager


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is to be dropped."""

    what: str
    """Completes "Cleared …"."""
    tags: Sequence[str]
    """The tags that are published to drop it."""
    types: Sequence[str]
    """The types whose entries may be dropped; empty means any type."""
    drop: Callable[[], Any]


class Clear(Subcommand):
    name = "clear"
    help = "Drop cached values in every process of this host; the next read of each asks the database."

    @staticmethod
    def add_arguments(parser: CommandParser) -> None:
        parser.add_argument("types", nargs="*", metavar="TYPE", help="A cache type, such as employee.")
        parser.add_argument("--all", action="store_true", help="Every type.")
        parser.add_argument("--key", nargs=2, metavar=("TYPE", "KEY"), help="One key, such as employee id:5.")
        parser.add_argument(
            "--pattern", nargs=2, metavar=("TYPE", "GLOB"), help="Keys that match, such as employee 'email:*'."
        )
        parser.add_argument(
            "--model", metavar="APP.MODEL[:PK]", help="What depends on a model, or on one row: scheduling.Employee:5."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Show what would be dropped, without changing anything."
        )
        parser.add_argument("--warm", action="store_true", help="Then load what is worth it, as `cache warm` does.")
        parser.add_argument("--noinput", "--no-input", action="store_true", help="Do not ask before --all.")

    def handle(  # type: ignore[override]
        self,
        *,
        types: Sequence[str],
        all: bool,
        key: Sequence[str] | None,
        pattern: Sequence[str] | None,
        model: str | None,
        dry_run: bool,
        noinput: bool,
        warm: bool = False,
        **options: Any,
    ) -> None:
        named = [choice for choice in (types, all, key, pattern, model) if choice]
        if len(named) != 1:
            what = "Say what to clear" if not named else "Clear one thing at a time"
            raise CommandError(f"{what}: TYPE …, --all, --key, --pattern or --model.", returncode=USAGE)
        if key:
            target = _one_key(*key)
        elif pattern:
            target = _pattern(*pattern)
        elif model:
            target = _model(model)
        else:
            target = _types(types or keys.known_types(), every=all)
        if warm and (key or pattern or model):
            raise CommandError("--warm fills whole types: use it with TYPE … or --all.", returncode=USAGE)
        if warm:
            refuse_without_shared_tier()
        held = self._held(target)
        if dry_run:
            self.stdout.write(f"Would clear {target.what}; nothing was changed.")
            self.stdout.write(f"All processes together hold {held}.")
            self.stdout.write(f"Would publish {', '.join(sorted(target.tags))}.")
            return
        if all and not noinput:
            self._ask(held)
        self._drop(target, held)
        for line in warming.warm(target.types or keys.known_types(), None) if warm else ():
            self.stdout.write(line)

    def _held(self, target: Target) -> str:
        """Return how many entries of these types all processes hold, including outdated ones."""
        sizes = cache_manager.get_stats(all_processes=True)["cache_sizes"]
        entries = sum(sizes[name] for name in target.types or sizes)
        of = f" of {', '.join(target.types)}" if target.types else ""
        return f"{entries:,} {'entry' if entries == 1 else 'entries'}{of}"

    def _ask(self, held: str) -> None:
        if not sys.stdin.isatty():
            raise CommandError(
                "There is no terminal to confirm on: clearing every type needs --noinput.", returncode=USAGE
            )
        self.stderr.write(f"Clear every cache type, {held} in all processes? [y/N] ", self.stderr_style, ending="")
        self.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was cleared.", returncode=USAGE)

    def _drop(self, target: Target, held: str) -> None:
        lost = publisher.undelivered
        target.drop()
        if publisher.undelivered > lost and publisher.store.has_outbox:
            raise CommandError(
                f"Not cleared yet: {target.what}. The server cannot be reached. It waits in the outbox, and is cleared "
                "by the first process that reaches the server.",
                returncode=FAILED,
            )
        if publisher.undelivered > lost:
            raise CommandError(
                f"Not cleared: {target.what}. The generations cannot be reached; `manage.py check` says more.",
                returncode=FAILED,
            )
        self.stdout.write(f"Cleared {target.what}: every process loads anew.")
        self.stdout.write(f"All processes together held {held}.")


def _types(names: Sequence[str], *, every: bool) -> Target:
    chosen = list(dict.fromkeys(keys.cache_type(name).name for name in names))

    def drop() -> None:
        for name in chosen:
            cache_manager.clear(name)

    return Target(
        what="every cache type" if every else ", ".join(chosen),
        tags=[keys.type_tag(name) for name in chosen],
        types=chosen if not every else (),
        drop=cache_manager.clear if every else drop,
    )


def _one_key(type_name: str, key: str) -> Target:
    name = keys.cache_type(type_name).name
    keys.kind_of(key)
    return Target(
        what=f"{key} of {name}",
        tags=[keys.key_tag(name, key)],
        types=[name],
        drop=lambda: cache_manager.delete(name, key),
    )


def _pattern(type_name: str, pattern: str) -> Target:
    name = keys.cache_type(type_name).name
    return Target(
        what=f"the keys of {name} that match {pattern}",
        tags=[keys.pattern_tag(name, pattern)],
        types=[name],
        drop=lambda: cache_manager.invalidate_pattern(name, pattern),
    )


def _model(text: str) -> Target:
    """Return the target for ``app.Model`` or, as ``app.Model:pk``, for one row, which need not exist any more."""
    label, colon, spelled = text.partition(":")
    model = _watched_model(label)
    if not colon:
        return _depending_on(f"what depends on {model._meta.label}", tags_of_model(model), model)
    try:
        pk = model._meta.pk.to_python(spelled)
    except ValidationError as error:
        raise CommandError(
            f"{spelled!r} cannot be a primary key of {model._meta.label}: {' '.join(error.messages)}", returncode=USAGE
        ) from error
    what = f"what depends on {model._meta.label} {pk}"
    row = model._base_manager.filter(pk=pk).first()
    if row is not None:
        return _depending_on(what, tags_of_row(row), row)
    selection = rows_where(model, pk=pk)
    tags = (selection.tag, *map(keys.any_row_tag, labels_of(model)))
    return _depending_on(f"{what}, a row that does not exist", tags, selection)


def _depending_on(what: str, tags: Iterable[str], invalidated: Any) -> Target:
    return Target(what=what, tags=tuple(tags), types=(), drop=lambda: invalidate(invalidated))


def _watched_model(label: str) -> type[Model]:
    by_name = {known.lower(): known for known in watched_labels()}
    if label.lower() not in by_name:
        known = ", ".join(sorted(by_name.values()))
        raise CommandError(
            f"No cached value depends on a model {label!r}. Models with cached values: {known}.", returncode=USAGE
        )
    return apps.get_model(by_name[label.lower()])
