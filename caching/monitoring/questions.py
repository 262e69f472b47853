"""What every serving process of the host can be asked, and the log that each of them writes."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..conf import Config
from ..reading.manager import cache_manager
from .agents import Agent
from .explanation import explain
from .invalidation_log import FOLDER_NAME, InvalidationLog
from .verification import verify_local


def verify(types: list[str], sample: int | None, repair: bool) -> dict[str, Any]:
    return asdict(verify_local(types, sample, repair=repair))


def who() -> dict[str, Any]:
    """Return how many entries this process holds, and its state."""
    return {
        "state": cache_manager.state,
        "entries": sum(cache_manager.get_stats()["cache_sizes"].values()),
    }


agent = Agent({"verify": verify, "explain": lambda type, key: explain(type, key), "who": who})


def _folder_of_the_log() -> Path | None:
    # Not from the manager: a process that only writes does not open what reads need.
    directory = Config.from_settings().DIRECTORY
    return Path(directory) / FOLDER_NAME if directory else None


log = InvalidationLog(_folder_of_the_log)


def after_fork() -> None:
    agent.forget()
    log.forget()


os.register_at_fork(after_in_child=after_fork)
