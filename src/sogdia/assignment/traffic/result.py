"""What a traffic assignment found, as frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from sogdia.assignment.traffic.check import balance_of, check_part
from sogdia.assignment.traffic.frames import (
    arc_rows,
    element_rows,
    largest_member,
    link_rows,
    over_parts,
    pair_rows,
    path_rows,
    total_rows,
)
from sogdia.assignment.traffic.part import TrafficPart
from sogdia.assignment.traffic.select_link import select_link
from sogdia.assignment.traffic.skims import QUANTITIES, Skims, skims_of
from sogdia.errors import DataError
from sogdia.network.model import Floats
from sogdia.network.resource import own_ids
from sogdia.scenario import Scenario
from sogdia.study import Study

LINK_KEYS = ["link_id", "forward", "from_node_id", "to_node_id", "class_id"]
ELEMENT_KEYS = ["kind", "row_id", "forward", "unit"]
MOST_SIDE_BY_SIDE = 8


@dataclass(frozen=True, slots=True)
class Units:
    """Units of a result: those of the study.

    Attributes
    ----------
    flow, time, length, cost : str
        For example "trips", "min", "km", "min" or "kt", "h", "km", "USD/t".
    km : float
        Kilometres in a unit of length.
    """

    flow: str
    time: str
    length: str
    cost: str
    km: float


@dataclass(frozen=True)
class TrafficResult:
    """Flows in equilibrium and what follows from them; every frame documents its columns.

    Times, lengths and costs are in `units`. Flows of a year that is cut into periods are sums
    over the periods, times and costs their means.

    Attributes
    ----------
    study : Study
        As loaded.
    scenario : Scenario
        What was asked of it.
    year : int or None
        Year assigned; None for a study without years.
    method : {"aon", "ue", "so", "sue"}
        All or nothing, user equilibrium, system optimum, stochastic user equilibrium.
    units : Units
        Units of the frames.
    parts : tuple of TrafficPart
        One, or one for each period of the year.
    """

    study: Study
    scenario: Scenario
    year: int | None
    method: str
    units: Units
    parts: tuple[TrafficPart, ...]

    @property
    def study_name(self) -> str:
        """Name of the study."""
        return self.study.name

    @property
    def scenario_name(self) -> str:
        """Name of the scenario."""
        return self.scenario.name

    @property
    def objective(self) -> float:
        """What the method minimises (see `TrafficSolution`), summed over parts; nan: nothing."""
        return float(sum(part.share * part.solution.objective for part in self.parts))

    @property
    def relative_gap(self) -> float:
        """Relative gap (see `TrafficSolution`), the largest of all parts."""
        return max(part.solution.relative_gap for part in self.parts)

    @property
    def target_gap(self) -> float:
        """Gap that was asked for."""
        return max(part.solution.target_gap for part in self.parts)

    @property
    def converged(self) -> bool:
        """Whether the gap asked for was reached in every part."""
        return all(part.solution.converged for part in self.parts)

    @property
    def iterations(self) -> int:
        """Iterations made, in all parts."""
        return sum(part.solution.iterations for part in self.parts)

    @property
    def seconds(self) -> float:
        """Wall-clock time of the method, without reading and compiling."""
        return sum(part.solution.seconds for part in self.parts)

    @cached_property
    def node_balance(self) -> float:
        """Largest difference of what enters, starts, leaves and ends at a node, over all trips."""
        return max(balance_of(part.problem, part.solution.flow) for part in self.parts)

    @property
    def intrazonal(self) -> float:
        """Trips within a zone, which are not assigned."""
        return float(sum(part.share * part.meaning.intrazonal for part in self.parts))

    @cached_property
    def history(self) -> pl.DataFrame:
        """Convergence. Columns: part, iteration, relative_gap, objective."""
        return pl.concat(
            part.solution.history.select(
                pl.lit(part.name).alias("part"),
                pl.col("iteration").cast(pl.Int64),
                pl.col("relative_gap", "objective").cast(pl.Float64),
            )
            for part in self.parts
        )

    @cached_property
    def links(self) -> pl.DataFrame:
        """Flows by link, direction and class.

        Columns: link_id, forward, from_node_id, to_node_id (of travel), class_id, flow (of
        the class), volume (of all classes, in what capacity is counted in), time, cost (both
        of one trip of the class; cost is null where it may not go), capacity (null: none),
        saturation (volume over capacity).
        """
        return pl.concat(link_rows(part) for part in self.parts).pipe(over_parts, LINK_KEYS)

    @cached_property
    def flows(self) -> pl.DataFrame:
        """Flows by link and direction, classes side by side: what the command writes.

        Columns: link_id, forward, from_node_id, to_node_id, flow (of all classes), volume,
        time, cost, capacity, saturation (as in `links`; cost is that of the first class that
        may go there); where there are several classes, but no more than eight,
        ``flow_<class>`` and ``cost_<class>``.
        """
        keys = LINK_KEYS[:-1]
        frame = self.links.group_by(keys, maintain_order=True).agg(
            pl.col("flow").sum(),
            pl.col("volume").max(),
            pl.col("time").max(),
            pl.col("cost").drop_nulls().first(),
            pl.col("capacity", "saturation").first(),
        )
        if not 1 < len(self.class_ids) <= MOST_SIDE_BY_SIDE:
            return frame
        for name in self.class_ids:
            own = self.links.filter(pl.col("class_id") == name).select(
                *keys, pl.col("flow", "cost").name.suffix(f"_{name}")
            )
            frame = frame.join(own, on=keys, how="left", maintain_order="left", nulls_equal=True)
        return frame

    @cached_property
    def terminals(self) -> pl.DataFrame:
        """Flows by terminal, direction and class: columns as `links`, with terminal_id."""
        keys = ["terminal_id", "forward", "class_id"]
        rows = [arc_rows(part, pl.col("kind") == "terminal") for part in self.parts]
        named = pl.concat(rows).rename({"row_id": "terminal_id"})
        return named.pipe(over_parts, keys)

    @cached_property
    def elements(self) -> pl.DataFrame:
        """What has a delay or a capacity: links by direction, terminals, services.

        Columns: kind, row_id, forward, unit, flow, capacity (null: none), saturation, time,
        price (scarcity, in cost per unit of flow).
        """
        return pl.concat(element_rows(part) for part in self.parts).pipe(over_parts, ELEMENT_KEYS)

    @cached_property
    def prices(self) -> pl.DataFrame:
        """Elements whose capacity is hard, the dearest first; columns as `elements`."""
        hard = pl.concat(
            element_rows(part).filter(np.isfinite(part.problem.hard_capacity))
            for part in self.parts
        )
        return hard.pipe(over_parts, ELEMENT_KEYS).sort(
            ["price", *ELEMENT_KEYS], descending=[True, False, False, False, False]
        )

    @cached_property
    def paths(self) -> pl.DataFrame:
        """Paths in use.

        Columns: part, origin, destination, class_id, flow, cost, time, length, links (their
        ids in order), forward (direction of travel along each).
        """
        return pl.concat(path_rows(part) for part in self.parts)

    @cached_property
    def pairs(self) -> pl.DataFrame:
        """What trips of each pair pay.

        Columns: part, origin, destination, class_id, flow, cost, time, length (means over its
        paths), cheapest (cost of the cheapest path at the same times).
        """
        return pl.concat(pair_rows(part) for part in self.parts)

    @cached_property
    def totals(self) -> pl.DataFrame:
        """Sums by class. Columns: class_id, flow, cost, time, length, unserved."""
        frame = pl.concat(total_rows(part) for part in self.parts)
        return frame.group_by("class_id", maintain_order=True).agg(
            pl.col("flow", "cost", "time", "length", "unserved").sum()
        )

    @cached_property
    def unserved(self) -> pl.DataFrame:
        """Trips for which there is no way: origin, destination, class_id, flow, reason."""
        keys = ["origin", "destination", "class_id", "reason"]
        rows = pl.concat(
            part.meaning.unserved.with_columns(pl.col("flow") * part.share) for part in self.parts
        )
        return (
            rows.group_by(keys)
            .agg(pl.col("flow").sum())
            .sort(keys)
            .select("origin", "destination", "class_id", "flow", "reason")
        )

    def skims(
        self,
        class_id: str | None = None,
        *,
        co2_kg_km: float | None = None,
    ) -> pl.DataFrame:
        """Return what the cheapest way costs between any two zones.

        Parameters
        ----------
        class_id : str, optional
            Class of trips; by default all. Of goods, whose shippers differ, it is the shippers
            with most of them.
        co2_kg_km : float, optional
            Emissions of a vehicle, kg CO2e per km, for a network that has none of its own.

        Returns
        -------
        DataFrame
            Columns: origin, destination, class_id, cost, time, length, co2_kg; null where
            there is no way, or nothing is known. Cost and time within a zone are 0.

        Raises
        ------
        DataError
            If there is no such class.
        """
        frames = []
        for name in self.class_ids if class_id is None else (class_id,):
            skims = self.skim_matrices(name, co2_kg_km=co2_kg_km)
            zones = np.array(self.zone_id, dtype=object)
            frames.append(
                pl.DataFrame(
                    {
                        "origin": pl.Series(np.repeat(zones, len(zones)), dtype=pl.String),
                        "destination": pl.Series(np.tile(zones, len(zones)), dtype=pl.String),
                        "class_id": name,
                        **{
                            quantity: pl.Series(getattr(skims, quantity).ravel()).fill_nan(None)
                            for quantity in QUANTITIES
                        },
                    }
                )
            )
        return pl.concat(frames)

    def skim_matrices(self, class_id: str, *, co2_kg_km: float | None = None) -> Skims:
        """Return the skims of a class as matrices, zones in the order of `zone_id`.

        Parameters
        ----------
        class_id, co2_kg_km
            As of `skims`.
        """
        if class_id not in self.class_ids:
            raise DataError(
                f"there is no class {class_id!r}; there are {', '.join(self.class_ids)}"
            )
        factor = None if co2_kg_km is None else co2_kg_km * self.units.km
        found = [
            skims_of(part, largest_member(part, class_id), factor)
            for part in self.parts
            if class_id in part.meaning.class_id
        ]
        if len(found) == 1:
            return found[0]
        shares = np.array([p.share for p in self.parts if class_id in p.meaning.class_id])
        return Skims(
            *(_mean(np.stack([getattr(one, name) for one in found]), shares) for name in QUANTITIES)
        )

    @property
    def zone_id(self) -> tuple[str, ...]:
        """Zones of the skims, in the order of their matrices."""
        return self.parts[0].meaning.zone_id

    @property
    def class_ids(self) -> tuple[str, ...]:
        """Classes of trips."""
        return tuple(dict.fromkeys(k for part in self.parts for k in part.meaning.class_id))

    def select_link(self, link_id: str, forward: bool | None = None) -> pl.DataFrame:
        """Return the trips that use a link, by origin and destination.

        Parameters
        ----------
        link_id : str
            A link; of a freight study also a terminal or a service.
        forward : bool, optional
            Direction of travel along it; by default either.

        Returns
        -------
        DataFrame
            Columns: origin, destination, class_id, flow (over the link), total (of the
            pair), share; the largest first. Flows add up to that of the link.

        Raises
        ------
        DataError
            If there is no such link.
        """
        known = pl.concat(
            part.meaning.arc.select(own_ids("link_id"), own_ids("row_id")) for part in self.parts
        )
        if not ((known["link_id"] == link_id) | (known["row_id"] == link_id)).any():
            raise DataError(
                f"there is no link {link_id!r} that carries trips; see column link_id of link.csv"
            )
        keys = ["origin", "destination", "class_id"]
        rows = pl.concat(select_link(part, link_id, forward) for part in self.parts)
        return (
            rows.group_by(keys)
            .agg(pl.col("flow", "total").sum())
            .with_columns(share=pl.col("flow") / pl.col("total"))
            .sort(["flow", *keys], descending=[True, False, False, False])
        )

    def check(self) -> None:
        """Recompute the claims of this result from scratch.

        Raises
        ------
        CheckError
            If trips are not conserved, flows, gap and objective do not belong together, a
            closed arc is used or a capacity exceeded, or somebody has a cheaper path than the
            gap admits.
        """
        for part in self.parts:
            check_part(part)


def _mean(stack: Floats, shares: Floats) -> Floats:
    """Return the mean of what is known, weighted by the shares of the parts."""
    known = ~np.isnan(stack)
    weight = np.einsum("p,pij->ij", shares, known)
    total = np.einsum("p,pij->ij", shares, np.where(known, stack, 0.0))
    with np.errstate(invalid="ignore"):
        return np.asarray(total / weight)
