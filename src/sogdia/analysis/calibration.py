"""Fit the parameters of choice to published volumes.

Weighted least squares on the logarithms of published over modelled volumes and shares
(the corridor is a tail of a tail of its market: in levels only the sea would count). A row
weighs by its published range, or by `LOG_ERROR` where no range is published. The loss is
soft L1, so that a figure no parameter can explain does not bend the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.optimize import least_squares

from sogdia.analysis.validation import validate
from sogdia.assignment import AssignmentOptions, AssignmentResult, ChoiceParameters, assign
from sogdia.network.model import Floats
from sogdia.scenario import Scenario
from sogdia.study import Study

LOG_ERROR = 0.10
LEAST_MODELLED = 1e-9
VOLUMES = ("kt", "kteu", "share")


@dataclass(frozen=True, slots=True)
class Fit:
    """Fitted parameters of choice.

    Attributes
    ----------
    parameters : DataFrame
        name, estimate, standard_error.
    observations : DataFrame
        The rows fitted: those of `validate`, with log_error and log_ratio.
    choice : ChoiceParameters
        All parameters at the estimates.
    root_mean_square : float
        Of the logarithms of modelled over published.
    evaluations : int
        Times that all years were assigned.
    """

    parameters: pl.DataFrame
    observations: pl.DataFrame
    choice: ChoiceParameters
    root_mean_square: float
    evaluations: int


def fitted_rows(table: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a validation table that a fit uses, with their log_error.

    A range that reaches down to zero says nothing about a logarithm: such rows are left out.
    """
    width = (pl.col("high") / pl.col("low")).log() / 2.0
    return table.filter(
        (pl.col("role") == "calibrate")
        & pl.col("metric").is_in(VOLUMES)
        & (pl.col("low").is_null() | (pl.col("low") > 0))
    ).with_columns(log_error=pl.max_horizontal(width.fill_null(LOG_ERROR), pl.lit(LOG_ERROR)))


