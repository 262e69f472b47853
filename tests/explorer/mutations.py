"""Rules broken on purpose, in the text of the real functions; for each the scenario that must find it out.

An edit whose old text is no longer in the function fails loudly: the mutation must follow the code.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

import pytest

from caching.coherence import plans
from caching.coherence.watcher import ConnectionWatcher
from caching.reading import herd, leases, loading, storing
from caching.reading.manager import CacheManager
from caching.reading.polling import Polling
from caching.reading.rows_by_field import RowsByField
from caching.reading.runtime import Runtime
from caching.stores import in_process, mapped_file, shared_memory
from caching.stores.mapped_file import MappedFile
from caching.stores.redis.known import KnownGenerations
from caching.stores.redis.mirror import Mirror
from caching.stores.redis.store import RedisGenerations
from caching.stores.shared_memory import SharedMemoryGenerations

from .hints import HINTS
from .redis_stores import Server
from .scenarios import SCENARIOS
from .scheduler import Outcome

MAX_PREEMPTIONS = 3


@dataclass(frozen=True)
class Edit:
    """Another text in one function."""

    owner: Any
    function: str
    old: str
    new: str

    def apply(self, patch: pytest.MonkeyPatch) -> None:
        """Give the function the changed code, wherever it has been imported."""
        present = inspect.unwrap(getattr(self.owner, self.function))
        # A function that was edited before carries its text with it.
        source = getattr(present, "edited_source", None) or dedent(inspect.getsource(present))
        if source.count(self.old) != 1:
            raise LookupError(f"{self.function} has {self.old!r} {source.count(self.old)} times, not once.")
        source = source.replace(self.old, self.new)
        made: dict[str, Any] = {}
        exec(compile(source, f"<{self.function}, edited>", "exec"), present.__globals__, made)  # noqa: S102
        patch.setattr(present, "__code__", inspect.unwrap(made[self.function]).__code__)
        patch.setattr(present, "edited_source", source, raising=False)


@dataclass(frozen=True)
class Mutation:
    """One broken rule."""

    name: str
    scenario: str
    edits: tuple[Edit, ...]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Break the rule inside the block."""
        with pytest.MonkeyPatch.context() as patch:
            for edit in self.edits:
                edit.apply(patch)
            yield

    def explore(self, most: int = MAX_PREEMPTIONS) -> Outcome:
        """Search with 0, 1, … preemptions, so that the schedule found has as few as possible."""
        with self.planted():
            for preemptions in range(most + 1):
                outcome = SCENARIOS[self.scenario].explore(preemptions)
                if outcome.violation is not None:
                    break
        return outcome

    def find(self) -> Outcome:
        """Search where it was found quickly before (hints.py), and everywhere if it is not found there any more."""
        preemptions, seed = HINTS.get(self.name, (0, None))
        with self.planted():
            outcome = SCENARIOS[self.scenario].explore(preemptions, seed=seed)
        return self.explore() if outcome.violation is None else outcome


def broken(name: str, scenario: str, *edits: tuple[Any, str, str, str]) -> Mutation:
    return Mutation(name, scenario, tuple(Edit(*edit) for edit in edits))


_BEGIN, _END = "intent = publisher.begin(self.dirty)", "publisher.end(intent, self.dirty, self._causes)"
_LEAVE = "outbox.leave(self.connection, self.dirty)"
_END_OF_COMMIT = f"if {_END}:\n        {_LEAVE}\n        commit()"
_END_OF_STATEMENT = f"if {_END}:\n        {_LEAVE}"
_ROWS = "rows = {key: _row_tags(content) for key, (content, _) in loaded.items()}"
_NOW = "now = dict(zip(tags, generations.read(tags, afresh=True), strict=True))"
_BEGIN_KEEPS = (SharedMemoryGenerations, "begin", "view[slot] = generation | PENDING", "view[slot] |= PENDING")
_EXPIRED_KEEPS = (
    SharedMemoryGenerations,
    "_expire_intents",
    "view[slot] = generation",
    "view[slot] &= ~PENDING",
)

