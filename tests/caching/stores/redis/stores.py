"""What tests of the Redis store ask one."""

from collections.abc import Callable

from caching.stores.redis.mirror import Mirror
from caching.stores.redis.store import RedisGenerations

OpenStore = Callable[..., RedisGenerations]


def is_trusting(store: RedisGenerations) -> bool:
    """Whether the store goes by its server."""
    return store.tracks is not None


def mirror_of(store: RedisGenerations) -> Mirror:
    """Return what the store goes by at this moment."""
    view = store._usable_view()
    assert isinstance(view, Mirror)
    return view
