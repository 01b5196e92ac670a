"""What another water level does to the tables: depths shift, vessels and ports carry their share.

Let a vessel load the share l before and m after. What it and the port that works it carry
in a year is then multiplied by m / l. A vessel loads for the shallower of its two ends.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sogdia.errors import Problem
from sogdia.scenario.prune import Frames
from sogdia.study.check import unknown_value
from sogdia.study.columns import WATER_MODES
from sogdia.study.sheet import show
from sogdia.study.water_level import WaterLevel

SERVICE_CAPACITIES = ("batch_capacity_t", "batch_capacity_teu")
TERMINAL_CAPACITIES = ("capacity_kt_y", "capacity_teu_y", "batch_t")


def set_levels(
    frames: Mapping[str, pl.DataFrame],
    levels: Mapping[str, WaterLevel],
    asked_m: Mapping[str, float],
) -> tuple[Frames, list[Problem]]:
    """Bring depths and capacities to other water levels.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Tables of a study.
    levels : mapping of str to WaterLevel
        Its water levels.
    asked_m : mapping of str to float
        The levels to bring them to, m.

    Returns
    -------
    frames : dict of str to DataFrame
        The tables at these levels; as they were if there are problems.
    problems : list of Problem
        Levels that the study does not have, and those at which no vessel could load or a
        place would fall dry.
    """
    problems = _unknown_levels(levels, asked_m)
    moved = {
        name: (level, asked_m[name])
        for name, level in levels.items()
        if asked_m.get(name, level.current_m) != level.current_m
    }
    for name, (level, level_m) in moved.items():
        problems += _dry(frames["node"], name, level, level_m)
    if problems or not moved:
        return dict(frames), problems
    return _moved(frames, _places(levels, asked_m)), []


def levels_at(
    levels: Mapping[str, WaterLevel], asked_m: Mapping[str, float]
) -> dict[str, WaterLevel]:
    """Return the water levels of tables that `set_levels` has brought to others."""
    return {
        name: level.model_copy(update={"current_m": asked_m.get(name, level.current_m)})
        for name, level in levels.items()
    }


def _unknown_levels(
    levels: Mapping[str, WaterLevel], asked_m: Mapping[str, float]
) -> list[Problem]:
    known = pl.Series(list(levels), dtype=pl.String)
    unknown = [name for name in asked_m if name not in levels]
    if unknown and known.is_empty():
        return [Problem("the study has no water levels; its study.toml gives them", "water_level")]
    place = "the water levels of study.toml"
    return [Problem(unknown_value(name, place, known), "water_level") for name in unknown]


def _dry(node: pl.DataFrame, name: str, level: WaterLevel, level_m: float) -> list[Problem]:
    """Report a level at which no vessel could load, and places that would have no water."""
    where = f"water_level, {name}"
    problems = []
    if level.load_share(level_m) == 0.0:
        message = f"at {show(level_m)} m no vessel could load"
        problems.append(Problem(f"{message}; it must be above {level.no_load_m:g}", where))
    here = node.filter(pl.col("node_id").is_in(level.places))
    for place, depth_m in here.select("node_id", "depth_m").iter_rows():
        if depth_m is not None and depth_m + (level_m - level.current_m) <= 0.0:
            message = (
                f"at {show(level_m)} m {place!r} would be dry, its depth_m being {show(depth_m)} "
                f"at {show(level.current_m)} m"
            )
            lowest_m = level.current_m - depth_m
            problems.append(Problem(f"{message}; it must be above {lowest_m:g}", where))
    return problems


def _places(levels: Mapping[str, WaterLevel], asked_m: Mapping[str, float]) -> pl.DataFrame:
    """Return the places of water levels: how far they rise, and loads before and after."""
    rows = [
        (
            place,
            asked_m.get(name, level.current_m) - level.current_m,
            level.load_share(level.current_m),
            level.load_share(asked_m.get(name, level.current_m)),
        )
        for name, level in levels.items()
        for place in level.places
    ]
    columns = {"node_id": pl.String} | dict.fromkeys(("rise_m", "before", "after"), pl.Float64)
    return pl.DataFrame(rows, schema=columns, orient="row")


def _moved(frames: Mapping[str, pl.DataFrame], places: pl.DataFrame) -> Frames:
    result = dict(frames)
    node, terminal, service = frames["node"], frames["terminal"], frames["service"]
    rise_m = _looked_up(node, "node_id", places, "rise_m")
    result["node"] = node.with_columns(pl.col("depth_m") + rise_m.fill_null(0.0))
    afloat = pl.col("from_mode").is_in(WATER_MODES) | pl.col("to_mode").is_in(WATER_MODES)
    ratio = places.select("node_id", ratio=pl.col("after") / pl.col("before"))
    factor = _looked_up(terminal, "node_id", ratio, "ratio").fill_null(1.0)
    result["terminal"] = terminal.with_columns(
        pl.when(afloat).then(pl.col(name) * factor).otherwise(name).alias(name)
        for name in TERMINAL_CAPACITIES
    )
    factor = _looked_up(service, "link_id", _link_factors(frames["link"], places), "factor")
    result["service"] = service.with_columns(
        pl.col(name) * factor.fill_null(1.0) for name in SERVICE_CAPACITIES
    )
    return result


def _link_factors(link: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Return by how much the loads of vessels change, for the links with an end at a place."""
    loads = {
        name: pl.min_horizontal(
            _looked_up(link, f"{end}_node_id", places, name) for end in ("from", "to")
        )
        for name in ("before", "after")
    }
    return link.select(
        "link_id",
        factor=pl.when(pl.col("mode").is_in(WATER_MODES)).then(loads["after"] / loads["before"]),
    )


def _looked_up(frame: pl.DataFrame, key: str, places: pl.DataFrame, name: str) -> pl.Series:
    """Return the value that `places` has for each row of `frame`; null where it has none."""
    known = places.select(pl.first().alias(key), name)
    return frame.select(key).join(known, on=key, how="left", maintain_order="left")[name]
