"""Clear, warm, verify and reset: what each does, in words before and in counts after it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..coherence.publishing import publisher
from ..keys import known_types
from ..monitoring.questions import reset_everywhere, verify_everywhere
from ..monitoring.warming import warm_each
from ..reading.manager import cache_manager
from . import words

MAX_ROWS = 1000
MAX_COMPARED = 1000
MAX_NAMED = 5
OPTION = "option"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an action did."""

    message: str
    done: bool = True
    """Whether all of it was done and nothing is wrong."""


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something that a user can let the cache do, for one type or, with an empty name, for all."""

    name: str
    label: Promise
    permission: str
    of_one: bool
    """Whether it can be done for one type."""
    question: Promise
    will_happen: Callable[[str], Sequence[str]]
    """Says what will happen, before it does."""
    run: Callable[[str, bool], Outcome]
    """Does it; the second argument says whether the option was chosen, if there is one."""
    option: Promise | None = None
    """What can be chosen besides."""
    option_permission: str = ""


def what(type_name: str) -> str:
    return type_name or _("every cache type")


def _clear_text(type_name: str) -> Sequence[str]:
    return [
        _("All processes drop %(what)s: now %(entries)s on this host.")
        % {"what": what(type_name), "entries": _held(type_name)},
        _("Nothing is lost. The next read of each entry asks the database, and takes longer once."),
    ]


def _clear(type_name: str, warm: bool) -> Outcome:
    held, lost = _held(type_name), publisher.undelivered
    cache_manager.clear(type_name or None)
    texts = {"what": what(type_name), "entries": held}
    if publisher.undelivered == lost:
        message = _("Cleared %(what)s: every process loads anew. All processes of this host together held %(entries)s.")
        if not warm:
            return Outcome(message=message % texts)
        warmed = _warm(type_name, False)
        return Outcome(message=f"{message % texts} {warmed.message}", done=warmed.done)
    if publisher.store.has_outbox:
        message = _(
            "Not cleared yet: %(what)s. The server cannot be reached. It waits in the outbox, and is cleared by "
            "the first process that reaches the server."
        )
        return Outcome(message=message % texts, done=False)
    return Outcome(message=_("Not cleared: %(what)s. The generations cannot be reached.") % texts, done=False)


def _held(type_name: str) -> str:
    sizes = cache_manager.get_stats(all_processes=True)["cache_sizes"]
    entries = sizes.get(type_name, 0) if type_name else sum(sizes.values())
    return ngettext("%(number)s entry", "%(number)s entries", entries) % {"number": words.number(entries)}


def _warm_text(type_name: str) -> Sequence[str]:
    sentences = [
        _("For each look-up of %(what)s, at most %(rows)s of the newest rows are loaded, with one query or a few.")
        % {"what": what(type_name), "rows": words.number(MAX_ROWS)},
    ]
    if cache_manager.runtime.opened().shared is not None:
        sentences.append(_("They are held in the shared tier, so every process finds them there."))
    else:
        sentences.append(_("There is no shared tier, so only the process that answers you holds them."))
    return sentences


def _warm(type_name: str, chosen: bool) -> Outcome:
    found = list(warm_each([type_name] if type_name else known_types(), MAX_ROWS))
    if not found:
        message = _("Nothing was loaded: %(what)s has no look-up that could be asked for its rows.")
        return Outcome(message=message % {"what": what(type_name)}, done=False)
    texts = {
        "what": what(type_name),
        "loaded": words.number(sum(one.loaded for one in found)),
        "values": words.number(sum(one.values for one in found)),
    }
    return Outcome(message=_("Warmed %(what)s: loaded %(loaded)s of %(values)s values; the others were held.") % texts)


def _verify_text(type_name: str) -> Sequence[str]:
    return [
        _(
            "Every process of this host compares what it holds of %(what)s with the database, at most %(number)s "
            "entries of each kind, and so is the shared tier."
        )
        % {"what": what(type_name), "number": words.number(MAX_COMPARED)},
        _("It asks the database for these rows. What a write changes meanwhile is no finding."),
    ]


def _verify(type_name: str, repair: bool) -> Outcome:
    found = verify_everywhere([type_name] if type_name else [], MAX_COMPARED, repair=repair)
    total = found.total
    sentences = [
        ngettext(
            "Compared %(number)s entry of %(processes)s with the database.",
            "Compared %(number)s entries of %(processes)s with the database.",
            total.verified,
        )
        % {
            "number": words.number(total.verified),
            "processes": ngettext("%(count)s process", "%(count)s processes", found.processes)
            % {"count": words.number(found.processes)},
        }
    ]
    if total.bound is not None:
        sentences.append(
            _("None is stale: below %(share)s at 95 %%.") % {"share": f"{words.number(100 * total.bound, 2)} %"}
        )
    if found.stale:
        named = [f"{stale['type']} {stale['key']} ({_where(pid)})" for pid, stale in found.stale[:MAX_NAMED]]
        more = len(found.stale) - len(named)
        if more:
            named.append(_("and %(number)s more") % {"number": words.number(more)})
        sentences.append(
            _("STALE, somebody has written past Django: %(number)s, namely %(entries)s.")
            % {"number": words.number(len(found.stale)), "entries": ", ".join(named)}
        )
        sentences.append(_("They were dropped.") if repair else _("They are still held: verify again and drop them."))
    if total.changed:
        sentences.append(_("%(number)s more changed meanwhile.") % {"number": words.number(total.changed)})
    if total.without_lookup:
        sentences.append(
            _("%(number)s more have no look-up that could load them again.")
            % {"number": words.number(total.without_lookup)}
        )
    if found.silent:
        sentences.append(_("Not compared: process %(pids)s.") % {"pids": ", ".join(map(str, found.silent))})
    return Outcome(message=" ".join(sentences), done=not (found.stale or found.silent))


def _where(pid: int | None) -> str:
    return _("shared tier") if pid is None else _("process %(pid)s") % {"pid": pid}


def _reset_text(type_name: str) -> Sequence[str]:
    return [
        _("The counts of all processes of this host begin at zero again, and the history of all hosts is deleted."),
        _("What the cache holds stays. The figures cannot be brought back."),
    ]


def _reset(type_name: str, chosen: bool) -> Outcome:
    reads = cache_manager.get_stats(all_processes=True)["total_requests"]
    silent = reset_everywhere()
    if silent:
        message = _("Reset, but process %(pids)s did not answer, so its counts stay.")
        return Outcome(message=message % {"pids": ", ".join(map(str, silent))}, done=False)
    message = _("Reset: counting begins at zero. %(reads)s reads had been counted on this host.")
    return Outcome(message=message % {"reads": words.number(reads)})


ACTIONS: Mapping[str, Action] = {
    action.name: action
    for action in (
        Action(
            name="clear",
            label=gettext_lazy("Clear"),
            permission="caching.clear_cache",
            of_one=True,
            question=gettext_lazy("Clear the cache?"),
            will_happen=_clear_text,
            run=_clear,
            option=gettext_lazy("Then load what is worth it"),
            option_permission="caching.warm_cache",
        ),
        Action(
            name="warm",
            label=gettext_lazy("Warm"),
            permission="caching.warm_cache",
            of_one=True,
            question=gettext_lazy("Warm the cache?"),
            will_happen=_warm_text,
            run=_warm,
        ),
        Action(
            name="verify",
            label=gettext_lazy("Verify"),
            permission="caching.warm_cache",
            of_one=False,
            question=gettext_lazy("Compare the cache with the database?"),
            will_happen=_verify_text,
            run=_verify,
            option=gettext_lazy("Drop what differs, in every process"),
            option_permission="caching.clear_cache",
        ),
        Action(
            name="reset",
            label=gettext_lazy("Reset"),
            permission="caching.clear_cache",
            of_one=False,
            question=gettext_lazy("Reset the statistics?"),
            will_happen=_reset_text,
            run=_reset,
        ),
    )
}
