"""What was declared after start-up, when other processes may have gone without it."""

import logging

from django.apps import apps

logger = logging.getLogger("caching")

WHERE = "Every process of the project must declare the same, also workers and commands that import no views."
late: dict[str, None] = {}
"""Look-ups and watches of which only this process may know, in the order of their declarations."""


def note_if_late(what: str) -> None:
    """Remember and log that a model or field is watched from now on, if all applications are ready already."""
    if apps.ready and what not in late:
        late[what] = None
        logger.warning(
            "%s was declared after start-up: processes that have not imported its module publish no writes to it, so "
            "others may keep stale values. Declare it in a module that the ready() of an AppConfig imports.",
            what,
        )
