"""What is known of a key, in sentences: where it is held, whether it would be served, and if not, why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..exceptions import InvalidKey
from ..keys import kind_of, known_types
from ..monitoring.explanation import explain
from ..monitoring.questions import ask_everyone
from . import words

WHY_NOT = {
    "expired": gettext_lazy("its time to live has passed"),
    "invalidated": gettext_lazy("a write has changed what it depends on"),
    "disabled": gettext_lazy("the cache is switched off"),
    "degraded": gettext_lazy("the generations cannot be reached"),
    "unproven": gettext_lazy("it cannot be proved at the moment that it is true"),
}
WHY_DROPPED = {
    "evicted": gettext_lazy("its type was full"),
    "expired": WHY_NOT["expired"],
    "invalidated": WHY_NOT["invalidated"],
}
MAX_TAGS = 8


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The answer to a question about a key. ``problem`` says why there is none."""

    sentences: Sequence[str] = ()
    tags: Sequence[str] = ()
    """What the answer depends on, as far as an entry is held."""
    problem: str = ""


def explanation_of(type_name: str, key: str) -> Explanation:
    """Ask every process of the host and the shared tier for a key."""
    if type_name not in known_types():
        return Explanation(
            problem=_("There is no cache type “%(name)s”. Choose one of the list.") % {"name": type_name}
        )
    try:
        kind_of(key)
    except InvalidKey:
        return Explanation(
            problem=_("“%(key)s” is not a key. Write kind:value, for example id:5 or email:amy@example.com.")
            % {"key": key}
        )
    found = explain(type_name, key)
    answers = {reply.pid: reply.answer for reply in ask_everyone("explain", type=type_name, key=key)}
    held = [found["shared"], *((answer or {}).get("local") for answer in answers.values())]
    return Explanation(
        sentences=list(_sentences(found, answers)),
        tags=next((entry["tags"][:MAX_TAGS] for entry in held if entry), ()),
    )


def _sentences(found: Mapping[str, Any], answers: Mapping[int, Mapping[str, Any] | None]) -> Iterator[str]:
    if found["state"] == "degraded":
        yield _("The cache is degraded: this process cannot reach the generations.")
    elif found["state"] == "disabled":
        yield _("The cache is switched off by the settings: every read asks the database.")
    texts = {"look_up": found["look_up"], "ttl": words.duration(found["ttl"])}
    if found["look_up"]:
        yield _("It belongs to the look-up %(look_up)s and lives for %(ttl)s.") % texts
    else:
        yield _("It has no look-up: code sets or computes it. It lives for %(ttl)s.") % texts
    for pid, answer in sorted(answers.items()):
        what = (
            _("did not answer")
            if answer is None or "error" in answer
            else _held(answer["local"], answer.get("dropped"))
        )
        yield _("Process %(pid)s: %(what)s.") % {"pid": pid, "what": what}
    yield _("Shared tier: %(what)s.") % {"what": _held(found["shared"])}
    yield _last(found["last_invalidation"])


def _held(entry: Mapping[str, Any] | None, dropped: Mapping[str, Any] | None = None) -> str:
    if entry is None and dropped is not None:
        texts = {"ago": words.duration(dropped["seconds_ago"]), "reason": WHY_DROPPED[dropped["reason"]]}
        return _("dropped it %(ago)s ago, because %(reason)s") % texts
    if entry is None:
        return _("does not hold it")
    if entry["serves"]:
        what = _("holds it for %(time)s more and would serve it") % {"time": words.duration(entry["seconds_left"])}
    else:
        what = _("holds it and would not serve it, because %(reason)s") % {"reason": WHY_NOT[entry["why_not"]]}
    if entry["invalidated_tags"]:
        what += f" ({', '.join(entry['invalidated_tags'][:MAX_TAGS])})"
    if entry["equal"] is None:
        return what
    return what + ", " + (_("equal to the database") if entry["equal"] else _("DIFFERENT from the database"))


def _last(last: Mapping[str, Any] | None) -> str:
    if last is None:
        return _("No invalidation of it is in the log of this host.")
    at = timezone.localtime(datetime.fromisoformat(last["at"]))
    return _(
        "Last invalidated %(ago)s ago, on %(at)s, by process %(pid)s (%(command)s): %(cause)s, by the tag %(tag)s."
    ) % {
        "ago": words.duration(last["seconds_ago"]),
        "at": f"{date_format(at, 'SHORT_DATE_FORMAT')} {at:%H:%M:%S}",
        "pid": last["pid"],
        "command": last["command"],
        "cause": words.cause(last["cause"]),
        "tag": last["tag"],
    }
