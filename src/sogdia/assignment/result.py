"""What an assignment found, as frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import polars as pl

from sogdia.assignment.check import check_solution, imbalance_of
from sogdia.assignment.solution import PeriodSolution, Solution
from sogdia.assignment.unserved import unserved_of
from sogdia.assignment.waits import element_name
from sogdia.network.model import Floats
from sogdia.network.resource import POOL_MARK, departures_per_year, own_ids
from sogdia.study.marks import NO_CORRIDOR
from sogdia.study.model import SPLIT_MARK

HOURS_PER_DAY = 24.0
CLOSE_TO_FULL = 0.8
WORTH_TELLING = 0.01


@dataclass(frozen=True)
class AssignmentResult:
    """Flows, costs and scarcities of a year; every frame documents its columns.

    Attributes
    ----------
    solution : Solution
        Equilibria per period, with the networks they were found on.
    """

    solution: Solution

    @property
    def study_name(self) -> str:
        """Name of the study."""
        return self.solution.study.name

    @property
    def scenario_name(self) -> str:
        """Name of the scenario."""
        return self.solution.scenario.name

    @property
    def year(self) -> int:
        """Year assigned."""
        return self.solution.year

    @property
    def seconds(self) -> float:
        """Wall-clock time of the assignment."""
        return self.solution.seconds

    @property
    def residual(self) -> float:
        """Largest fixed-point residual of all periods (see `equilibrium.residual_of`)."""
        return max(part.equilibrium.residual for part in self.solution.periods)

    @property
    def converged(self) -> bool:
        """Whether the residual asked for was reached in every period."""
        return self.residual <= self.solution.options.residual

    @property
    def iterations(self) -> int:
        """Newton steps made, in all periods."""
        return self.history.height

    @cached_property
    def node_balance(self) -> float:
        """Largest difference of what comes to a state and what leaves it, over all demand."""
        return imbalance_of(self.solution)

    @cached_property
    def history(self) -> pl.DataFrame:
        """Residual after each step: period, iteration, residual."""
        return pl.concat(
            pl.DataFrame(
                {
                    "period": [str(part.period.start)] * len(part.equilibrium.history),
                    "iteration": range(len(part.equilibrium.history)),
                    "residual": part.equilibrium.history,
                }
            )
            for part in self.solution.periods
        )

    @cached_property
    def paths(self) -> pl.DataFrame:
        """Paths in use.

        Columns: period (first day), path, demand_id, origin, destination, commodity_id,
        use, direction, corridor_id, kt and kteu (in the period), cost_usd_t (money and
        scarcity), time_h (with waits), wait_h, length_km, wtt_kg_t, ttw_kg_t, places (nodes in
        order), elements (links, terminals and services in order).
        """
        return pl.concat(_paths(part) for part in self.solution.periods)

    @cached_property
    def arcs(self) -> pl.DataFrame:
        """Flows by element, direction and commodity.

        Columns: kind, row_id, link_id, direction (of the shipments), commodity_id,
        tail_node_id, head_node_id, kt, kteu.
        """
        keys = [
            "kind",
            "row_id",
            "link_id",
            "tail_node_id",
            "head_node_id",
            "direction",
            "commodity_id",
        ]
        return _summed(pl.concat(_arcs(part) for part in self.solution.periods), keys)

    @cached_property
    def links(self) -> pl.DataFrame:
        """Flows by link: link_id, direction, commodity_id, from_node_id, to_node_id, kt, kteu.

        Flows of the services that run on a link are counted in it.
        """
        return self._flows(["link", "service"], "link_id", places=True)

    @cached_property
    def flows(self) -> pl.DataFrame:
        """Flows by link, commodity and corridor, kt and thousand TEU in the year.

        Columns: link_id, from_node_id, to_node_id (of travel), direction (of the shipments),
        commodity_id, corridor ("other" where a path is of none), kt, kteu. Added up over
        corridors they are `links`, without the links that carry nothing.
        """
        keys = ["link_id", "from_node_id", "to_node_id", "direction", "commodity_id", "corridor"]
        flows = pl.concat(_arcs(part, by_corridor=True) for part in self.solution.periods)
        carried = flows.filter(
            pl.col("kind").is_in(["link", "service"]), pl.col("kt") > 0.0
        ).with_columns(own_ids("link_id"), from_node_id="tail_node_id", to_node_id="head_node_id")
        return _summed(carried, keys)

    @cached_property
    def terminals(self) -> pl.DataFrame:
        """Flows by terminal: terminal_id, direction, commodity_id, kt, kteu."""
        return self._flows(["terminal"], "terminal_id", places=False)

    @cached_property
    def services(self) -> pl.DataFrame:
        """Flows by service: service_id, direction, commodity_id, from and to node, kt, kteu.

        Services that are pooled share their flow by what each can carry.
        """
        pooled = self._flows(["service"], "pool", places=True)
        service = self.solution.study.service.select(
            "service_id",
            room=departures_per_year() * pl.coalesce("batch_capacity_teu", "batch_capacity_t"),
        )
        single = (
            pooled.with_row_index("row")
            .with_columns(service_id=pl.col("pool").str.split(POOL_MARK))
            .explode("service_id")
            .join(service, on="service_id", how="left", maintain_order="left")
            .with_columns(part=pl.col("room") / pl.col("room").sum().over("row"))
        )
        keys = ["service_id", "direction", "commodity_id", "from_node_id", "to_node_id"]
        flows = single.group_by(keys).agg(
            (pl.col("kt") * pl.col("part")).sum(), (pl.col("kteu") * pl.col("part")).sum()
        )
        return flows.sort(keys)

    def _flows(self, kinds: list[str], name: str, *, places: bool) -> pl.DataFrame:
        column = "link_id" if name == "link_id" else "row_id"
        keys = [name, "direction", "commodity_id"]
        chosen = self.arcs.filter(pl.col("kind").is_in(kinds)).with_columns(
            pl.col(column).str.split(SPLIT_MARK).list.first().alias(name),
            from_node_id=pl.col("tail_node_id"),
            to_node_id=pl.col("head_node_id"),
        )
        keys += ["from_node_id", "to_node_id"] if places else []
        return _summed(chosen, keys)

    @cached_property
    def elements(self) -> pl.DataFrame:
        """Load of every element with a capacity, over the whole year.

        Columns: element, kind, forward (of services), unit (kt or kteu), flow, capacity,
        utilisation, wait_h (mean of those who wait), scarcity_usd_t, waiting_kt_h (tonnes
        times hours waited, in thousands; the ranking of bottlenecks).
        """
        keys = ["element", "kind", "forward", "unit"]
        rows = pl.concat(_elements(part) for part in self.solution.periods)
        flow = pl.col("flow").sum()
        weight = pl.col("flow_kt").sum()
        return (
            rows.group_by(keys)
            .agg(
                flow,
                pl.col("capacity").sum(),
                flow_kt=weight,
                wait_h=(pl.col("wait_h") * pl.col("flow_kt")).sum() / weight,
                scarcity_usd_t=(pl.col("scarcity_usd_t") * pl.col("flow_kt")).sum() / weight,
                waiting_kt_h=(pl.col("wait_h") * pl.col("flow_kt")).sum(),
                scarcity_kusd=(pl.col("scarcity_usd_t") * pl.col("flow_kt")).sum(),
            )
            .with_columns(
                pl.col("wait_h", "scarcity_usd_t").fill_nan(0.0),
                utilisation=pl.col("flow") / pl.col("capacity"),
            )
            .sort(keys, nulls_last=False)
        )

    @cached_property
    def bottlenecks(self) -> pl.DataFrame:
        """Elements that cost most in scarcity and waiting, the worst first."""
        binding = (pl.col("utilisation") > CLOSE_TO_FULL) | (
            pl.col("scarcity_usd_t") > WORTH_TELLING
        )
        return self.elements.filter(binding).sort(
            ["scarcity_kusd", "waiting_kt_h", "element", "unit"],
            descending=[True, True, False, False],
        )

    @cached_property
    def corridors(self) -> pl.DataFrame:
        """Flows by corridor and direction.

        Columns: corridor, direction, kt, kteu, share (of the direction's kt), days_mean,
        cost_usd_t, co2_kg_t (well to wheel), wtt_kg_t, ttw_kg_t; means weighted by kt.
        """
        weight = pl.col("kt").sum()

        def mean(name: str) -> pl.Expr:
            return (pl.col(name) * pl.col("kt")).sum() / weight

        table = self.paths.group_by(
            pl.col("corridor_id").fill_null(NO_CORRIDOR).alias("corridor"), "direction"
        ).agg(
            weight,
            pl.col("kteu").sum(),
            days_mean=mean("time_h") / HOURS_PER_DAY,
            cost_usd_t=mean("cost_usd_t"),
            wtt_kg_t=mean("wtt_kg_t"),
            ttw_kg_t=mean("ttw_kg_t"),
        )
        return (
            table.with_columns(
                share=pl.col("kt") / pl.col("kt").sum().over("direction"),
                co2_kg_t=pl.col("wtt_kg_t") + pl.col("ttw_kg_t"),
            )
            .select(
                "corridor",
                "direction",
                "kt",
                "kteu",
                "share",
                "days_mean",
                "cost_usd_t",
                "co2_kg_t",
                "wtt_kg_t",
                "ttw_kg_t",
            )
            .sort("corridor", "direction")
        )

    @cached_property
    def unserved(self) -> pl.DataFrame:
        """Demand that is not shipped: origin, destination, commodity, kt, reason.

        Reasons: "no path" (nothing joins the two places), "closed" (events or opening
        dates cut them off), "policy" (the rules of the scenario do), "capacity".
        """
        keys = ["origin", "destination", "commodity", "reason"]
        rows = pl.concat(unserved_of(self.solution, part) for part in self.solution.periods)
        return (
            rows.group_by(keys)
            .agg(pl.col("kt").sum())
            .sort(keys)
            .select("origin", "destination", "commodity", "kt", "reason")
        )

    def check(self) -> None:
        """Recompute the claims of this result from scratch.

        Raises
        ------
        CheckError
            If demand is not conserved at a state, a capacity is exceeded, or the flows are
            not those that shippers would choose.
        """
        check_solution(self.solution)


def _summed(flows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return flows.group_by(keys).agg(pl.col("kt").sum(), pl.col("kteu").sum()).sort(keys)


def _path_sum(part: PeriodSolution, per_arc: Floats) -> Floats:
    return part.alternatives.paths.sums(per_arc[part.alternatives.paths.arcs])


def _paths(part: PeriodSolution) -> pl.DataFrame:
    alternatives, requests = part.alternatives, part.requests
    paths = alternatives.paths
    flow = part.path_flow_kt.sum(axis=1) * part.period.share
    network = part.network
    problem, found = part.problem, part.equilibrium
    money = np.stack([c.metric.cost_usd_t for c in requests.classes])
    cargo = requests.cargo_class[paths.request]
    charged = paths.sums(money[cargo[paths.path_of], paths.arcs])
    waits = problem.visits @ found.wait_h
    demand = requests.table.select(
        "demand_id", "origin", "destination", "commodity_id", "direction"
    )[paths.request]
    commodity = part.study.commodity.select("commodity_id", "use", "t_per_teu")
    return (
        demand.with_columns(
            period=pl.lit(str(part.period.start)),
            path=pl.Series(np.arange(paths.count), dtype=pl.Int64),
            corridor_id=pl.Series(alternatives.corridor_id, dtype=pl.String),
            kt=pl.Series(flow),
            cost_usd_t=pl.Series(charged + problem.use @ found.price_usd),
            time_h=pl.Series(_path_sum(part, network.time_h) + waits),
            wait_h=pl.Series(waits),
            length_km=pl.Series(_path_sum(part, network.length_km)),
            wtt_kg_t=pl.Series(_path_sum(part, network.wtt_kg_t)),
            ttw_kg_t=pl.Series(_path_sum(part, network.ttw_kg_t)),
            places=pl.Series(_places(part)),
            elements=pl.Series(_path_elements(part)),
        )
        .join(commodity, on="commodity_id", how="left", maintain_order="left")
        .with_columns(kteu=(pl.col("kt") / pl.col("t_per_teu")).fill_null(0.0))
        .drop("t_per_teu")
    )


def _places(part: PeriodSolution) -> list[str]:
    """Nodes of each path in order, separated by blanks."""
    paths = part.alternatives.paths
    tail = part.network.arc["tail_node_id"].to_numpy()[paths.arcs]
    head = part.network.arc["head_node_id"].to_numpy()[paths.arcs]
    moves = tail != head
    first = paths.first
    return [" ".join([tail[a], *head[a:b][moves[a:b]]]) for a, b in pairwise(first)]


def _path_elements(part: PeriodSolution) -> list[str]:
    """Ids of the links, terminals and services of each path, separated by blanks.

    A service is followed by the link on which it runs.
    """
    arc = part.network.arc.select(
        ids=pl.when(pl.col("kind").is_in(["access", "egress"]))
        .then(pl.lit(""))
        .when(pl.col("kind") == "service")
        .then(
            pl.concat_str(
                [
                    own_ids("row_id").str.replace_all(POOL_MARK, " ", literal=True),
                    own_ids("link_id"),
                ],
                separator=" ",
            )
        )
        .otherwise(own_ids("row_id"))
    )["ids"].to_list()
    paths = part.alternatives.paths
    return [
        " ".join(filter(None, (arc[a] for a in paths.arcs[start:end])))
        for start, end in zip(paths.first[:-1], paths.first[1:], strict=True)
    ]


def _arcs(part: PeriodSolution, *, by_corridor: bool = False) -> pl.DataFrame:
    """Flows of a period; column corridor tells them apart only if that is asked for."""
    paths = part.alternatives.paths
    flow = part.path_flow_kt.sum(axis=1) * part.period.share
    path_of = paths.path_of
    cargo = part.requests.cargo_class[paths.request][path_of]
    classes = len(part.requests.classes)
    corridor = [name if by_corridor else None for name in part.alternatives.corridor_id]
    corridors, of_path = np.unique([name or NO_CORRIDOR for name in corridor], return_inverse=True)
    key = (paths.arcs.astype(np.int64) * classes + cargo) * len(corridors) + of_path[path_of]
    used, inverse = np.unique(key, return_inverse=True)
    kt = np.bincount(inverse, weights=flow[path_of], minlength=len(used))
    used, of_corridor = np.divmod(used, max(len(corridors), 1))
    of_class = [part.requests.classes[k] for k in used % classes]
    t_per_teu = np.array([c.commodity["t_per_teu"] or np.inf for c in of_class], dtype=np.float64)
    ends = part.network.arc.select("kind", "row_id", "link_id", "tail_node_id", "head_node_id")
    rows: pl.DataFrame = ends[used // classes]
    return rows.with_columns(
        direction=pl.Series([c.direction for c in of_class], dtype=pl.String),
        commodity_id=pl.Series([c.commodity["commodity_id"] for c in of_class], dtype=pl.String),
        corridor=pl.Series(corridors[of_corridor].tolist(), dtype=pl.String),
        kt=pl.Series(kt),
        kteu=pl.Series(kt / t_per_teu),
    )


def _elements(part: PeriodSolution) -> pl.DataFrame:
    problem, found = part.problem, part.equilibrium
    share = part.period.share
    tonnes = np.asarray((problem.visits > 0).astype(np.float64).T @ found.loading.flow.sum(axis=1))
    units = found.loading.resource_flow
    with np.errstate(divide="ignore", invalid="ignore"):
        price_per_t = np.where(tonnes > 0, found.price_usd * units / tonnes, 0.0)
    return part.network.resource.select(
        element_name(),
        "kind",
        "forward",
        "unit",
        capacity=pl.col("capacity") * share,
    ).with_columns(
        flow=pl.Series(units * share),
        flow_kt=pl.Series(tonnes * share),
        wait_h=pl.Series(found.wait_h),
        scarcity_usd_t=pl.Series(price_per_t),
    )
