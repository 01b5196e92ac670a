"""The fixed point of choice, waits and capacities over given paths.

Unknown are the mean wait and the scarcity price of every resource. Shippers choose by
`choice.logit` at the costs that these give, or stay at home when the composite
cost of all their paths nears a reservation cost; the waits must be those that the flows
cause, and a price may stand only where capacity is full (complementarity). The system is
solved by a semi-smooth Newton method with an active set for the capacities (Qi and Sun,
1993) and exact derivatives of the logit, with a line search on the norm of the residual.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from sogdia.assignment.choice_kernels import choose, respond, ship
from sogdia.assignment.waits import sakasegawa_wait_h
from sogdia.network.model import Bools, Floats, Ints

QUEUE_MATTERS_ABOVE = 0.02
EMPTY = 1e-12
SMALL = 0.05
CIRCLE = 6
"""Steps that have to come back to where they were two before."""
SHORTEST_STEP = 1.0 / 8.0
GOOD_FALL, FAIR_FALL = 0.05, 0.5
"""What is left of the merit where derivatives of an earlier step serve again, or served once."""
NEAR = 1e-6
"""Norm of the residual vector from which on the residual itself is looked at."""
STEEPNESS = 20.0
BOUND_ROUNDS = 3
"""Times that a linearised system is solved, each with more of its unknowns at their bounds."""


@dataclass(frozen=True, slots=True)
class ChoiceProblem:
    """Shippers, their alternatives, and the resources that these use.

    Attributes
    ----------
    demand : ndarray of float64, shape (groups,)
        kt per year.
    group_first : ndarray of int64, shape (groups + 1,)
        Alternatives of each group.
    money_usd_t, time_h : ndarray of float64, shape (alternatives,)
        Money and time (with its reliability premium, in h) at empty queues.
    value_of_time_usd_t_h : ndarray of float64, shape (groups, classes)
        Value of time of each class of shippers.
    class_share : ndarray of float64, shape (groups, classes)
        Shares of the classes.
    factor : ndarray of float64, shape (alternatives,)
        Factor on the generalised cost (captivity, inconvenience).
    bonus : ndarray of float64, shape (alternatives,)
        Utility that does not depend on cost (path size).
    barred : ndarray of bool, shape (alternatives, classes)
        Alternatives that a class of shippers does not consider.
    reserve_usd_t : ndarray of float64, shape (groups, classes)
        Composite cost at which half of the shipments stay at home.
    scale : float
        Scale of the logit.
    use : csr_array, shape (alternatives, resources)
        Resource units per t.
    visits : csr_array, shape (alternatives, resources)
        Waits suffered at each resource.
    capacity : ndarray of float64, shape (resources,)
        What a resource can carry in a year.
    queue_capacity, servers, service_time_h, service_cv2, arrival_cv2 : ndarray of float64
        What its servers can do in a year, and their queue, shape (resources,);
        `queue_capacity` is nan where nothing queues.
    wait_factor : ndarray of float64, shape (resources,)
        Factor on the formula's wait.
    """

    demand: Floats
    group_first: Ints
    money_usd_t: Floats
    time_h: Floats
    value_of_time_usd_t_h: Floats
    class_share: Floats
    factor: Floats
    bonus: Floats
    barred: Bools
    reserve_usd_t: Floats
    scale: float
    use: sparse.csr_array
    visits: sparse.csr_array
    capacity: Floats
    queue_capacity: Floats
    servers: Floats
    service_time_h: Floats
    service_cv2: Floats
    arrival_cv2: Floats
    wait_factor: Floats

    @property
    def has_queue(self) -> Bools:
        """Whether a resource makes goods wait."""
        return np.isfinite(self.queue_capacity)

    def waits(self, flow: Floats) -> tuple[Floats, Floats]:
        """Return the wait at each resource and its derivative by flow (0 without a queue)."""
        wait = np.zeros(len(flow))
        slope = np.zeros(len(flow))
        queue = self.has_queue
        wait[queue], slope[queue] = sakasegawa_wait_h(
            flow[queue] / self.queue_capacity[queue],
            self.servers[queue],
            self.service_time_h[queue],
            self.service_cv2[queue],
            self.arrival_cv2[queue],
        )
        slope[queue] /= self.queue_capacity[queue]
        return wait * self.wait_factor, slope * self.wait_factor


@dataclass(frozen=True, slots=True)
class Loading:
    """Flows at given waits and prices.

    Attributes
    ----------
    cost_usd_t, flow : ndarray of float64, shape (alternatives, classes)
        Generalised cost and kt per year.
    shipped : ndarray of float64, shape (groups, classes)
        Share of the demand that is shipped.
    composite_usd_t : ndarray of float64, shape (groups, classes)
        Cost that one path alone would need to be as good as all.
    resource_flow : ndarray of float64, shape (resources,)
        Units per year.
    total_cost_kusd : float
        Generalised cost of all that is shipped, thousands of USD per year.
    """

    cost_usd_t: Floats
    flow: Floats
    shipped: Floats
    composite_usd_t: Floats
    resource_flow: Floats
    total_cost_kusd: float


@dataclass(frozen=True, slots=True)
class Response:
    """Derivatives of the flows through all resources by some waits and prices.

    Attributes
    ----------
    wait_column, price_column : ndarray of int64, shape (resources,)
        Column of `by_wait` and `by_price` of each resource; -1: none.
    by_wait, by_price : ndarray of float64, shape (resources, columns)
        Units per year per h, and per USD.
    """

    wait_column: Ints
    price_column: Ints
    by_wait: Floats
    by_price: Floats

    def knows(self, queue: Bools, full: Bools) -> bool:
        """Whether the derivatives by these waits and prices are among them."""
        missing = (queue & (self.wait_column < 0)) | (full & (self.price_column < 0))
        return not missing.any()

    def of(self, queue: Ints, full: Ints) -> tuple[Floats, Floats]:
        """Return the columns of some resources' waits and prices."""
        return self.by_wait[:, self.wait_column[queue]], self.by_price[:, self.price_column[full]]


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """Solution over given paths.

    Attributes
    ----------
    wait_h, price_usd : ndarray of float64, shape (resources,)
        Mean waits; scarcity prices in USD per resource unit per t-equivalent.
    loading : Loading
        Flows.
    residual : float
        Largest of the fixed-point residual, the excess over capacity and the
        complementarity gap, as defined by `residual_of`.
    history : list of float
        Residual after each step; far from the solution, the norm of the Newton method's
        residual vector stands for it.
    response : Response or None
        Derivatives near the solution: what a similar problem may begin with. None where no
        step was needed.
    """

    wait_h: Floats
    price_usd: Floats
    loading: Loading
    residual: float
    history: list[float]
    response: Response | None


