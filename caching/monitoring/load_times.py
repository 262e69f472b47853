"""How long loads take: a histogram of powers of two, so that the counts of processes and hosts add up."""

from collections.abc import Sequence

_FIRST = 6
_BOUNDED = 19
BOUNDS: tuple[float, ...] = tuple(2 ** (_FIRST + position) / 1e6 for position in range(_BOUNDED))
"""The upper bounds of the buckets in seconds, from 64 µs to 16.8 s. The last bucket, after these, has no bound."""
COUNTERS = (*(f"loads_within_{2 ** (_FIRST + position)}us" for position in range(_BOUNDED)), "loads_beyond")


def bucket_of(nanoseconds: int) -> int:
    """Return the position of the first bucket whose bound is not below the time."""
    return min(max((max(nanoseconds - 1, 0) // 1000).bit_length() - _FIRST, 0), _BOUNDED)


def quantile(counts: Sequence[int], share: float) -> float | None:
    """Return the seconds within which ``share`` of the loads (0 to 1) ended; None if there was no load.

    Within a bucket, loads are taken to be spread evenly, so the error is less than a factor of two. Loads beyond the
    last bound are reported as that bound.
    """
    wanted, below = share * sum(counts), 0
    if not wanted:
        return None
    for position, count in enumerate(counts[:_BOUNDED]):
        if below + count >= wanted:
            lower = BOUNDS[position - 1] if position else 0.0
            return lower + (BOUNDS[position] - lower) * (wanted - below) / count
        below += count
    return BOUNDS[-1]
