"""Smooth, seeded randomness that can be asked for any moment in any order."""

from functools import lru_cache
from math import cos, floor, pi

_MASK = (1 << 64) - 1


@lru_cache(maxsize=1 << 16)
def fraction(seed: int, index: int) -> float:
    """Return a number in 0..1 that depends only on `seed` and `index`."""
    state = (seed * 0x9E3779B97F4A7C15 + index * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return (state ^ (state >> 31)) / _MASK


def between(seed: int, index: int, low: float, high: float) -> float:
    """Return a number in `low`..`high` that depends only on seed and index."""
    return low + (high - low) * fraction(seed, index)


def smooth(seed: int, position: float) -> float:
    """Return 0..1, changing without jumps as `position` grows by one."""
    index = floor(position)
    weight = (1 - cos((position - index) * pi)) / 2
    return fraction(seed, index) * (1 - weight) + fraction(seed, index + 1) * weight
