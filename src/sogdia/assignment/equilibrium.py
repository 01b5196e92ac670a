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
from numba import njit
from scipy import linalg, sparse
from scipy.special import expit

from sogdia.assignment.choice import logit
from sogdia.assignment.waits import sakasegawa_wait_h
from sogdia.network.model import Bools, Floats, Ints

QUEUE_MATTERS_ABOVE = 0.02
EMPTY = 1e-12
SMALL = 0.05
CIRCLE = 6
"""Steps that have to come back to where they were two before."""
SHORTEST_STEP = 1.0 / 8.0
STEEPNESS = 20.0


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
    resource_flow : ndarray of float64, shape (resources,)
        Units per year.
    """

    cost_usd_t: Floats
    flow: Floats
    shipped: Floats
    resource_flow: Floats


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
        Residual after each step.
    """

    wait_h: Floats
    price_usd: Floats
    loading: Loading
    residual: float
    history: list[float]


def load(problem: ChoiceProblem, wait_h: Floats, price_usd: Floats) -> Loading:
    """Let shippers choose at given waits and prices."""
    size = np.diff(problem.group_first)
    cost = generalised_cost(problem, wait_h, price_usd)
    share, logsum = logit(utility_of(problem, cost), problem.group_first)
    dearer = np.log(composite_cost(logsum, problem.scale) / problem.reserve_usd_t)
    shipped = expit(-STEEPNESS * dearer)
    quantity = problem.demand[:, None] * problem.class_share * shipped
    flow = share * np.repeat(quantity, size, axis=0)
    return Loading(
        cost_usd_t=cost,
        flow=flow,
        shipped=shipped,
        resource_flow=problem.use.T @ flow.sum(axis=1),
    )


def generalised_cost(problem: ChoiceProblem, wait_h: Floats, price_usd: Floats) -> Floats:
    """Return the generalised cost of the alternatives, USD per t, by class of shippers."""
    value = np.repeat(problem.value_of_time_usd_t_h, np.diff(problem.group_first), axis=0)
    money = problem.money_usd_t + problem.use @ price_usd
    hours = problem.time_h + problem.visits @ wait_h
    return np.asarray((money[:, None] + value * hours[:, None]) * problem.factor[:, None])


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
    typical = float((loading.flow * loading.cost_usd_t).sum()) / total
    slack = float(np.max(price_usd * np.maximum(1.0 - filled, 0.0), initial=0.0))
    return max(moved, excess, slack / max(typical, 1e-300))