_ORDER = "self._keep_the_order()"

MUTATIONS = (
    broken(
        "rule 1: the stamp is read after the load",
        "two_writers_of_one_row",
        (
            storing,
            "store",
            _ROWS,
            "from caching.reading.leases import take_leases\n"
            "    late = {k: lease.dependencies for k, (_, lease) in loaded.items()}\n"
            "    loaded = {k: (c, take_leases(runtime, late)[k]) for k, (c, _) in loaded.items()}\n"
            f"    {_ROWS}",
        ),
    ),
    broken(
        "rule 1: the guards are not checked after the load",
        "a_row_moves_and_a_stale_instance_is_saved_over_it",
        (
            storing,
            "_unchanged",
            "return before.get(label) is not None and before.get(label) == now",
            "return True or now",
        ),
    ),
    broken(
        "rule 1: the guards are checked before the learned tags are read",
        "a_row_moves_and_a_stale_instance_is_saved_over_it",
        (
            storing,
            "store",
            _NOW,
            "guards = [any_row_tag(label) for label in labels]\n"
            "    now = dict(zip(guards, generations.read(guards)))\n"
            "    now |= dict(zip(tags[: -len(labels)], generations.read(tags[: -len(labels)])))",
        ),
    ),
    broken(
        "rule 1: the rows in a value are not in its stamp",
        "a_row_moves_and_a_stale_instance_is_saved_over_it",
        (
            storing,
            "_row_tags",
            "rows = {tag for model, pk, _ in content.rows for tag in row_tags_of(model, pk)}",
            "rows = set()",
        ),
    ),
    broken(
        "rule 1: 'all rows' is not in the stamp",
        "an_update_of_unknown_rows",
        (RowsByField, "dependencies", "*map(all_rows_tag, labels_of(self.model)),", ""),
        (
            storing,
            "_row_tags",
            "rows.update(all_rows_tag(label) for model in content.row_models for label in labels_of(model))",
            "pass",
        ),
    ),
    broken(
        "rule 1: new values of watched fields are not published",
        "an_address_changes_hands",
        (plans, "_tags_of_write", "tags |= known", "pass"),
    ),
    broken(
        "rule 2: a stamp is not checked on a read",
        "two_writers_of_one_row",
        (Runtime, "may_serve", "and self.generations.holds(entry.stamp)", ""),
    ),
    broken(
        "rule 2: who waited for another thread's load trusts it",
        "threads_of_one_process",
        (
            loading,
            "load_through",
            "kind.count(stats.WAIT)",
            "kind.count(stats.WAIT)\n"
            "            if key in kind.entries.entries:\n"
            "                return thaw(kind.entries.entries[key].value)",
        ),
    ),
    broken(
        "rule 3: tags are dirty only after the statement",
        "a_statement_fails_half_way",
        (
            ConnectionWatcher,
            "execute",
            "    self.mark(plan.tags(params, many, self._announced), current_cause(plan.cause))",
            "    if self.in_transaction():\n"
            "        result = statement()\n"
            "        self.mark(plan.tags(params, many, self._announced), current_cause(plan.cause))\n"
            "        return result\n"
            "    self.mark(plan.tags(params, many, self._announced), current_cause(plan.cause))",
        ),
    ),
    broken(
        "rule 3: a transaction that has written stores",
        "a_preview_is_rolled_back",
        (storing, "store", " or dirty_here()", ""),
        (leases, "take_leases", " and not dirty_here()", ""),
    ),
    broken(
        "rule 3: what was read before a rollback is stored after it",
        "a_preview_between_get_and_set",
        (storing, "_stamp", " or lease.rollback != last_rollback()", ""),
    ),
    broken(
        "rule 3: a transaction reads the cache under its own writes",
        "own_writes_savepoints_and_callbacks",
        (Runtime, "may_serve", "and (not dirty_watchers or not is_dirty(entry.stamp.tags))", ""),
    ),
    broken(
        "rule 4: published before COMMIT instead of around it",
        "two_writers_of_one_row",
        (ConnectionWatcher, "commit", _END_OF_COMMIT, ""),
        (ConnectionWatcher, "commit", _BEGIN, f"{_BEGIN}\n    {_END}"),
    ),
    broken(
        "rule 4: published after COMMIT only, without an intent",
        "a_writer_is_killed",
        (ConnectionWatcher, "commit", _BEGIN, "intent = None"),
        (ConnectionWatcher, "commit", _END_OF_COMMIT, "publisher.publish(self.dirty, 'save')"),
    ),
    broken(
        "rule 4: in autocommit published before the statement",
        "two_writers_of_one_row",
        (ConnectionWatcher, "autocommitted", "result = statement()", f"{_END}\n        result = statement()"),
        (ConnectionWatcher, "_finish", _END_OF_STATEMENT, ""),
    ),
    broken(
        "rule 5: generations that two writers can both reach",
        "two_writers_of_one_row",
        (shared_memory, "fresh_generations", 'memoryview(os.urandom(8 * len(slots))).cast("Q")', "[1] * len(slots)"),
    ),
    broken(
        "rule 5: begin and expiry give no fresh generation",
        "a_writer_is_killed",
        _BEGIN_KEEPS,
        _EXPIRED_KEEPS,
    ),
    broken(
        "rule 5: end gives no fresh generation",
        "a_commit_lands_after_its_intent_has_expired",
        (SharedMemoryGenerations, "end", "view[slot] = generation", "view[slot] = view[slot] & ~PENDING"),
    ),
    broken(
        "rule 5: end takes every intent away",
        "two_writers_of_one_row",
        (SharedMemoryGenerations, "end", "(PENDING if has_live_intents(view, slot, now_ms) else 0)", "0"),
    ),
    broken(
        "rule 5: end takes an intent away after its own deadline",
        "a_commit_lands_after_its_intent_has_expired",
        (SharedMemoryGenerations, "end", "now_ms < milliseconds(intent.deadline) and", "True and"),
    ),
    broken(
        "rule 5: a deadline is rounded in two ways",
        "a_deadline_within_a_millisecond",
        (SharedMemoryGenerations, "end", "now_ms < milliseconds(intent.deadline)", "self._clock() < intent.deadline"),
    ),
    broken(
        "rule 5: a COMMIT without an answer takes its intent away",
        "the_answer_to_a_commit_is_lost",
        (ConnectionWatcher, "commit", "except IntegrityError", "except DatabaseError"),
    ),
    broken(
        "rule 6: intents never expire",
        "a_writer_is_killed",
        (SharedMemoryGenerations, "_expire_intents", "not has_live_intents(view, slot, now)", "False"),
    ),
    broken(
        "rule 6: guards never expire",
        "a_writer_is_killed",
        (SharedMemoryGenerations, "read", "self._expire_intents(tags)", "pass"),
    ),
    broken(
        "rule 7: a writer looks for another file only once a second",
        "the_file_is_deleted_and_noticed_at_different_moments",
        (
            mapped_file.Locked,
            "__enter__",
            "store._map_if_replaced()",
            "store._clock() < store._current_until or store._map_if_replaced()",
        ),
    ),
    broken(
        "rule 7: a reader never looks for another file",
        "the_file_is_deleted",
        (SharedMemoryGenerations, "holds", "(self._clock() < self._current_until or self._is_current())", "True"),
    ),
    broken(
        "epoch: a write leaves it as it was",
        "two_writers_of_one_row",
        (MappedFile, "_next_epoch", f"{_ORDER}\n    view[EPOCH] = epoch", "pass"),
        (MappedFile, "_next_epoch", "view[EPOCH] = CHANGING", "pass"),
    ),
    broken(
        "epoch: the new one begins before the generations are written",
        "every_word_and_the_epoch",
        (MappedFile, "_next_epoch", f"{_ORDER}\n    view[EPOCH] = epoch", "pass"),
        (MappedFile, "_next_epoch", "view[EPOCH] = CHANGING", "view[EPOCH] = epoch"),
    ),
    broken(
        "epoch: a reader reads it after the generations",
        "every_word_and_the_epoch",
        (SharedMemoryGenerations, "_still_holds", f"epoch = view[EPOCH]\n    {_ORDER}\n    holds", "holds"),
        (SharedMemoryGenerations, "_still_holds", "if holds and", "epoch = view[EPOCH]\n    if holds and"),
    ),
    broken(
        "epoch: a reader remembers that a writer is at work",
        "every_word_and_the_epoch",
        (SharedMemoryGenerations, "_still_holds", " and epoch != CHANGING", ""),
    ),
    broken(
        "rule 8: what a snapshot shows is stored",
        "a_transaction_reads_from_a_snapshot",
        (leases, "take_leases", "takes_new_snapshots() and ", ""),
    ),
    broken(
        "refresh: the stamp of a renewal is read after its load",
        "a_row_is_renewed_while_it_is_read_and_written",
        (
            loading,
            "load_anew",
            "_after_load(kind, key, value, lease, ttl, started, turn)",
            "lease = take_leases(kind.runtime, {key: dependencies()}, {key: kind.place()})[key]\n"
            "        _after_load(kind, key, value, lease, ttl, started, turn)",
        ),
    ),
    broken(
        "refill: the stamp of a refill is read after its load",
        "the_writer_refills_the_shared_tier",
        (
            loading,
            "load_now",
            "values = load(dependencies.keys())",
            "values = load(dependencies.keys())\n"
            "        leases = take_leases(kind.runtime, dependencies, dict.fromkeys(dependencies, kind.place()))",
        ),
    ),
    broken(
        "herd: who waited for another process trusts what it has stored",
        "one_load_for_two_processes",
        (
            herd.Turn,
            "_use",
            "find_shared(dict.fromkeys(contents, self.kind), contents)",
            "self.kind.runtime.shared.entries_in(contents)",
        ),
    ),
    broken(
        "polls: a change counts as drift although Django may have written it",
        "loads_are_polls_beside_a_write",
        (Polling, "loaded", "watched is not None and holds(watched.stamp) and holds(stamp)", "watched is not None"),
    ),
    broken(
        "polls: a value that is over is compared with a newer one",
        "loads_are_polls_beside_a_write",
        (Polling, "loaded", "and holds(stamp)", ""),
    ),
    broken(
        "leases: set() takes the moment of the call",
        "get_then_set",
        (CacheManager, "set_many", "leases.take_back(kinds[key].name_at(key, places[key]))", "None"),
    ),
)

