"""Where the server keeps what it knows of a tag. Names are hashed: a tag may hold an e-mail address."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Self

from django.core.cache import caches
from django.db import connections

_MAX_KEYS = 500_000


class Keyspace:
    """The keys of one project and database in the server."""

    def __init__(self, prefix: str) -> None:
        # Braces: in a cluster all of them live on one node, as the scripts need it.
        self.generations = f"{{{prefix}}}:g:".encode()
        self._intents = f"{{{prefix}}}:i:".encode()
        self._keys: dict[str, bytes] = {}

    @classmethod
    def of(cls, alias: str) -> Self:
        """Return the keys for the alias and the default database, a test's too, which share a server with others."""
        database = str(connections.settings["default"].get("NAME", ""))
        digest = blake2b(database.encode(), digest_size=6).hexdigest()
        return cls(f"{caches[alias].key_prefix}:{digest}")

    def generations_of(self, tags: Sequence[str]) -> list[bytes]:
        """Return the keys of the generations of several tags."""
        keys = self._keys
        try:
            return [keys[tag] for tag in tags]
        except KeyError:
            return [self.generation(tag) for tag in tags]

    def generation(self, tag: str) -> bytes:
        """Return the key of its generation: one object for each tag, which is quick to look up and shared by stamps."""
        try:
            return self._keys[tag]
        except KeyError:
            if len(self._keys) > _MAX_KEYS:
                self._keys.clear()
            digest = blake2b(tag.encode(), digest_size=12).hexdigest().encode()
            key = self._keys[tag] = self.generations + digest
            return key

    def pairs(self, tags: Sequence[str]) -> list[bytes]:
        """Return, for each tag, the key of its generation and that of its intents."""
        return self.with_intents(self.generations_of(tags))

    def with_intents(self, generations: Sequence[bytes]) -> list[bytes]:
        """Return each key of a generation with that of the intents of the same tag behind it."""
        start = len(self.generations)
        return [key for generation in generations for key in (generation, self._intents + generation[start:])]