def load(problem: ChoiceProblem, wait_h: Floats, price_usd: Floats) -> Loading:
    """Let shippers choose at given waits and prices."""
    cost, flow, logsum = choices(problem, wait_h, price_usd)
    shipped = np.empty(logsum.shape)
    resource_flow = np.empty(len(problem.capacity))
    total = ship(
        problem.group_first,
        problem.demand,
        problem.class_share,
        logsum,
        np.log(problem.reserve_usd_t),
        problem.scale,
        STEEPNESS,
        problem.use.indptr,
        problem.use.indices,
        problem.use.data,
        cost,
        flow,
        shipped,
        resource_flow,
    )
    composite = composite_cost(logsum, problem.scale)
    return Loading(cost, flow, shipped, composite, resource_flow, total)


def choices(
    problem: ChoiceProblem, wait_h: Floats, price_usd: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return generalised costs (USD per t), choice probabilities and logsums.

    Shapes (alternatives, classes) twice, and (groups, classes).
    """
    cost = np.empty(problem.barred.shape)
    share = np.empty(problem.barred.shape)
    logsum = np.empty(problem.class_share.shape)
    choose(
        problem.group_first,
        problem.money_usd_t,
        problem.time_h,
        problem.value_of_time_usd_t_h,
        problem.factor,
        problem.bonus,
        problem.barred,
        problem.scale,
        problem.use.indptr,
        problem.use.indices,
        problem.use.data,
        problem.visits.data,
        wait_h,
        price_usd,
        cost,
        share,
        logsum,
    )
    return cost, share, logsum


def utility_of(problem: ChoiceProblem, cost_usd_t: Floats) -> Floats:
    """Return the utility of the alternatives at their costs, by class of shippers."""
    utility = problem.bonus[:, None] - problem.scale * np.log(cost_usd_t)
    utility[problem.barred] = -np.inf
    return np.asarray(utility)


def composite_cost(logsum: Floats, scale: float) -> Floats:
    """Return the cost that one path alone would need to be as good as all: the logsum as cost."""
    return np.asarray(np.exp(-logsum / scale))


def residual_of(
    problem: ChoiceProblem, wait_h: Floats, price_usd: Floats, loading: Loading
) -> float:
    """Return how far waits, prices and flows are from being consistent.

    The largest of: the share of demand that would choose otherwise at the waits which its
    own flows cause; the largest excess of flow over capacity, as a share of capacity; and
    the largest product of a price and its unused share of capacity, against the mean cost.
    """
    caused, _ = problem.waits(loading.resource_flow)
    again = load(problem, caused, price_usd)
    total = max(float(problem.demand.sum()), 1e-300)
    moved = float(np.abs(again.flow - loading.flow).sum()) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        filled = np.where(problem.capacity > 0, loading.resource_flow / problem.capacity, 1.0)
    excess = float(np.max(filled - 1.0, initial=0.0))
    typical = loading.total_cost_kusd / total
    slack = float(np.max(price_usd * np.maximum(1.0 - filled, 0.0), initial=0.0))
    return max(moved, excess, slack / max(typical, 1e-300))


def solve(
    problem: ChoiceProblem,
    *,
    tolerance: float,
    iterations: int,
    start: Equilibrium | None = None,
) -> Equilibrium:
    """Solve the fixed point.

    Parameters
    ----------
    problem : ChoiceProblem
        Shippers, alternatives and resources.
    tolerance : float
        Residual (see `residual_of`) at which to stop.
    iterations : int
        Newton steps at most; the best point is returned with its residual.
    start : Equilibrium, optional
        Of a similar problem with the same resources. If it leads nowhere, the problem is solved
        from nothing.

    Returns
    -------
    Equilibrium
        The last point reached; its `residual` tells whether `tolerance` was met.
    """
    resources = len(problem.capacity)
    response = start.response if start else None
    wait = start.wait_h if start else np.zeros(resources)
    price = start.price_usd if start else np.zeros(resources)
    loading = load(problem, wait, price)
    if start is None:
        wait, _ = problem.waits(np.minimum(loading.resource_flow, problem.capacity))
        loading = load(problem, wait, price)
    point = _Point(problem, wait, price, loading)
    history = [point.residual()]
    for step in range(iterations):
        if history[-1] <= tolerance:
            break
        before = point
        point, response = _step(problem, point, response)
        history.append(point.residual(even_far=step == iterations - 1))
        if _goes_in_circles(history):
            wait, price = (before.wait + point.wait) / 2.0, (before.price + point.price) / 2.0
            point = _Point(problem, wait, price, load(problem, wait, price))
            history.append(point.residual(even_far=True))
    if start is not None and history[-1] > tolerance:
        return solve(problem, tolerance=tolerance, iterations=iterations)
    return Equilibrium(point.wait, point.price, point.loading, history[-1], history, response)


class _Point:
    """Waits and prices tried, the flows that they cause, and how far the two are apart."""

    def __init__(
        self,
        problem: ChoiceProblem,
        wait: Floats,
        price: Floats,
        loading: Loading,
    ) -> None:
        self.wait, self.price, self.loading = wait, price, loading
        self._problem = problem
        total = max(float(problem.demand.sum()), 1e-300)
        self.unit = max(loading.total_cost_kusd / total, 1e-9)
        self.short = _shortfall(problem, loading)
        self.caused, self.slope = problem.waits(loading.resource_flow)
        self.merit = self.merit_by(self.unit)
        with np.errstate(invalid="ignore"):
            self.queues = loading.resource_flow / problem.queue_capacity > QUEUE_MATTERS_ABOVE
        self.is_full = price / self.unit > self.short

    def merit_by(self, unit: float) -> float:
        """Squared norm of the residual vector; `unit` turns a price into a share."""
        queue = np.log1p(self.wait) - np.log1p(self.caused)
        return float(queue @ queue + np.square(np.minimum(self.price / unit, self.short)).sum())

    def residual(self, *, even_far: bool = False) -> float:
        """Return the residual, or far from the solution, unless asked for, the merit's root."""
        distance = float(np.sqrt(self.merit))
        if distance > NEAR and not even_far:
            return distance
        return residual_of(self._problem, self.wait, self.price, self.loading)


def _goes_in_circles(history: list[float]) -> bool:
    """Tell whether steps go to and fro between two points; the solution lies between them."""
    if len(history) < CIRCLE:
        return False
    last = np.array(history[-CIRCLE:])
    return bool(np.all(np.abs(last[2:] - last[:-2]) <= 1e-3 * last[2:]))


def _shortfall(problem: ChoiceProblem, loading: Loading) -> Floats:
    """Logarithm of capacity over flow: negative where capacity is exceeded.

    Demand answers to prices as a power law, so that its logarithm is nearly linear.
    """
    filled = loading.resource_flow / problem.capacity
    return np.asarray(-np.log(np.maximum(filled, EMPTY)))


def _step(
    problem: ChoiceProblem, now: _Point, earlier: Response | None
) -> tuple[_Point, Response | None]:
    """Take one Newton step, with the derivatives of an earlier one as long as they do.

    With derivatives of its own a step is damped; where no damping helps, it is the step
    that harms least. The derivatives are handed on where the step did well.
    """
    if earlier and earlier.knows(now.queues, now.is_full):
        wait, price = _newton_point(problem, now, earlier)
        trial = _Point(problem, wait, price, load(problem, wait, price))
        merit = trial.merit_by(now.unit)
        if merit < FAIR_FALL * now.merit:
            return trial, earlier if merit < GOOD_FALL * now.merit else None
    response = _derivatives(problem, now.loading, now.queues, now.is_full)
    new_wait, new_price = _newton_point(problem, now, response)
    best, least = now, np.inf
    length = 1.0
    while length >= SHORTEST_STEP:
        wait = now.wait + length * (new_wait - now.wait)
        price = now.price + length * (new_price - now.price)
        trial = _Point(problem, wait, price, load(problem, wait, price))
        merit = trial.merit_by(now.unit)
        if merit < least:
            least, best = merit, trial
        if merit < now.merit * (1.0 - 1e-4 * length):
            break
        length *= 0.5
    return best, response if least < GOOD_FALL * now.merit else None


def _newton_point(problem: ChoiceProblem, now: _Point, response: Response) -> tuple[Floats, Floats]:
    """Return the waits and prices that solve the linearised system, within bounds.

    The system is in the logarithms of waits and flows, in which it is nearly linear. Far
    from the solution demand may hardly react to a price, or be gone altogether: no price
    or wait may more than double, or fall by more than half, at once.
    """
    wait, price, unit = now.wait, now.price, now.unit
    caused, slope, short = now.caused, now.slope, now.short
    flow = now.loading.resource_flow
    queue, full = np.flatnonzero(now.queues), np.flatnonzero(now.is_full)
    by_wait, by_price = response.of(queue, full)
    rows = len(queue) + len(full)
    matrix = np.zeros((rows, rows))
    q, f = slice(0, len(queue)), slice(len(queue), rows)
    per_flow = 1.0 / np.maximum(flow[full], EMPTY * problem.capacity[full])[:, None]
    steepness = (slope / (1.0 + caused))[queue, None]
    matrix[q, q] = np.diag(1.0 / (1.0 + wait[queue])) - steepness * by_wait[queue]
    matrix[q, f] = -steepness * by_price[queue]
    matrix[f, q] = by_wait[full] * per_flow
    matrix[f, f] = by_price[full] * per_flow
    diagonal = np.arange(len(queue), rows)
    matrix[diagonal, diagonal] -= 1e-12 / unit
    right = np.concatenate((np.log1p(caused[queue]) - np.log1p(wait[queue]), short[full]))
    lowest = np.where(price > SMALL * unit, 0.5 * price, 0.0)
    # never more than by what is there: a wait ends at 0 or above, and so does a price
    down = np.concatenate(
        (np.minimum(0.5 * wait[queue] + 0.5, wait[queue]), (price - lowest)[full])
    )
    up = np.concatenate((wait[queue] + 1.0, price[full] + unit))
    step = _step_within(matrix, right, -down, up)
    new_wait, new_price = caused.copy(), np.zeros_like(price)
    new_wait[queue] = wait[queue] + step[q]
    new_price[full] = price[full] + step[f]
    return new_wait, np.maximum(new_price, lowest)


def _step_within(matrix: Floats, right: Floats, least: Floats, most: Floats) -> Floats:
    """Solve a linear system within bounds: what would leave them stops there.

    The rest is solved again with that step as it is. Otherwise waits would rise by what a price
    that falls further than it may would draw to a queue.
    """
    step = np.zeros(len(right))
    free = np.ones(len(right), dtype=np.bool_)
    for _ in range(BOUND_ROUNDS):
        if not free.any():
            break
        asked = right[free] - matrix[np.ix_(free, ~free)] @ step[~free]
        among = matrix[np.ix_(free, free)]
        step[free] = linalg.lstsq(among, asked, lapack_driver="gelsd", check_finite=False)[0]
        outside = (step < least) | (step > most)
        step = np.clip(step, least, most)
        if not outside.any():
            break
        free &= ~outside
    return step


def _derivatives(problem: ChoiceProblem, loading: Loading, queue: Bools, full: Bools) -> Response:
    """Derivatives of all resource flows by the waits of `queue` and the prices of `full`."""
    wait_column = np.where(queue, np.cumsum(queue) - 1, -1)
    price_column = np.where(full, np.cumsum(full) - 1, -1)
    by_wait = np.zeros((len(queue), int(queue.sum())))
    by_price = np.zeros((len(full), int(full.sum())))
    respond(
        problem.group_first,
        problem.use.indptr,
        problem.use.indices,
        problem.use.data,
        problem.visits.data,
        loading.flow,
        loading.cost_usd_t,
        problem.factor,
        problem.value_of_time_usd_t_h,
        problem.demand[:, None] * problem.class_share * loading.shipped,
        loading.shipped,
        problem.scale,
        STEEPNESS,
        wait_column,
        price_column,
        by_wait,
        by_price,
    )
    return Response(wait_column, price_column, by_wait, by_price)
