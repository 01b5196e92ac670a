"""Two simulations on common random numbers: differences of days and waits with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from sogdia.analysis.paired import PairedDifference, paired_difference
from sogdia.network.model import Floats
from sogdia.network.resource import HOURS_PER_YEAR
from sogdia.simulation import SimulationResult
from sogdia.study.marks import NO_CORRIDOR

HOURS_PER_DAY = 24.0
T_PER_KT = 1000.0
ELEMENT = ("element", "kind", "forward", "unit")


@dataclass(frozen=True, slots=True)
class _Observed:
    """Figures of each replication: rows of a frame, and an array of (replications, rows)."""

    rows: pl.DataFrame
    values: Floats


@dataclass(frozen=True)
class SimulatedComparison:
    """Differences of two simulations, replication by replication.

    All frames have before, after and change (means over the replications in which both have
    something to observe); low and high (95 % interval of the change); half_width of that
    interval, apart_half_width (had each been simulated with random numbers of its own), narrowed
    (share of the width that pairing takes away), and replications.

    Attributes
    ----------
    before, after : SimulationResult
        With the same seed and as many replications.

    Raises
    ------
    ValueError
        If their replications do not belong together.
    """

    before: SimulationResult
    after: SimulationResult

    def __post_init__(self) -> None:
        one, other = self.before, self.after
        if (one.seed, one.replications) != (other.seed, other.replications):
            raise ValueError("replications of other seeds, or as many, are no pairs")

    @property
    def seed(self) -> int:
        """Seed of both."""
        return self.before.seed

    @property
    def replications(self) -> int:
        """Replications of each."""
        return self.before.replications

    @cached_property
    def totals(self) -> pl.DataFrame:
        """Figures of all goods: figure, unit, and the columns of all frames.

        transit_days (mean over all tonnes delivered), delivered_kt and waiting_kt_h (tonnes
        times hours waited, in thousands; both at annual rates).
        """
        figures = {"transit_days": "days", "delivered_kt": "kt", "waiting_kt_h": "kt h"}
        rows = pl.DataFrame({"figure": list(figures), "unit": list(figures.values())})
        found = paired_difference(_totals(self.before), _totals(self.after))
        return _with_figures(rows, found)

    @cached_property
    def corridors(self) -> pl.DataFrame:
        """Mean days by corridor and direction, the surest change first."""
        return self.transit_by("corridor", "direction")

    @cached_property
    def commodities(self) -> pl.DataFrame:
        """Mean days by commodity, the surest change first."""
        return self.transit_by("commodity")

    @cached_property
    def elements(self) -> pl.DataFrame:
        """Waiting by element, kind, forward and unit, in kt h a year, the largest change first.

        What one of the two does not have did not wait there.
        """
        found = _compared(_waiting(self.before), _waiting(self.after), ELEMENT, nothing=0.0)
        return found.sort(
            pl.col("change").abs(), *ELEMENT, descending=[True, *[False] * 4], nulls_last=True
        )

    def transit_by(self, *keys: str) -> pl.DataFrame:
        """Return mean days by any of origin, destination, commodity, corridor, direction.

        Shipments are weighted by their tonnes; what only one of the two carries has no change.
        """
        before, after = (_transit(one, keys) for one in (self.before, self.after))
        found = _compared(before, after, keys, nothing=float("nan"))
        sureness = (pl.col("change") / pl.col("half_width")).abs().fill_nan(0.0)
        return found.sort(sureness, *keys, descending=[True, *[False] * len(keys)], nulls_last=True)

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the frames, by name."""
        names = ("totals", "corridors", "commodities", "elements")
        return {name: getattr(self, name) for name in names}


def _totals(result: SimulationResult) -> Floats:
    """Return transit days, delivered kt and waiting kt h: shape (replications, 3)."""
    sample, tonnes = result.sample, result.translation.tonnes
    per_year = _per_year(result)
    delivered = np.array(sample.transit_count) @ tonnes / T_PER_KT * per_year
    waiting = np.array(sample.waits)[:, :, 2].sum(axis=1) / T_PER_KT * per_year
    return np.column_stack([sample.means(tonnes) / HOURS_PER_DAY, delivered, waiting])


def _per_year(result: SimulationResult) -> float:
    return HOURS_PER_YEAR / (result.days * HOURS_PER_DAY)


def _transit(result: SimulationResult, keys: tuple[str, ...]) -> _Observed:
    """Return mean days of each replication."""
    groups = result.translation.groups.filter(~pl.col("under_way")).with_columns(
        pl.col("corridor").fill_null(NO_CORRIDOR)
    )
    numbered = groups.with_columns(row=pl.struct(keys).rank("dense").cast(pl.Int64) - 1)
    rows = numbered.unique("row", keep="first").sort("row").select(keys)
    row, group = numbered["row"].to_numpy(), numbered["group"].to_numpy()
    tonnes = result.translation.tonnes[group]

    def by_row(values: list[Floats]) -> Floats:
        return np.stack(
            [np.bincount(row, weights=one[group] * tonnes, minlength=rows.height) for one in values]
        )

    hours = by_row(result.sample.transit_sum)
    number = by_row([count.astype(np.float64) for count in result.sample.transit_count])
    with np.errstate(divide="ignore", invalid="ignore"):
        return _Observed(rows, np.asarray(hours / number / HOURS_PER_DAY))


def _waiting(result: SimulationResult) -> _Observed:
    """Return tonnes times hours waited in each replication, kt h a year."""
    rows = result.translation.stations.sort("station").select(ELEMENT)
    waited = np.array(result.sample.waits)[:, :, 2] / T_PER_KT * _per_year(result)
    return _Observed(rows, np.asarray(waited))


def _compared(
    before: _Observed, after: _Observed, keys: tuple[str, ...], *, nothing: float
) -> pl.DataFrame:
    """Pair the rows of two simulations; what only one of them has is `nothing` in the other."""
    both = before.rows.with_row_index("row_before").join(
        after.rows.with_row_index("row_after"),
        on=list(keys),
        how="full",
        coalesce=True,
        nulls_equal=True,
        maintain_order="left_right",
    )
    first = _taken(before.values, both["row_before"], nothing)
    second = _taken(after.values, both["row_after"], nothing)
    return _with_figures(both.select(keys), paired_difference(first, second))


def _taken(values: Floats, rows: pl.Series, nothing: float) -> Floats:
    """Return columns by number; where there is no number, all `nothing`."""
    padded = np.column_stack([values, np.full(len(values), nothing)])
    return np.asarray(padded[:, rows.fill_null(values.shape[1]).to_numpy()])


def _with_figures(rows: pl.DataFrame, found: PairedDifference) -> pl.DataFrame:
    figures = {
        "before": found.before,
        "after": found.after,
        "change": found.change,
        "low": found.change - found.half_width,
        "high": found.change + found.half_width,
        "half_width": found.half_width,
        "apart_half_width": found.apart_half_width,
        "narrowed": found.narrowed,
    }
    return rows.with_columns(
        **{name: pl.Series(values).fill_nan(None) for name, values in figures.items()},
        replications=pl.Series(found.replications),
    )
