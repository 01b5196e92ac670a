"""The queue of labels: a heap for the present bucket of keys, lists for those after it.

Most labels wait long, and many are dominated before their turn. In a list they cost nothing
until their bucket comes (Dial, 1969), and the heap stays small enough for the cache.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints

BUCKETS = 4096
NO_LABEL = -1


@njit(cache=True, nogil=True)
def _before(value: Floats, key: float, label: int, other_key: float, other: int) -> bool:
    """Whether a label leaves the heap before another: first criterion, then the others."""
    if key != other_key:
        return key < other_key
    for column in range(1, value.shape[1]):
        if value[label, column] != value[other, column]:
            return bool(value[label, column] < value[other, column])
    return label < other


@njit(cache=True, nogil=True)
def push(keys: Floats, heap: Ints, value: Floats, size: int, key: float, label: int) -> None:
    """Add a label to the heap."""
    slot = size
    while slot > 0:
        above = (slot - 1) >> 2
        if not _before(value, key, label, keys[above], heap[above]):
            break
        keys[slot] = keys[above]
        heap[slot] = heap[above]
        slot = above
    keys[slot] = key
    heap[slot] = label


@njit(cache=True, nogil=True)
def drop_top(keys: Floats, heap: Ints, value: Floats, size: int) -> None:
    """Remove the top of a heap whose new size is `size`; its last entry sinks from there."""
    key = keys[size]
    label = heap[size]
    slot = 0
    while True:
        child = 4 * slot + 1
        if child >= size:
            break
        best = child
        for other in range(child + 1, min(child + 4, size)):
            if _before(value, keys[other], heap[other], keys[best], heap[best]):
                best = other
        if not _before(value, keys[best], heap[best], key, label):
            break
        keys[slot] = keys[best]
        heap[slot] = heap[best]
        slot = best
    keys[slot] = key
    heap[slot] = label


@njit(cache=True, nogil=True)
def bucket_width(criteria: Floats) -> float:
    """Return a width by which no arc reaches beyond half of the buckets."""
    most = 0.0
    for arc in range(criteria.shape[0]):
        if most < criteria[arc, 0] < np.inf:
            most = criteria[arc, 0]
    return most / (BUCKETS // 2) if most > 0.0 else 1.0


@njit(cache=True, nogil=True)
def file_away(bucket: Ints, after: Ints, number: int, now: int, label: int) -> None:
    """Put a label on the list of its bucket, or on the last list if that is too far ahead."""
    slot = number % BUCKETS if number < now + BUCKETS else BUCKETS
    after[label] = bucket[slot]
    bucket[slot] = label


@njit(cache=True, nogil=True)
def _first_bucket(after: Ints, key: Floats, label: int, width: float) -> int:
    """Return the lowest bucket of the labels on a list."""
    lowest = key[label]
    while label != NO_LABEL:
        lowest = min(lowest, key[label])
        label = after[label]
    return int(lowest / width)


@njit(cache=True, nogil=True)
def next_bucket(
    bucket: Ints,
    after: Ints,
    key: Floats,
    keys: Floats,
    heap: Ints,
    value: Floats,
    now: int,
    width: float,
) -> tuple[int, int]:
    """Move the labels of the next bucket that has any into the empty heap.

    Returns its number and the size of the heap; there must be labels in some bucket.
    """
    size, passed = 0, 0
    while size == 0:
        now += 1
        passed += 1
        if now % BUCKETS == 0:
            label = bucket[BUCKETS]
            bucket[BUCKETS] = NO_LABEL
            if passed > BUCKETS:
                # all labels are on the last list: a long closure lies ahead
                now = _first_bucket(after, key, label, width)
            while label != NO_LABEL:
                following = after[label]
                file_away(bucket, after, int(key[label] / width), now, label)
                label = following
        label = bucket[now % BUCKETS]
        bucket[now % BUCKETS] = NO_LABEL
        while label != NO_LABEL:
            push(keys, heap, value, size, key[label], label)
            size += 1
            label = after[label]
    return now, size
