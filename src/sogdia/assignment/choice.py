"""How shippers choose: distributed value of time, path size, logit of log cost.

The utility of a path is ``-scale * ln(generalised cost) + path_size_weight * ln(path size)``:
the path-size logit of Ben-Akiva and Bierlaire (1999) with the cost in logarithms (the
Kirchhoff form), so that one scale serves cheap and dear goods and short and long hauls.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from sogdia.network.model import Floats, Ints


def value_of_time_classes(
    median: Floats, sigma: Floats, edges: tuple[float, ...]
) -> tuple[Floats, Floats]:
    """Cut lognormal values of time into classes and return their shares and means.

    Parameters
    ----------
    median, sigma : ndarray of float64, shape (n,)
        Median, and standard deviation of the logarithm.
    edges : tuple of float
        Inner edges of the classes as probabilities, increasing, between 0 and 1.

    Returns
    -------
    share : ndarray of float64, shape (classes,)
        Share of shippers in each class.
    value : ndarray of float64, shape (n, classes)
        Mean value of time within each class; the mean over classes is the mean of the
        lognormal.
    """
    bounds = np.concatenate(([0.0], np.asarray(edges, dtype=np.float64), [1.0]))
    share = np.diff(bounds)
    z = norm.ppf(bounds)[None, :] - sigma[:, None]
    mass = np.diff(norm.cdf(z), axis=1)
    mean = median * np.exp(0.5 * sigma**2)
    return share, mean[:, None] * mass / share[None, :]


def path_sizes(group_first: Ints, path_first: Ints, arcs: Ints, length_km: Floats) -> Floats:
    """Return the path size of each path within its choice set.

    ``PS_p = sum over arcs a of p of (l_a / L_p) / N_a`` with ``N_a`` the number of paths of
    the set that use the arc (Ben-Akiva and Bierlaire, 1999). Arcs without length count for
    nothing; a path without any length has size 1.

    Parameters
    ----------
    group_first : ndarray of int64, shape (groups + 1,)
        Paths ``group_first[g]`` to ``group_first[g + 1]`` form choice set ``g``.
    path_first, arcs : ndarray
        Ragged paths (see `routing.choice_set.PathTable`).
    length_km : ndarray of float64, shape (network arcs,)
        Lengths.

    Returns
    -------
    ndarray of float64, shape (paths,)
        In (0, 1]; 1 for a path that shares nothing.
    """
    paths = len(path_first) - 1
    path_of = np.repeat(np.arange(paths), np.diff(path_first))
    group_of = np.repeat(np.arange(len(group_first) - 1), np.diff(group_first))[path_of]
    key = group_of.astype(np.int64) * len(length_km) + arcs
    _, inverse, count = np.unique(key, return_inverse=True, return_counts=True)
    length = length_km[arcs]
    total = np.bincount(path_of, weights=length, minlength=paths)
    shared = np.bincount(path_of, weights=length / count[inverse], minlength=paths)
    return np.where(total > 0, shared / np.where(total > 0, total, 1.0), 1.0)


def logit(utility: Floats, group_first: Ints) -> tuple[Floats, Floats]:
    """Return choice probabilities within groups, and the logsums of the groups.

    Parameters
    ----------
    utility : ndarray of float64, shape (alternatives, classes)
        Utilities; each class of shippers chooses apart. Minus infinity bars an alternative;
        one at least is open to every class.
    group_first : ndarray of int64, shape (groups + 1,)
        Alternatives ``group_first[g]`` to ``group_first[g + 1]`` form group ``g``; no
        group is empty.

    Returns
    -------
    share : ndarray of float64, shape (alternatives, classes)
        Non-negative, summing to 1 within each group and class.
    logsum : ndarray of float64, shape (groups, classes)
        Logarithm of the sum of the exponentials of the utilities.
    """
    starts = group_first[:-1]
    size = np.diff(group_first)
    highest = np.maximum.reduceat(utility, starts, axis=0)
    weight = np.exp(utility - np.repeat(highest, size, axis=0))
    total = np.add.reduceat(weight, starts, axis=0)
    return weight / np.repeat(total, size, axis=0), highest + np.log(total)
