"""What every serving process of the host can be asked, and the log that each of them writes."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.db import router, transaction

from ..conf import Config
from ..reading.manager import cache_manager
from . import history
from .agents import SECONDS, Agent, Reply, ask_all
from .explanation import explain
from .invalidation_log import FOLDER_NAME, InvalidationLog
from .repeated_selects import Shape, add_up, selects
from .verification import Verified, verify_local, verify_shared

SHARED_SAMPLE = 1000
"""How many rows of each look-up are compared in the shared tier, which nobody can list."""

MAX_ASKED_SHAPES = 50
PATIENCE_OF_A_PAGE = 1.0


def verify(types: list[str], sample: int | None, repair: bool) -> dict[str, Any]:
    return asdict(verify_local(types, sample, repair=repair))


def who() -> dict[str, Any]:
    """Return how many entries this process holds, and its state."""
    return {
        "state": cache_manager.state,
        "entries": sum(cache_manager.get_stats()["cache_sizes"].values()),
    }


def reset() -> dict[str, Any]:
    cache_manager.reset_stats()
    selects.forget()
    return {}


agent = Agent(
    {
        "verify": verify,
        "explain": lambda type, key: explain(type, key),
        "who": who,
        "reset": reset,
        "selects": lambda: selects.longest(MAX_ASKED_SHAPES),
    }
)


def ask_everyone(name: str, *, patience: float = SECONDS, **arguments: Any) -> list[Reply]:
    """Return what each serving process of the host answers, and this one, even if it does not listen."""
    replies = ask_all(cache_manager.config.directory, name, patience=patience, **arguments)
    if os.getpid() not in {reply.pid for reply in replies}:
        replies.append(Reply(os.getpid(), agent.answer_here({"ask": name, "with": arguments})))
    return replies


def what_to_cache_next(most: int) -> list[Shape]:
    """Return the SELECT shapes that took most time in the serving processes of this host, without their values.

    A process that does not answer at once is left out: this is shown on a page.
    """
    replies = ask_everyone("selects", patience=PATIENCE_OF_A_PAGE)
    return add_up((reply.answer for reply in replies if reply.answer and "error" not in reply.answer), most)


@dataclass
class Everywhere:
    """What a comparison found in all processes of the host and in the shared tier."""

    total: Verified = field(default_factory=Verified)
    stale: list[tuple[int | None, dict[str, str]]] = field(default_factory=list)
    """The process that holds it, None for the shared tier, and what ``Verified.stale`` says."""
    processes: int = 0
    silent: list[int] = field(default_factory=list)
    """Processes that did not answer, or could not."""


def verify_everywhere(types: Sequence[str], sample: int | None, *, repair: bool) -> Everywhere:
    """Compare what all processes of the host and the shared tier hold of some types, by default all."""
    found = Everywhere()
    for reply in ask_everyone("verify", types=list(types), sample=sample, repair=repair):
        found.processes += 1
        if reply.answer is None or "error" in reply.answer:
            found.silent.append(reply.pid)
        else:
            _add(found, reply.pid, Verified(**reply.answer))
    _add(found, None, verify_shared(types, sample or SHARED_SAMPLE, repair=repair))
    return found


def _add(found: Everywhere, pid: int | None, verified: Verified) -> None:
    found.total.add(verified)
    found.stale += [(pid, stale) for stale in verified.stale]


def reset_everywhere() -> list[int]:
    """Set the counts of all processes of this host to zero and delete the history of all hosts.

    Returns the processes that did not answer, whose counts stay.
    """
    from ..models import CacheSample

    directory = cache_manager.config.directory
    recorder = cache_manager.runtime.opened().recorder
    using = router.db_for_write(CacheSample)

    def forget() -> list[int]:
        silent = [reply.pid for reply in ask_everyone("reset") if reply.answer is None or "error" in reply.answer]
        recorder.forget_the_dead()
        # The next sample must find no growth: what is counted from now on is counted from here.
        with transaction.atomic(using=using):
            CacheSample.objects.using(using).filter(seconds__gt=0).delete()
            history.rebase(recorder.snapshot_of_host()[0])
        return silent

    if not directory or not recorder.persistent:
        return forget()
    with history.host_lock(directory, wait=True):
        return forget()


def _folder_of_the_log() -> Path | None:
    # Not from the manager: a process that only writes does not open what reads need.
    directory = Config.from_settings().directory
    return directory / FOLDER_NAME if directory else None


log = InvalidationLog(_folder_of_the_log)


def after_fork() -> None:
    agent.forget()
    log.forget()


os.register_at_fork(after_in_child=after_fork)
