"""Fronts: what dominates at each state, by all criteria but the first.

For one and two of them a front is a staircase, sorted by the first, the second falling; for
more it is a list in blocks, each skipped when its least values show that nothing in it
dominates.
"""

from __future__ import annotations

from typing import NamedTuple

from numba import njit

from sogdia.network.model import Floats, Ints
from sogdia.routing.growing import grown

BLOCK = 32
STAIRCASE = 2
"""Criteria beside the first up to which fronts are staircases."""


class Fronts(NamedTuple):
    """What dominates at each state: its rows of all criteria but the first, in one table.

    A state's rows begin at `start`, `length` of them, with room for `room`. `least` holds the
    least values of each block of `BLOCK` rows.
    """

    start: Ints
    length: Ints
    room: Ints
    rows: Floats
    least: Floats


@njit(cache=True, nogil=True)
def with_room(fronts: Fronts, state: int, used: int) -> tuple[Fronts, int]:
    """Move a state's full front to the end of the table, with twice the room."""
    columns = fronts.rows.shape[1]
    start, count = fronts.start[state], fronts.length[state]
    room = max(2 * count, BLOCK if columns > STAIRCASE else 4)
    if used + room > fronts.rows.shape[0]:
        rows = 2 * (fronts.rows.shape[0] + room)
        blocks = rows // BLOCK + 1
        fronts = Fronts(
            fronts.start,
            fronts.length,
            fronts.room,
            grown(fronts.rows, rows),
            grown(fronts.least, blocks),
        )
    for row in range(count):
        for column in range(columns):
            fronts.rows[used + row, column] = fronts.rows[start + row, column]
    if columns > STAIRCASE:
        for block in range(count // BLOCK):
            for column in range(columns):
                least = fronts.least[start // BLOCK + block, column]
                fronts.least[used // BLOCK + block, column] = least
    fronts.start[state] = used
    fronts.room[state] = room
    return fronts, used + room


@njit(cache=True, nogil=True)
def _last_not_above(rows: Floats, start: int, count: int, value: float) -> int:
    """Return the last row of a sorted front whose first column is not above a value, or -1."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if rows[start + middle, 0] <= value:
            low = middle + 1
        else:
            high = middle
    return low - 1


@njit(cache=True, nogil=True)
def dominated(rows: Floats, least: Floats, start: int, count: int, others: Floats) -> bool:
    """Whether a row of a state's front is nowhere above `others` (all criteria but the first).

    For one and two columns the front is a staircase: sorted by the first column, the second
    falling. For more it is a list in blocks, whose least values are kept.
    """
    columns = others.shape[0]
    if columns == 0:
        return bool(count > 0)
    if columns <= STAIRCASE:
        step = _last_not_above(rows, start, count, others[0])
        return step >= 0 and (columns == 1 or rows[start + step, 1] <= others[1])
    for block in range(start // BLOCK, (start + count + BLOCK - 1) // BLOCK):
        if not _nowhere_above(least, block, others):
            continue
        for row in range(block * BLOCK, min((block + 1) * BLOCK, start + count)):
            if _nowhere_above(rows, row, others):
                return True
    return False


@njit(cache=True, nogil=True)
def under_stairs(rows: Floats, start: int, count: int, second: float, third: float) -> bool:
    """Whether a step of a staircase of two columns is nowhere above two values."""
    low, high = start, start + count
    while low < high:
        middle = (low + high) >> 1
        if rows[middle, 0] <= second:
            low = middle + 1
        else:
            high = middle
    return low > start and rows[low - 1, 1] <= third


@njit(cache=True, nogil=True)
def _nowhere_above(rows: Floats, row: int, others: Floats) -> bool:
    for column in range(others.shape[0]):  # noqa: SIM110  (numba has no generators)
        if rows[row, column] > others[column]:
            return False
    return True


@njit(cache=True, nogil=True)
def add_to_list(rows: Floats, least: Floats, start: int, count: int, others: Floats) -> int:
    """Add a row to a front that is a list in blocks; return its new length."""
    row = start + count
    block = row // BLOCK
    for column in range(others.shape[0]):
        rows[row, column] = others[column]
        if row % BLOCK == 0 or others[column] < least[block, column]:
            least[block, column] = others[column]
    return count + 1


@njit(cache=True, nogil=True)
def add_to_staircase(rows: Floats, start: int, count: int, others: Floats) -> int:
    """Add a row to a staircase and drop the steps it dominates; return its new length."""
    columns = others.shape[0]
    step = _last_not_above(rows, start, count, others[0])
    at = step if step >= 0 and rows[start + step, 0] == others[0] else step + 1
    end = at
    while end < count and (columns == 1 or rows[start + end, 1] >= others[1]):
        end += 1
    if end == at:
        for row in range(start + count, start + at, -1):
            rows[row, 0] = rows[row - 1, 0]
            if columns == STAIRCASE:
                rows[row, 1] = rows[row - 1, 1]
    elif end > at + 1:
        for row in range(start + at + 1, start + at + 1 + count - end):
            rows[row, 0] = rows[row + end - at - 1, 0]
            if columns == STAIRCASE:
                rows[row, 1] = rows[row + end - at - 1, 1]
    for column in range(columns):
        rows[start + at, column] = others[column]
    return at + 1 + count - end
