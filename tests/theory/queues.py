"""Queues whose answers are known: closed forms with their sources, and Markov chains solved.

All waits are mean times from joining a queue until service starts, in the unit of the service
times; rates are per the same unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import integrate, optimize, sparse
from scipy.sparse import linalg

from sogdia.simulation.distribution import Distribution

Floats = NDArray[np.float64]
State = TypeVar("State", bound=Hashable)
Moves = Iterable[tuple[State, float]]
Chain = dict[Any, float]


def second_moment(service: Distribution) -> float:
    """Mean of the square."""
    return service.mean**2 * (1.0 + service.cv**2)


def erlang_c(load: float, servers: int) -> float:
    """Probability that a shipment has to wait in M/M/c (Erlang, 1917)."""
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) / (1.0 - load / servers)
    return last / (sum(terms) + last)


def erlang_wait(rate: float, service: float, servers: int) -> float:
    """Mean wait of M/M/c (Erlang, 1917)."""
    load = rate * service
    return erlang_c(load, servers) * service / (servers - load)


def pollaczek_khinchine_wait(rate: float, service: Distribution) -> float:
    """Mean wait of M/G/1 (Pollaczek, 1930; Khinchine, 1932)."""
    return rate * second_moment(service) / (2.0 * (1.0 - rate * service.mean))


def batch_wait(batches: float, size: int, service: Distribution) -> float:
    """Mean wait of M[b]/G/1, batches of one size (Burke, 1975, Operations Research 23).

    The batch is a customer of Pollaczek and Khinchine; within it half of the others go before.
    """
    squares = size * second_moment(service) + size * (size - 1) * service.mean**2
    rho = batches * size * service.mean
    return batches * squares / (2.0 * (1.0 - rho)) + (size - 1) / 2.0 * service.mean


def scheduled_wait(rate: float, service: float) -> float:
    """Mean wait of D/M/1 (Kendall, 1953, Annals of Mathematical Statistics 24).

    An arrival finds n before it with a probability that falls by sigma from n to n + 1, the root
    below 1 of sigma = A(mu (1 - sigma)), A the transform of the times between arrivals.
    """
    sigma = optimize.brentq(
        lambda s: s - math.exp(-(1.0 - s) / (rate * service)), 0.0, 1.0 - 1e-9, xtol=1e-14
    )
    return sigma * service / (1.0 - sigma)


def jackson_lengths(
    enter: ArrayLike, routing: ArrayLike, service: Sequence[float], servers: Sequence[int]
) -> Floats:
    """Mean numbers waiting at the stations of an open network (Jackson, 1957, Oper. Res. 5).

    Each is as M/M/c at the rate that solves the traffic equations.
    """
    matrix = np.asarray(routing)
    rate = np.linalg.solve(np.eye(len(matrix)) - matrix.T, np.asarray(enter))
    return np.array(
        [
            through * erlang_wait(through, hours, number)
            for through, hours, number in zip(rate, service, servers, strict=True)
        ]
    )


def bulk_length(rate: float, stay: float, least: int, most: int) -> float:
    """Mean number waiting in M/M[a,b]/1 (Neuts, 1967; Medhi, 1975, Management Science 21).

    While the server is away, n wait with probability A r**n, where r is the root below 1 of
    mu r**(b + 1) - (lambda + mu) r + lambda; it is at hand only with less than a waiting.
    """
    mu = 1.0 / stay
    r = optimize.brentq(
        lambda z: mu * z ** (most + 1) - (rate + mu) * z + rate, 0.0, 1.0 - 1e-9, xtol=1e-14
    )
    at_hand = mu / rate * (1.0 - r ** np.arange(1, least + 1)) / (1.0 - r)
    away = 1.0 / (1.0 - r)
    waiting = r / (1.0 - r) ** 2 + float(at_hand @ np.arange(least))
    return waiting / (away + float(at_hand.sum()))


def bus_length(rate: float, headway: float, capacity: int) -> float:
    """Mean number waiting for departures at equal times that take b each (Bailey, 1954, JRSS B 16).

    By the roots within the unit circle of z**b = exp(v (z - 1)), v arrivals per departure, as
    Janssen and van Leeuwaarden (2005, Queueing Systems 50) sum them for the number before a
    departure; of v, half have come on average.
    """
    v = rate * headway
    turn = np.exp(2j * math.pi * np.arange(1, capacity) / capacity)
    root = np.zeros(capacity - 1, dtype=complex)
    for _ in range(2000):
        root = turn * np.exp(v / capacity * (root - 1.0))
    before = (v + v / (capacity - v) + float(((1.0 + root) / (1.0 - root)).real.sum())) / 2.0
    return before - v / 2.0


def repair_shop(machines: int, up: float, repair: float, repairmen: int) -> tuple[float, float]:
    """Mean numbers of machines down, and of repairmen at work (Palm, 1947; Feller, 1957).

    Repairs are exponential; of the times in use only the mean matters (Bunday and Scraton, 1980,
    European J. Operational Research 4).
    """
    down = np.arange(machines + 1)
    at_work = np.minimum(down, repairmen)
    weight = np.cumprod([1.0, *(down[:0:-1] / at_work[1:] * repair / up)])
    share = weight / weight.sum()
    return float(share @ down), float(share @ at_work)


def interrupted_wait(rate: float, service: Distribution, up: float, repair: Distribution) -> float:
    """Mean wait of M/G/1 whose server breaks down, busy or not; work is resumed.

    Avi-Itzhak and Naor (1963, Operations Research 11) and Gaver (1962, J. Royal Statistical
    Society B 24), for exponential times ``up`` that pass also while nobody is served. A service
    with its interruptions, the completion time X, has the mean E[S] (1 + a E[R]) and the second
    moment E[S**2] (1 + a E[R])**2 + a E[S] E[R**2]. Over Pollaczek and Khinchine's wait at X comes
    what is left of repairs that began with nobody there: they begin at the rate
    a P(up, empty) = a (1 - rate E[X]) / (1 + a E[R]), and each adds E[R**2] / 2 to the integral of
    the wait in store, which counts again over 1 - rate E[X].
    """
    longer = 1.0 + repair.mean / up
    mean = service.mean * longer
    square = second_moment(service) * longer**2 + service.mean / up * second_moment(repair)
    idle_repair = second_moment(repair) / (2.0 * up * longer)
    return rate * square / (2.0 * (1.0 - rate * mean)) + idle_repair


def priority_waits(rates: Sequence[float], services: Sequence[Distribution]) -> Floats:
    """Mean waits of M/G/1 by class, the first goes first, no pre-emption (Cobham, 1954)."""
    pairs = list(zip(rates, services, strict=True))
    left = sum(rate * second_moment(service) for rate, service in pairs) / 2.0
    load = np.cumsum([0.0, *(rate * service.mean for rate, service in pairs)])
    return np.asarray(left / ((1.0 - load[:-1]) * (1.0 - load[1:])))


def mean_present(
    factors: Sequence[float], month: float, survival: Callable[[Floats], Floats], ticks: Floats
) -> Floats:
    """Mean number in M(t)/G/infinity between ticks, from empty (Eick, Massey and Whitt, 1993).

    Of what arrived at u, the share P(S > t - u) is there at t. The rate is constant by month, so
    with H the integral of the survival function and K that of H, a rate of arrivals that steps
    at u by d adds d (K(t2 - u) - K(t1 - u)) to the integral of the number from t1 to t2.
    """
    step = month / 4000.0
    grid = np.arange(0.0, len(factors) * month + step, step)
    once = integrate.cumulative_simpson(survival(grid), x=grid, initial=0.0)
    twice = integrate.cumulative_simpson(once, x=grid, initial=0.0)
    total = np.zeros_like(ticks)
    for number, jump in enumerate(np.diff([0.0, *factors])):
        total += jump * np.interp(ticks - number * month, grid, twice, left=0.0)
    return np.asarray(np.diff(total) / np.diff(ticks))


def patient_wait(rate: float, patience: float) -> float:
    """Mean wait for a vessel that leaves a fixed time after it left last, or later with the first.

    By renewal of the departures: in the fixed time, half of it is waited on average; the first
    after a time without arrivals waits not at all (Ross, 1996, Stochastic Processes, chapter 3).
    """
    return rate * patience**2 / 2.0 / (rate * patience + math.exp(-rate * patience))


def renewal_wait(gaps: ArrayLike) -> tuple[float, float]:
    """Means of the wait for what comes in these gaps, in turn, and of its square.

    E[H**2] / (2 E[H]) and E[H**3] / (3 E[H]) (Cox, 1962, Renewal Theory, chapter 5).
    """
    gap = np.asarray(gaps, dtype=np.float64)
    return float((gap**2).sum() / gap.sum() / 2.0), float((gap**3).sum() / gap.sum() / 3.0)


def stationary(start: State, moves: Callable[[State], Moves[State]]) -> dict[State, float]:
    """Probabilities of the states of a Markov chain in continuous time that can be reached.

    ``moves(state)`` gives next states and rates. Solves the balance equations, one of which is
    exchanged for the sum of the probabilities.
    """
    number = {start: 0}
    entries: list[tuple[int, int, float]] = []
    todo = [start]
    for state in todo:
        for after, rate in moves(state):
            if after not in number:
                number[after] = len(number)
                todo.append(after)
            entries.append((number[state], number[after], rate))
            entries.append((number[state], number[state], -rate))
    size = len(number)
    first = np.arange(size) == 0
    entries = [entry for entry in entries if entry[1] > 0] + [(n, 0, 1.0) for n in range(size)]
    sources, targets, rates = zip(*entries, strict=True)
    balance = sparse.coo_array((rates, (targets, sources)), shape=(size, size)).tocsc()
    share = linalg.spsolve(balance, first.astype(np.float64))
    return dict(zip(number, share.tolist(), strict=True))


def mean_of(share: Mapping[Any, float], what: Callable[..., float]) -> float:
    """Mean of a function of the state."""
    return math.fsum(chance * what(*state) for state, chance in share.items())


def bulk_chain(rate: float, stay: float, least: int, most: int, limit: int) -> Chain:
    """M/M[a,b]/1 as a chain: whether the vessel is away, and how many wait, up to a limit."""

    def moves(state: tuple[int, int]) -> Moves[tuple[int, int]]:
        away, waiting = state
        if waiting < limit:
            left = not away and waiting + 1 >= least
            yield ((1, 0) if left else (away, waiting + 1)), rate
        if away:
            taken = min(waiting, most) if waiting >= least else 0
            yield (int(taken > 0), waiting - taken), 1.0 / stay

    return stationary((0, 0), moves)


def blocking_chain(
    rate: float, service: Sequence[float], rooms: Sequence[int], limit: int
) -> Chain:
    """Three servers in a row, the second and third with room for few: blocking after service.

    A state is the number at the first (up to a limit), whether what it has finished is held up,
    number and hold-up at the second, number at the third; a number includes who is served or
    held up. (Hunt, 1956, Operations Research 4; Perros, 1994, Queueing Networks with Blocking.)
    """
    mu = [1.0 / one for one in service]

    def settle(n1: int, b1: int, n2: int, b2: int, n3: int) -> tuple[int, int, int, int, int]:
        if b2 and n3 < rooms[1]:
            n2, b2, n3 = n2 - 1, 0, n3 + 1
        if b1 and n2 < rooms[0]:
            n1, b1, n2 = n1 - 1, 0, n2 + 1
        return n1, b1, n2, b2, n3

    def moves(state: tuple[int, int, int, int, int]) -> Moves[tuple[int, int, int, int, int]]:
        n1, b1, n2, b2, n3 = state
        if n1 < limit:
            yield (n1 + 1, b1, n2, b2, n3), rate
        if n1 and not b1:
            yield settle(n1, 1, n2, b2, n3), mu[0]
        if n2 and not b2:
            yield settle(n1, b1, n2, 1, n3), mu[1]
        if n3:
            yield settle(n1, b1, n2, b2, n3 - 1), mu[2]

    return stationary((0, 0, 0, 0, 0), moves)


def finishing_chain(rate: float, service: float, up: float, repair: float, limit: int) -> Chain:
    """M/M/1 whose server breaks down, busy or not, but ends what it has begun; all exponential.

    A state is the number there, whether the server is up, and whether it is at work.
    """

    def moves(state: tuple[int, bool, bool]) -> Moves[tuple[int, bool, bool]]:
        number, is_up, works = state
        if number < limit:
            yield (number + 1, is_up, works or is_up), rate
        if works:
            yield (number - 1, is_up, is_up and number > 1), 1.0 / service
        if is_up:
            yield (number, False, works), 1.0 / up
        else:
            yield (number, True, number > 0), 1.0 / repair

    return stationary((0, True, False), moves)