def solve(
    problem: ChoiceProblem,
    *,
    tolerance: float,
    iterations: int,
    start: tuple[Floats, Floats] | None = None,
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
    start : tuple of ndarray, optional
        Waits and prices to start from.

    Returns
    -------
    Equilibrium
        The last point reached; its `residual` tells whether `tolerance` was met.
    """
    resources = len(problem.capacity)
    wait, price = start if start is not None else (np.zeros(resources), np.zeros(resources))
    loading = load(problem, wait, price)
    if start is None:
        wait, _ = problem.waits(np.minimum(loading.resource_flow, problem.capacity))
        loading = load(problem, wait, price)
    history = [residual_of(problem, wait, price, loading)]
    for _ in range(iterations):
        if history[-1] <= tolerance:
            break
        before = wait, price
        wait, price, loading = _step(problem, wait, price, loading)
        history.append(residual_of(problem, wait, price, loading))
        if _goes_in_circles(history):
            wait, price = (before[0] + wait) / 2.0, (before[1] + price) / 2.0
            loading = load(problem, wait, price)
            history.append(residual_of(problem, wait, price, loading))
    return Equilibrium(wait, price, loading, history[-1], history)


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


def _merit(
    problem: ChoiceProblem, wait: Floats, price: Floats, loading: Loading, unit: float
) -> float:
    """Squared norm of the residual vector; `unit` turns a price into a share."""
    caused, _ = problem.waits(loading.resource_flow)
    queue = np.log1p(wait) - np.log1p(caused)
    short = _shortfall(problem, loading)
    return float(queue @ queue + np.square(np.minimum(price / unit, short)).sum())


def _step(
    problem: ChoiceProblem, wait: Floats, price: Floats, loading: Loading
) -> tuple[Floats, Floats, Loading]:
    """Take one damped Newton step; where no damping helps, the step that harms least."""
    total = max(float(problem.demand.sum()), 1e-300)
    unit = max(float((loading.flow * loading.cost_usd_t).sum()) / total, 1e-9)
    new_wait, new_price = _newton_point(problem, wait, price, loading, unit)
    before = _merit(problem, wait, price, loading, unit)
    best = (wait, price, loading)
    least = np.inf
    length = 1.0
    while length >= SHORTEST_STEP:
        trial_wait = wait + length * (new_wait - wait)
        trial_price = price + length * (new_price - price)
        trial = load(problem, trial_wait, trial_price)
        merit = _merit(problem, trial_wait, trial_price, trial, unit)
        if merit < least:
            least, best = merit, (trial_wait, trial_price, trial)
        if merit < before * (1.0 - 1e-4 * length):
            break
        length *= 0.5
    return best


def _newton_point(
    problem: ChoiceProblem, wait: Floats, price: Floats, loading: Loading, unit: float
) -> tuple[Floats, Floats]:
    """Return the waits and prices that solve the linearised system, within bounds.

    The system is in the logarithms of waits and flows, in which it is nearly linear. Far
    from the solution demand may hardly react to a price, or be gone altogether: no price
    or wait may more than double, or fall by more than half, at once.
    """
    flow = loading.resource_flow
    caused, slope = problem.waits(flow)
    short = _shortfall(problem, loading)
    with np.errstate(invalid="ignore"):
        queue = np.flatnonzero(flow / problem.queue_capacity > QUEUE_MATTERS_ABOVE)
    full = np.flatnonzero(price / unit > short)
    by_wait, by_price = _derivatives(problem, loading, queue, full)
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
    step = np.zeros(rows)
    if rows:
        step = linalg.lstsq(matrix, right, lapack_driver="gelsd", check_finite=False)[0]
    new_wait = caused.copy()
    least, most = 0.5 * wait[queue] - 0.5, 2.0 * wait[queue] + 1.0
    new_wait[queue] = np.clip(wait[queue] + step[q], np.maximum(least, 0.0), most)
    new_price = np.zeros_like(price)
    new_price[full] = np.minimum(price[full] + step[f], 2.0 * price[full] + unit)
    lowest = np.where(price > SMALL * unit, 0.5 * price, 0.0)
    return new_wait, np.maximum(new_price, lowest)


def _derivatives(
    problem: ChoiceProblem, loading: Loading, queue: Ints, full: Ints
) -> tuple[Floats, Floats]:
    """Derivatives of all resource flows by the waits of `queue` and the prices of `full`."""
    resources = len(problem.capacity)
    wait_column = np.full(resources, -1, dtype=np.int64)
    wait_column[queue] = np.arange(len(queue))
    price_column = np.full(resources, -1, dtype=np.int64)
    price_column[full] = np.arange(len(full))
    by_wait = np.zeros((resources, len(queue)))
    by_price = np.zeros((resources, len(full)))
    pull = -problem.scale * problem.factor[:, None] / loading.cost_usd_t
    quantity = problem.demand[:, None] * problem.class_share * loading.shipped
    # staying at home answers to the composite cost, whose derivative is the mean one
    stay = 1.0 - STEEPNESS * (1.0 - loading.shipped) / problem.scale
    _respond(
        problem.group_first,
        problem.use.indptr,
        problem.use.indices,
        problem.use.data,
        problem.visits.data,
        loading.flow,
        pull,
        problem.value_of_time_usd_t_h,
        stay / np.maximum(quantity, 1e-300),
        wait_column,
        price_column,
        by_wait,
        by_price,
    )
    return by_wait, by_price


@njit(cache=True, nogil=True)
def _respond(
    group_first: Ints,
    first: Ints,
    resource: Ints,
    use: Floats,
    visits: Floats,
    flow: Floats,
    pull: Floats,
    value: Floats,
    stay_per_quantity: Floats,
    wait_column: Ints,
    price_column: Ints,
    by_wait: Floats,
    by_price: Floats,
) -> None:
    """Add up the derivatives of the logit: each path's own, less the mean of its group.

    Resources of path ``p`` stand in ``first[p]`` to ``first[p + 1]`` of `resource`, `use`
    and `visits`; `pull` is the derivative of its utility by its cost.
    """
    resources = wait_column.shape[0]
    classes = flow.shape[1]
    touched = np.empty(resources, dtype=np.int64)
    is_touched = np.zeros(resources, dtype=np.bool_)
    load_of = np.zeros((resources, classes))
    mean_wait = np.zeros((resources, classes))
    mean_price = np.zeros((resources, classes))
    for group in range(group_first.shape[0] - 1):
        count = 0
        for path in range(group_first[group], group_first[group + 1]):
            own_price = 0.0
            own_wait = 0.0
            for k in range(classes):
                own_price += flow[path, k] * pull[path, k]
                own_wait += flow[path, k] * pull[path, k] * value[group, k]
            for i in range(first[path], first[path + 1]):
                row = resource[i]
                if not is_touched[row]:
                    is_touched[row] = True
                    touched[count] = row
                    count += 1
                for k in range(classes):
                    pulled = flow[path, k] * pull[path, k]
                    load_of[row, k] += flow[path, k] * use[i]
                    mean_wait[row, k] += pulled * value[group, k] * visits[i]
                    mean_price[row, k] += pulled * use[i]
                for j in range(first[path], first[path + 1]):
                    column = resource[j]
                    if wait_column[column] >= 0:
                        by_wait[row, wait_column[column]] += own_wait * use[i] * visits[j]
                    if price_column[column] >= 0:
                        by_price[row, price_column[column]] += own_price * use[i] * use[j]
        hit = touched[:count]
        _subtract(hit, load_of, mean_wait, stay_per_quantity[group], wait_column, by_wait)
        _subtract(hit, load_of, mean_price, stay_per_quantity[group], price_column, by_price)
        for row in hit:
            is_touched[row] = False
            load_of[row] = 0.0
            mean_wait[row] = 0.0
            mean_price[row] = 0.0


@njit(cache=True, nogil=True)
def _subtract(
    touched: Ints,
    load_of: Floats,
    mean: Floats,
    weight: Floats,
    column_of: Ints,
    by_column: Floats,
) -> None:
    """Subtract what a group's mean change takes from the load of each resource it touches."""
    for other in touched:
        column = column_of[other]
        if column < 0:
            continue
        for row in touched:
            total = 0.0
            for k in range(weight.shape[0]):
                total += load_of[row, k] * mean[other, k] * weight[k]
            by_column[row, column] -= total
