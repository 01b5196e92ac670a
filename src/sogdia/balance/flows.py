"""The flows of a balance with their names: who, to whom, by which way, in which month."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import polars as pl
from scipy import sparse

from sogdia.balance.assemble import HOURS_PER_DAY, Assembly
from sogdia.balance.market import Market
from sogdia.balance.months import Months
from sogdia.balance.problem import Solution
from sogdia.network.marks import bears, classify
from sogdia.network.model import Floats, Ints
from sogdia.network.resource import own_ids
from sogdia.study.marks import NO_CORRIDOR

LINE_HAUL = ("link", "service")
PATH_COLUMNS: dict[str, pl.DataType] = {
    "path": pl.Int64(),
    "corridor": pl.String(),
    "countries": pl.List(pl.String()),
    "days": pl.Float64(),
    "co2_kg_t": pl.Float64(),
    "legs": pl.List(pl.String()),
}


class Flows:
    """Names and measures of the flows of a solution.

    Parameters
    ----------
    market : Market
        Who ships and who needs.
    months : Months
        The networks.
    assembly : Assembly
        Names of the balance's rows.
    solution : Solution
        Its flows.
    corridor : DataFrame
        The study's table ``corridor``.
    """

    def __init__(
        self,
        market: Market,
        months: Months,
        assembly: Assembly,
        solution: Solution,
        corridor: pl.DataFrame,
    ) -> None:
        self._market, self._months = market, months
        self._assembly, self._solution = assembly, solution
        self._corridor = corridor
        self._used = np.unique(solution.flow_path)

    def _arcs(self, path: int) -> Ints:
        paths = self._solution.paths
        return paths.arc[paths.first[path] : paths.first[path + 1]]

    def _incidence(self, paths: Ints, arcs: int) -> sparse.csr_array:
        pieces = [self._arcs(path) for path in paths]
        first = np.concatenate([[0], np.cumsum([len(one) for one in pieces])])
        flat = np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int32)
        return sparse.csr_array((np.ones(len(flat)), flat, first), shape=(len(paths), arcs))

    @cached_property
    def path_table(self) -> pl.DataFrame:
        """Used paths: path, corridor, transit, days, co2_kg_t, legs; on their networks."""
        frames = []
        for number, month in enumerate(self._months.networks):
            mine = self._used[self._solution.paths.network[self._used] == number]
            if not len(mine):
                continue
            network = month.network
            matrix = self._incidence(mine, network.arc.height)
            corridors = classify(self._corridor, month.marks, matrix)
            countries = sorted(set(network.state["country"].drop_nulls()))
            passed = np.array([bears(matrix, month.marks.of(one)) for one in countries])
            names = network.arc.select(own_ids("row_id"))["row_id"].to_list()
            hauls = network.arc["kind"].is_in([*LINE_HAUL, "terminal"]).to_numpy()
            frames.append(
                pl.DataFrame(
                    {
                        "path": mine.astype(np.int64),
                        "corridor": [one or NO_CORRIDOR for one in corridors],
                        "countries": [
                            [countries[row] for row in np.flatnonzero(column)]
                            for column in passed.T
                        ],
                        "days": matrix @ network.time_h / HOURS_PER_DAY,
                        "co2_kg_t": matrix @ (network.wtt_kg_t + network.ttw_kg_t),
                        "legs": [
                            [names[arc] for arc in self._arcs(path) if hauls[arc]] for path in mine
                        ],
                    },
                    schema=PATH_COLUMNS,
                )
            )
        return pl.concat(frames) if frames else pl.DataFrame(schema=PATH_COLUMNS)

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row per path and month: who ships what to whom, and every measure of it."""
        solution, pairs = self._solution, self._assembly.pairs
        market = self._market
        pair = solution.paths.pair[solution.flow_path]
        source = pairs["source"].to_numpy()[pair]
        ends = pairs[pair].select(
            "commodity",
            "supplier",
            "supplier_country",
            "owner_country",
            "consumer",
            "consumer_country",
            "source",
            "sink",
        )
        countries = ["supplier_country", "consumer_country"]
        return (
            ends.with_columns(
                path=pl.Series(solution.flow_path.astype(np.int64)),
                month=pl.Series(solution.flow_period.astype(np.int64)) + 1,
                kt=pl.Series(solution.flow_kt),
                gate_usd_t=market.sources["cost_usd_t"][source],
                way_usd_t=pl.Series(solution.paths.cost_usd_t[solution.flow_path]),
                tranche=market.sources["tranche"][source],
            )
            .join(self.path_table, on="path", how="left", maintain_order="left")
            .with_columns(
                transit=pl.col("countries")
                .list.set_difference(
                    pl.concat_list(pl.col(name).fill_null("") for name in countries)
                )
                .list.sort()
            )
        )

    @cached_property
    def links(self) -> pl.DataFrame:
        """link, commodity, forward, kt: what goes over each link in the year, each way."""
        frames = []
        table = self.table
        for number, month in enumerate(self._months.networks):
            here = (
                table.filter(
                    pl.col("path").is_in(
                        self._used[self._solution.paths.network[self._used] == number].astype(
                            np.int64
                        )
                    )
                )
                .group_by("path", "commodity", maintain_order=True)
                .agg(pl.col("kt").sum())
            )
            if here.is_empty():
                continue
            arcs = month.network.arc
            pieces = [self._arcs(path) for path in here["path"]]
            lengths = [len(one) for one in pieces]
            rows = arcs[np.concatenate(pieces).astype(np.int64)].select(
                "kind", "forward", link=own_ids("link_id")
            )
            carried = here[np.repeat(np.arange(here.height), lengths)].select("commodity", "kt")
            frames.append(
                pl.concat([rows, carried], how="horizontal").filter(pl.col("kind").is_in(LINE_HAUL))
            )
        if not frames:
            return pl.DataFrame(
                schema={
                    "link": pl.String,
                    "commodity": pl.String,
                    "forward": pl.Boolean,
                    "kt": pl.Float64,
                }
            )
        return (
            pl.concat(frames)
            .group_by("link", "commodity", "forward")
            .agg(pl.col("kt").sum())
            .sort("link", "commodity", "forward")
        )

    def resource_flow(self) -> tuple[Floats, Floats]:
        """Return what passes each resource in each month: in its unit, and in kt.

        Returns
        -------
        units, kt : ndarray of float64, shape (resources, months)
            Flows.
        """
        problem, solution = self._assembly.problem, self._solution
        units, kt = np.zeros(problem.room.shape), np.zeros(problem.room.shape)
        of_path: dict[int, tuple[Ints, Floats]] = {}
        for path, month, flow in zip(
            solution.flow_path, solution.flow_period, solution.flow_kt, strict=True
        ):
            if path not in of_path:
                of_path[path] = self._consumption(int(path))
            resource, unit = of_path[path]
            np.add.at(units, (resource, month), unit * flow)
            np.add.at(kt, (resource, month), flow)
        return units, kt

    def _consumption(self, path: int) -> tuple[Ints, Floats]:
        """Resources on a path, read from its network, and units of each per t."""
        problem, paths = self._assembly.problem, self._solution.paths
        kind = problem.pair_class[paths.pair[path]]
        layer = problem.layers[problem.layer_of[kind, paths.network[path]]]
        place = np.searchsorted(layer.arc, self._arcs(path))
        resource = layer.resource[place]
        return resource[resource >= 0], layer.unit_per_t[place][resource >= 0]
