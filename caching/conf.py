"""The configuration of the cache: settings.CACHING, checked and frozen.

The TTL table is searched by name. For the type ``employee`` and the kind ``email``, the first of these names that is
in the table decides: ``employee_by_email``, ``employee_email``, ``email_employees``, ``employee``, ``default``.
So names such as "employee_by_id", "shift_types", "active_rules" and "department_list" need no registration.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

DEFAULT_TTL = 300
DEFAULT_MAX_SIZE = 1000
SHORTEST_TOKEN = 16


@dataclass(frozen=True, kw_only=True)
class Config:
    """The options of settings.CACHING. Times are in seconds, sizes in entries."""

    ENABLED: bool = True
    """If False, every read loads its value and nothing is stored; writes still publish invalidations."""
    SHARED_ALIAS: str | None = None
    """The alias in settings.CACHES that holds values for all processes; None keeps values in each process only."""
    GENERATIONS: Literal["auto", "memory", "redis"] = "auto"
    """Where generations are kept; "auto" uses Redis if the shared alias is served by Redis, else shared memory."""
    TTL: Mapping[str, float] = field(default_factory=dict)
    LEARN_TTL: bool = True
    """Whether times to live are learned from how often values change behind Django's back."""
    MAX_DRIFT: float = 0.02
    """The share of the reads, from 0 to 1, that may get such a value, where times to live are learned."""
    MAX_SIZE: Mapping[str, int] = field(default_factory=dict)
    ENTRY_BYTES: int = 262_144
    """An entry that takes more bytes than this counts as several of MAX_SIZE."""
    EVICTION: Mapping[str, Literal["sieve", "lru"]] = field(default_factory=dict)
    """Which entry of a full type makes room: by SIEVE, or the least recently used."""
    REFRESH: Mapping[str, Literal["rows", "all", "none"]] = field(default_factory=dict)
    """What is renewed in the background if it is read shortly before it expires: computed values only with "all"."""
    REFILL: Mapping[str, bool] = field(default_factory=dict)
    """Whether the process that writes a row loads it anew for all processes."""
    DEGRADED_TTL: float = 5
    """How long a local entry may live while the generations are unreachable; with 0 every read asks the database."""
    INTENT_SECONDS: float = 30
    """How long a COMMIT may take before readers assume that its process has been killed."""
    STRICT: bool = False
    OUTBOX: Literal["auto", "always"] = "auto"
    SCOPE: str | None = None
    """The dotted path of a callable that returns a short text, such as a tenant, or None; a part of every key."""
    WARM_ON_START: bool = False
    """Whether a process that begins to serve fills the caches, in a thread."""
    SAMPLE_SECONDS: float = 60
    """How often the history is written, by one thread of the host; with 0 only ``manage.py cache sample`` writes it."""
    VERIFY_SAMPLE: int = 0
    """How many entries of each kind every serving process compares with the database every SAMPLE_SECONDS; 0: none."""
    STATS_TOKEN: str | None = None
    """The token with which programs may read the statistics: ``Authorization: Bearer …``; None lets no program in."""
    DIRECTORY: str | Path | None = None
    """The directory of the shared-memory files, the same for all processes of the host; None means ./var."""

    def __post_init__(self) -> None:
        for table in ("TTL", "MAX_SIZE"):
            for name, number in getattr(self, table).items():
                if isinstance(number, bool) or not isinstance(number, (int, float)) or number <= 0:
                    raise ImproperlyConfigured(f'CACHING["{table}"]["{name}"] is {number!r}; give a positive number.')
        if isinstance(self.ENTRY_BYTES, bool) or not isinstance(self.ENTRY_BYTES, int) or self.ENTRY_BYTES < 1024:
            raise ImproperlyConfigured(f'CACHING["ENTRY_BYTES"] is {self.ENTRY_BYTES!r}; give at least 1024 bytes.')
        for name, eviction in self.EVICTION.items():
            if eviction not in ("sieve", "lru"):
                raise ImproperlyConfigured(f'CACHING["EVICTION"]["{name}"] is {eviction!r}; allowed: sieve, lru.')
        for name, refresh in self.REFRESH.items():
            if refresh not in ("rows", "all", "none"):
                raise ImproperlyConfigured(f'CACHING["REFRESH"]["{name}"] is {refresh!r}; allowed: rows, all, none.')
        for name, switch in self.REFILL.items():
            if not isinstance(switch, bool):
                raise ImproperlyConfigured(f'CACHING["REFILL"]["{name}"] is {switch!r}; give True or False.')
        for option, allowed in {"GENERATIONS": ("auto", "memory", "redis"), "OUTBOX": ("auto", "always")}.items():
            if getattr(self, option) not in allowed:
                raise ImproperlyConfigured(
                    f'CACHING["{option}"] is {getattr(self, option)!r}; allowed: {", ".join(allowed)}.'
                )
        if self.INTENT_SECONDS <= 0 or self.DEGRADED_TTL < 0 or self.SAMPLE_SECONDS < 0:
            raise ImproperlyConfigured(
                "CACHING: INTENT_SECONDS must be above 0, and DEGRADED_TTL and SAMPLE_SECONDS at least 0 seconds."
            )
        if isinstance(self.VERIFY_SAMPLE, bool) or not isinstance(self.VERIFY_SAMPLE, int) or self.VERIFY_SAMPLE < 0:
            raise ImproperlyConfigured(
                f'CACHING["VERIFY_SAMPLE"] is {self.VERIFY_SAMPLE!r}; give a number of entries, or 0 to compare none.'
            )
        for option in ("LEARN_TTL", "WARM_ON_START"):
            if not isinstance(getattr(self, option), bool):
                raise ImproperlyConfigured(f'CACHING["{option}"] is {getattr(self, option)!r}; give True or False.')
        if not isinstance(self.MAX_DRIFT, (int, float)) or not 0 < self.MAX_DRIFT < 1:
            raise ImproperlyConfigured(
                f'CACHING["MAX_DRIFT"] is {self.MAX_DRIFT!r}; give a share of the reads above 0 and below 1, like 0.02.'
            )
        if self.STATS_TOKEN is not None and len(self.STATS_TOKEN) < SHORTEST_TOKEN:
            raise ImproperlyConfigured(
                f'CACHING["STATS_TOKEN"] has {len(self.STATS_TOKEN)} characters; give at least {SHORTEST_TOKEN}, for '
                "instance those of: python -c 'import secrets; print(secrets.token_urlsafe())'."
            )

    @classmethod
    def from_settings(cls) -> Self:
        """Read settings.CACHING; raise ImproperlyConfigured for an unknown option or an invalid value."""
        options: dict[str, Any] = dict(getattr(settings, "CACHING", {}))
        known = [option.name for option in fields(cls)]
        if unknown := sorted(set(options) - set(known)):
            raise ImproperlyConfigured(f"CACHING has unknown options {unknown}. Known options: {', '.join(known)}.")
        for table in ("TTL", "MAX_SIZE", "EVICTION", "REFRESH", "REFILL"):
            options[table] = MappingProxyType(dict(options.get(table, {})))
        return cls(**options)

    def ttl(self, type_name: str, kind: str) -> float | None:
        """Return the seconds that the TTL table has for this kind, or None if it has neither the kind nor the type."""
        for name in (f"{type_name}_by_{kind}", f"{type_name}_{kind}", f"{kind}_{type_name}s", type_name):
            if name in self.TTL:
                return self.TTL[name]
        return None

    def scope(self) -> Callable[[], str | None] | None:
        """Return the callable that SCOPE names, if any; raise ImproperlyConfigured if there is none at that path."""
        if self.SCOPE is None:
            return None
        try:
            found = import_string(self.SCOPE)
        except (ImportError, AttributeError, TypeError) as error:
            raise ImproperlyConfigured(
                f'CACHING["SCOPE"] is {self.SCOPE!r}, which cannot be imported: {error}'
            ) from error
        if not callable(found):
            raise ImproperlyConfigured(f'CACHING["SCOPE"] is {self.SCOPE!r}, which cannot be called.')
        return cast("Callable[[], str | None]", found)

    def eviction(self, type_name: str) -> Literal["sieve", "lru"]:
        return self.EVICTION.get(type_name) or self.EVICTION.get("default") or "sieve"

    def refresh(self, type_name: str) -> Literal["rows", "all", "none"]:
        return self.REFRESH.get(type_name) or self.REFRESH.get("default") or "rows"

    def refills(self, type_name: str) -> bool:
        return self.REFILL.get(type_name, self.REFILL.get("default", False))

    @property
    def directory(self) -> Path | None:
        """DIRECTORY as a path; None if it is not set."""
        return Path(self.DIRECTORY) if self.DIRECTORY else None

    @property
    def default_max_size(self) -> int:
        return self.MAX_SIZE.get("default", DEFAULT_MAX_SIZE)

    @property
    def default_ttl(self) -> float:
        return self.TTL.get("default", DEFAULT_TTL)
