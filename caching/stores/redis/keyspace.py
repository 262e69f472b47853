"""The keys of tags on the server, and what is under them. Tags are hashed: they may contain e-mail addresses."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Self

from django.core.cache import caches

from ...databases import name_of_default

PENDING = b"!"
"""In the place of a generation while the tag has an intent."""
_MAX_DIGITS = 19
_MAX_KEYS = 500_000


def is_generation(value: bytes | None) -> bool:
    """Whether a stored value is a number that the cache writes, a mark, or missing; else it is somebody else's."""
    return value is None or value == PENDING or (len(value) <= _MAX_DIGITS and value.isdigit())


def generation_of(value: bytes | None) -> int | None:
    """Return the generation that is stored, None where there is none."""
    return None if value is None or value == PENDING or not is_generation(value) else int(value)


class Keyspace:
    """The keys of one project and one database on the server."""

    def __init__(self, prefix: str) -> None:
        # The braces make a hash tag: in a cluster all keys are on one node, as the scripts require.
        self.generations = f"{{{prefix}}}:g:".encode()
        self._intents = f"{{{prefix}}}:i:".encode()
        self._keys: dict[str, bytes] = {}

    @classmethod
    def of(cls, alias: str) -> Self:
        """Return the keyspace of an alias and the default database; a test database has its own on a shared server."""
        digest = blake2b(name_of_default().encode(), digest_size=6).hexdigest()
        return cls(f"{caches[alias].key_prefix}:{digest}")

    def generations_of(self, tags: Sequence[str]) -> list[bytes]:
        """Return the keys of the generations of several tags."""
        keys = self._keys
        try:
            return [keys[tag] for tag in tags]
        except KeyError:
            return [self.generation(tag) for tag in tags]

    def generation(self, tag: str) -> bytes:
        """Return the key of the tag's generation: one object per tag, quick to look up and shared by stamps."""
        try:
            return self._keys[tag]
        except KeyError:
            if len(self._keys) > _MAX_KEYS:
                self._keys.clear()
            digest = blake2b(tag.encode(), digest_size=12).hexdigest().encode()
            key = self._keys[tag] = self.generations + digest
            return key

    def pairs(self, tags: Sequence[str]) -> list[bytes]:
        """Return the keys of each tag: of its generation, then of its intents."""
        return self.with_intents(self.generations_of(tags))

    def with_intents(self, generations: Sequence[bytes]) -> list[bytes]:
        """Return each generation key followed by the intents key of the same tag."""
        start = len(self.generations)
        return [key for generation in generations for key in (generation, self._intents + generation[start:])]