def calibrate(
    study: Study,
    start: Mapping[str, float],
    years: tuple[int, ...],
    *,
    scenario: Scenario | None = None,
    fixed: Mapping[str, float] | None = None,
    step: float = 0.05,
    steps: int = 12,
    report: Callable[[str], None] | None = None,
) -> Fit:
    """Estimate parameters of choice from the observations marked ``calibrate``.

    Parameters
    ----------
    study : Study
        Tables.
    start : mapping of str to float
        Parameters to fit, named as in study.toml, and where to start; all are positive and
        fitted in their logarithms, those of the family ``inconvenience`` above 1, those of
        the family ``avoid``, which are shares, in their log odds.
    years : tuple of int
        Years whose observations count.
    scenario : Scenario, optional
        Rules and events of those years.
    fixed : mapping of str to float, optional
        Parameters that are not fitted.
    step : float
        Step of the numerical derivatives, in logarithms or log odds.
    steps : int
        Steps of the fit at most.
    report : callable, optional
        Told of every evaluation in a sentence.

    Returns
    -------
    Fit
        Estimates with standard errors (`robust_covariance`, delta method).
    """
    names = list(start)
    base = ChoiceParameters()
    for name, value in (fixed or {}).items():
        base = base.with_value(name, value)
    latest: dict[int, AssignmentResult] = {}
    count = 0

    def rows(inner: Floats) -> pl.DataFrame:
        nonlocal count
        count += 1
        choice = base
        for name, value in zip(names, inner, strict=True):
            choice = choice.with_value(name, _outer(name, value))
        options = AssignmentOptions(choice=choice, residual=1e-7, threads=1)

        def one(year: int) -> pl.DataFrame:
            result = assign(
                study, scenario, year=year, options=options, warm_start=latest.get(year)
            )
            latest.setdefault(year, result)
            return validate(result)

        with ThreadPoolExecutor(2) as pool:
            table = pl.concat(pool.map(one, years))
        found = fitted_rows(table).with_columns(
            log_ratio=pl.max_horizontal("ratio", pl.lit(LEAST_MODELLED)).log()
        )
        if report:
            error = float(np.sqrt(np.mean(np.square(found["log_ratio"].to_numpy()))))
            values = ", ".join(
                f"{name} {_outer(name, value):.4g}"
                for name, value in zip(names, inner, strict=True)
            )
            report(f"evaluation {count}: rms of logarithms {error:.4f} at {values}")
        return found

    known: dict[bytes, Floats] = {}

    def weighted(inner: Floats) -> Floats:
        key = inner.tobytes()
        if key not in known:
            table = rows(inner)
            known[key] = np.asarray((table["log_ratio"] / table["log_error"]).to_numpy())
        return known[key]

    def derivatives(inner: Floats) -> Floats:
        here = weighted(inner)
        moved = [weighted(inner + step * unit) - here for unit in np.eye(len(inner))]
        return np.asarray(moved).T / step

    solution = least_squares(
        weighted,
        [_inner(name, value) for name, value in start.items()],
        jac=derivatives,
        loss="soft_l1",
        xtol=1e-3,
        ftol=2e-3,
        max_nfev=steps,
    )
    observations = rows(solution.x)
    covariance = robust_covariance(weighted(solution.x), derivatives(solution.x))
    choice = base
    for name, value in zip(names, solution.x, strict=True):
        choice = choice.with_value(name, _outer(name, value))
    return Fit(
        parameters=pl.DataFrame(
            {
                "name": names,
                "estimate": [_outer(n, x) for n, x in zip(names, solution.x, strict=True)],
                "standard_error": [
                    _slope(n, x) * float(np.sqrt(covariance[k, k]))
                    for k, (n, x) in enumerate(zip(names, solution.x, strict=True))
                ],
            }
        ),
        observations=observations,
        choice=choice,
        root_mean_square=float(np.sqrt(np.mean(np.square(observations["log_ratio"].to_numpy())))),
        evaluations=count,
    )


def robust_covariance(residual: Floats, jacobian: Floats) -> Floats:
    """Return the covariance of estimates by the soft L1 loss, ``2 (sqrt(1 + r^2) - 1)``.

    The sandwich of M-estimation (Huber, 1964), with the residuals' own spread.

    Parameters
    ----------
    residual : ndarray of float64, shape (n,)
        Weighted residuals at the estimate.
    jacobian : ndarray of float64, shape (n, parameters)
        Their derivatives.

    Returns
    -------
    ndarray of float64, shape (parameters, parameters)
        Covariance of the estimates.
    """
    rows, parameters = jacobian.shape
    influence = residual / np.sqrt(1.0 + residual**2)
    curvature = (1.0 + residual**2) ** -1.5
    bread = np.linalg.pinv(jacobian.T @ (curvature[:, None] * jacobian))
    spread = float(np.square(influence).sum()) / max(rows - parameters, 1)
    return np.asarray(bread @ (spread * (jacobian.T @ jacobian)) @ bread)


def _lowest(name: str) -> float:
    """Return the bound above which a parameter lies: nothing is cheaper for being a nuisance."""
    return 1.0 if name.startswith("inconvenience_") else 0.0


def _is_share(name: str) -> bool:
    return name.startswith("avoid_")


def _inner(name: str, value: float) -> float:
    above = value - _lowest(name)
    return float(np.log(above / (1.0 - above)) if _is_share(name) else np.log(above))


def _outer(name: str, inner: float) -> float:
    above = 1.0 / (1.0 + np.exp(-inner)) if _is_share(name) else np.exp(inner)
    return float(_lowest(name) + above)


def _slope(name: str, inner: float) -> float:
    """Derivative of `_outer`."""
    above = _outer(name, inner) - _lowest(name)
    return above * (1.0 - above) if _is_share(name) else above