_END_DELETES_THE_MARK = (
    Server,
    "script",
    "if not live:\n                self._drop",
    "if True:\n                self._drop",
)
_FILL_DOES_NOT_LOOK = (Server, "_fill", "last > self.now", "False")
_DRAINS = "self._drain_outbox(self._publish_to_server)"

IN_REDIS = (
    broken(
        "redis: what is missing is made later than the guards are read",
        "a_joined_row_that_redis_does_not_know",
        (
            Mirror,
            "_fetch",
            "found = self._fill(keys, found)",
            "gone = [key for key, value in zip(keys, found) if value is None]\n"
            "        made = dict(zip(gone, self._fill(gone, [None] * len(gone))))\n"
            "        found = [made.get(key, value) for key, value in zip(keys, found)]",
        ),
    ),
    broken(
        "redis: a look does not read what was pushed",
        "two_writers_of_one_row_in_redis",
        (Mirror, "holds", "not poll(self._poll_argument, 1, 0)", "True"),
    ),
    broken(
        "redis: a reply is kept over a later push, or an own write",
        "threads_of_one_process_in_redis",
        (KnownGenerations, "take_reply", "number is not None and key not in self._pushed", "number is not None"),
        (KnownGenerations, "take_reply", "forgotten == self.forgotten and not self._flushed", "True"),
        (KnownGenerations, "take_push", "lost |= self.pop(key, None) is not None", "pass"),
    ),
    broken(
        "redis: a push drops nothing",
        "two_writers_of_one_row_in_redis",
        (KnownGenerations, "take_push", "lost |= self.pop(key, None) is not None", "pass"),
    ),
    broken(
        "redis: a push leaves the epoch as it was",
        "two_writers_of_one_row_in_redis",
        (KnownGenerations, "take_push", "self.epoch = next(_epochs)", "pass"),
    ),
    broken(
        "redis: the mirror is used under an intent",
        "a_writer_is_killed_in_redis",
        (Mirror, "_fetch", "generation_of(value) for key", "(generation_of(value) or 5) for key"),
    ),
    broken(
        "redis: a generation is made without a look at the live intents",
        "redis_evicts_what_is_pending",
        _FILL_DOES_NOT_LOOK,
    ),
    broken(
        "redis: end deletes the mark while another intent lives, and who makes a generation does not look",
        "two_writers_of_one_row_in_redis",
        _END_DELETES_THE_MARK,
        _FILL_DOES_NOT_LOOK,
    ),
    broken(
        "redis: begin leaves no mark",
        "a_writer_is_killed_in_redis",
        (Server, "script", "self._set(generation, PENDING, max(live.values()))", "self._drop(generation)"),
        _FILL_DOES_NOT_LOOK,
    ),
    broken(
        "redis: marks never expire",
        "a_writer_is_killed_in_redis",
        (Server, "expire", "until <= self.now", "False"),
    ),
    broken(
        "redis: an own write does not tell the view of an outage",
        "redis_is_cut_off_and_comes_back",
        (RedisGenerations, "_tell", "view.forget(tags)", "pass"),
    ),
    broken(
        "redis: after a failed invalidation another connection will do",
        "redis_is_cut_off_and_comes_back",
        (
            RedisGenerations,
            "_lost",
            "self._view, self.longest_life = InProcessGenerations(), self._degraded_seconds",
            "self._view = lost",
        ),
        (RedisGenerations, "_lost", "lost.close()", "pass"),
    ),
    broken(
        "redis: the server is trusted before the outbox is drained",
        "redis_comes_back_with_something_in_the_outbox",
        (RedisGenerations, "_reconnect", _DRAINS, "pass"),
    ),
    broken(
        "redis: the connection is younger than the look at the outbox",
        "redis_comes_back_with_something_in_the_outbox",
        (RedisGenerations, "_reconnect", "mirror.keep_up()", "mirror.close()\n        mirror = self._connect()"),
    ),
    broken(
        "redis: who commits while the outbox is drained tells nobody",
        "redis_is_cut_off_and_comes_back",
        (RedisGenerations, "_reconnect", "self._told = told = self._told or object()", "told = self._told"),
        (
            RedisGenerations,
            "_reconnect",
            "mirror.keep_up()",
            "mirror.keep_up()\n        self._told = told = object()",
        ),
    ),
    broken(
        "redis: a write in an outage leaves nothing in the outbox",
        "redis_comes_back_with_something_in_the_outbox",
        (ConnectionWatcher, "_record", "intent.undelivered or publisher.keeps_a_record", "False"),
    ),
    broken(
        "redis: what has an old identity is served",
        "redis_is_cut_off_and_comes_back",
        (RedisGenerations, "holds", "view is None or view.identity != stamp.identity", "view is None"),
        (in_process.InProcessGenerations, "holds", "stamp.read(self) == stamp.generations", "True"),
    ),
    broken(
        "redis: STRICT does not ask",
        "redis_on_another_host",
        (Mirror, "_is_proven", "self._clock() < self._current_until", "True"),
    ),
)

MUTATIONS = (*MUTATIONS, *IN_REDIS)

REDUNDANT = (
    # Either of these two suffices: only together they are found out, above.
    broken("begin gives no fresh generation", "a_writer_is_killed", _BEGIN_KEEPS),
    broken("expiry gives no fresh generation", "a_writer_is_killed", _EXPIRED_KEEPS),
    broken("redis: end deletes the mark", "two_writers_of_one_row_in_redis", _END_DELETES_THE_MARK),
)
