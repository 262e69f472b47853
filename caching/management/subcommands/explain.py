"""manage.py cache explain: where a key is held, whether it would be served, and if not, why and who dropped it."""

from typing import Any

from django.core.management.base import CommandParser

from caching.keys import cache_type, kind_of
from caching.management.subcommands import Subcommand
from caching.monitoring.agents import ask_all
from caching.monitoring.explanation import explain
from caching.reading.manager import cache_manager

_WHY_NOT = {
    "expired": "its time to live has passed",
    "invalidated": "a write has changed what it depends on",
    "disabled": "the cache is switched off",
    "degraded": "the generations cannot be reached",
    "unproven": "it cannot be proved at the moment that it is true",
}
_WHY_DROPPED = {
    "evicted": "its type was full",
    "expired": _WHY_NOT["expired"],
    "invalidated": _WHY_NOT["invalidated"],
}


class Explain(Subcommand):
    name = "explain"
    help = "Show where a key is held, whether it would be served, and if not, why, and who invalidated it."

    @staticmethod
    def add_arguments(parser: CommandParser) -> None:
        parser.add_argument("type", metavar="TYPE", help="A cache type, such as employee.")
        parser.add_argument("key", metavar="KEY", help="A key, such as email:amy@example.com.")

    def handle(self, *, type: str, key: str, **options: Any) -> None:  # type: ignore[override]
        name = cache_type(type).name
        kind_of(key)
        found = explain(name, key)
        by_what = f"the look-up by {found['look_up']}" if found["look_up"] else "no look-up: set or computed by code"
        self.stdout.write(f"{key} of {name}: {by_what}, {found['ttl']:g} s to live. The cache is {found['state']}.")
        replies = ask_all(cache_manager.config.directory, "explain", type=name, key=key)
        for reply in replies:
            answer = reply.answer or {"error": "no answer"}
            held = answer.get("local")
            what = f"not known: {answer['error']}" if "error" in answer else _described(held, answer.get("dropped"))
            self.stdout.write(f"Process {reply.pid}: {what}.")
        if not replies:
            self.stdout.write("No process of this host is serving requests now.")
        self.stdout.write(f"Shared tier: {_described(found['shared'])}.")
        self.stdout.write(_invalidated(found["last_invalidation"]))


def _described(held: dict[str, Any] | None, dropped: dict[str, Any] | None = None) -> str:
    if held is None:
        if dropped is None:
            return "does not hold it"
        return f"dropped it {dropped['seconds_ago']:,.1f} s ago, because {_WHY_DROPPED[dropped['reason']]}"
    compared = {True: ", equal to the database", False: ", DIFFERENT from the database", None: ""}[held["equal"]]
    if held["serves"]:
        return f"holds it for {held['seconds_left']:,.0f} s more and would serve it{compared}"
    changed = f" ({', '.join(held['invalidated_tags'][:3])})" if held["invalidated_tags"] else ""
    return f"holds it and would not serve it, because {_WHY_NOT[held['why_not']]}{changed}"


def _invalidated(last: dict[str, Any] | None) -> str:
    if last is None:
        return "No invalidation of it is in the log of this host."
    return (
        f"Last invalidated {last['seconds_ago']:,.1f} s ago, at {last['at']}, by process {last['pid']} "
        f"({last['command']}), because of: {last['cause']}, by the tag {last['tag']}."
    )
