"""Write the generated parts of the documentation: tables, counts of sources, validation, output.

Usage: python tools/update_docs.py [--output] [--runs runs/readme-2024 runs/readme-2025]

Without options, what can be read off the code and the built-in study: data/tables.md and the table
in data/eurasia.md. With --output also what the commands and the Python of the pages print; with
--runs also validation.md, from finished runs.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import dataframely as dy
import polars as pl
from pydantic import BaseModel

sys.path.insert(0, str(Path(__file__).parents[1]))
from tools.docs_session import DOCS, WIDTH, renewed, session_pages
from tools.update_readme import section

from sogdia.analysis.validation import TOLERANCE
from sogdia.study import Study
from sogdia.study.check import GEOGRAPHIC_COLUMNS
from sogdia.study.columns import SOURCE_KINDS
from sogdia.study.load import load
from sogdia.study.model import (
    REQUIRED_TABLES,
    SCHEMAS,
    ChoiceParameter,
    Settings,
    TrafficSettings,
)
from sogdia.study.sheet import is_list
from sogdia.study.water_level import WaterLevel

TYPES = {
    dy.Bool: "true or false",
    dy.Date: "date",
    dy.Enum: "word",
    dy.Float64: "number",
    dy.Int32: "whole number",
    dy.String: "text",
}
UNITS = {
    "kt_y": "kt a year",
    "kt": "kt",
    "teu_y": "TEU a year",
    "teu": "TEU",
    "km_h": "km/h",
    "km": "km",
    "mm": "mm",
    "usd_t_month": "USD per t and month",
    "usd_t_day": "USD per t and day",
    "usd_t_km": "USD per t-km",
    "usd_teu_km": "USD per TEU-km",
    "usd_teu": "USD per TEU",
    "usd_t": "USD per t",
    "usd_vehicle": "USD per vehicle",
    "usd_h": "USD per h",
    "musd_y": "million USD a year",
    "musd": "million USD",
    "g_tkm": "g CO2e per t-km",
    "kg_t": "kg CO2e per t",
    "departures_week": "a week, each way",
    "vehicles_h": "vehicles per h",
    "quantity_kt": "kt a year",
    "_h": "h",
    "_t": "t",
    "_m": "m",
}
"""Units by what a column's name ends in; the first that fits holds."""
GENERATED = "<!-- Written by tools/update_docs.py; do not edit. -->"
TABLES_PAGE = DOCS / "data" / "tables.md"
EURASIA_PAGE = DOCS / "data" / "eurasia.md"
VALIDATION_PAGE = DOCS / "validation.md"
SETTINGS: Mapping[str, type[BaseModel]] = {
    "At the top": Settings,
    "`[traffic]`": TrafficSettings,
    "`[choice.NAME]`": ChoiceParameter,
    "`[water_level.NAME]`": WaterLevel,
}
MEANING: Mapping[type[BaseModel], Mapping[str, str]] = {
    Settings: {
        "name": "what the study is called; letters, digits and hyphens",
        "title": "its title",
        "description": "what it is about",
        "base_year": "year that is run unless another is asked for",
        "currency": "of all money in the tables",
        "licence": "of the tables",
        "attribution": "whom to name",
        "default_scenario": "scenario that is run unless another is asked for",
        "main_corridor": "corridor that the study is about",
        "crs": "coordinate reference system of the nodes; EPSG:4326: longitudes and latitudes",
        "traffic": "units of road traffic, see `[traffic]`",
        "choice": "parameters of choice, see `[choice.NAME]`",
        "water_level": "waters whose level ports follow, see `[water_level.NAME]`",
    },
    TrafficSettings: {
        "time_unit": "h, min or s: the unit in which the network came, and trips are assigned",
        "length_unit": "km, m, mile or ft",
        "speed_unit": "km/h, mile/h, m/s or ft/min",
        "units_assumed": "true: the file stated none",
        "period": "what trips are counted in, such as an hour of the morning",
    },
    ChoiceParameter: {
        "estimate": "value: `scale`, `path_size_weight`, `time_weight`, `reliability_ratio`, "
        "`inconvenience_CORRIDOR`, `risk_CC`, `avoid_CC`, `avoid_CC_bulk` or `avoid_since`",
        "standard_error": "how well it is known",
        "source": "how it was found",
    },
    WaterLevel: {
        "title": "what it is the level of, and in which datum",
        "places": "nodes whose depth follows it",
        "current_m": "level at which depths and capacities of the tables were observed, m",
        "full_load_m": "level from which vessels load fully, m",
        "load_loss_per_m": "share of the load that is lost per metre below that",
        "source_id": "where the figures come from",
    },
}


def unit_of(name: str, column: dy.Column) -> str:
    """Return the unit that a column's name ends in; nothing where it has none."""
    if not isinstance(column, dy.Float64):
        return "mm" if name.endswith("_mm") else ""
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")


def values_of(name: str, column: dy.Column) -> str:
    """Return what a column may hold, beyond its type."""
    said = []
    metadata = column.metadata or {}
    if isinstance(column, dy.Enum):
        said.append(", ".join(f"`{word}`" for word in column.categories))
    if "references" in metadata:
        table, _, key = metadata["references"].partition(".")
        said.append(f"a [`{table}`](#{table}) `{key}`")
    if is_list(name, column):
        said.append("several, comma-separated")
    if isinstance(column, (dy.Float64, dy.Int32)):
        said += bounds(column)
    return "; ".join(said)


def bounds(column: dy.Float64 | dy.Int32) -> list[str]:
    """Return the bounds of a number, in words."""
    if column.min is not None and column.max is not None:
        return [f"{column.min:g} to {column.max:g}"]
    signs = {"≥": column.min, ">": column.min_exclusive, "≤": column.max, "<": column.max_exclusive}
    return [f"{sign} {bound:g}" for sign, bound in signs.items() if bound is not None]


def cell(text: str) -> str:
    """Return a text as the cell of a table."""
    return text.replace("|", r"\|").replace("*:", r"\*:").replace("\n", " ")


def table_of_columns(table: str, schema: type[dy.Schema]) -> str:
    """Return the part of the page about one table."""
    keys = schema.primary_key()
    lines = [
        f"## {table}",
        "",
        (schema.__doc__ or "").strip() + (" **Required.**" if table in REQUIRED_TABLES else ""),
        "",
        "| column | type, unit | required | values | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, column in schema.columns().items():
        need = "key" if name in keys else "" if column.nullable else "yes"
        if (table, name) in GEOGRAPHIC_COLUMNS:
            need = "yes, as degrees"
        unit = unit_of(name, column)
        cells = (
            f"`{name}`",
            f"{TYPES[type(column)]}, {unit}" if unit else TYPES[type(column)],
            need,
            values_of(name, column),
            column.description or "",
        )
        lines.append("| " + " | ".join(cell(text) for text in cells) + " |")
    if rules := rules_of(schema):
        lines += ["", "Rules:", "", *(f"- {rule}" for rule in rules)]
    return "\n".join(lines)


def rules_of(schema: type[dy.Schema]) -> list[str]:
    """Return the rules that join columns of a table, in the words of its schema."""
    rules = [getattr(member, "validation_fn", None) for member in vars(schema).values()]
    return [cell(" ".join((rule.__doc__ or "").split())) for rule in rules if rule is not None]


def settings_table(name: str, model: type[BaseModel]) -> str:
    """Return the table of what one part of study.toml holds."""
    lines = [f"### {name}", "", "| key | default | meaning |", "| --- | --- | --- |"]
    for key, field in model.model_fields.items():
        default = "required" if field.is_required() else shown_default(field.get_default())
        lines.append(f"| `{key}` | {default} | {cell(MEANING[model][key])} |")
    return "\n".join(lines)


def shown_default(default: object) -> str:
    """Return a default as the author of a TOML file would write it; nothing for none."""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if default else ""


def tables_page() -> str:
    """Return the page of all tables and columns."""
    index = "\n".join(
        f"| [`{table}`](#{table}) | {len(schema.columns())} | {(schema.__doc__ or '').strip()} |"
        for table, schema in SCHEMAS.items()
    )
    parts = [
        "# Tables and columns",
        GENERATED,
        "A study is a folder of CSV files, one for each table, with `node.csv` and `link.csv` at "
        "least. Columns that are not required may be left out or have empty cells: an empty cell "
        "is *not known*, never zero. Names of GMNS are kept where it has one. `key` marks what "
        "tells rows apart. `sogdia columns TABLE` prints much the same.",
        f"| table | columns | a row is |\n| --- | ---: | --- |\n{index}",
        *(table_of_columns(table, schema) for table, schema in SCHEMAS.items()),
        "## Settings: `study.toml`",
        "What holds for the study as a whole. All keys may be left out but those required.",
        *(settings_table(name, model) for name, model in SETTINGS.items()),
    ]
    return "\n\n".join(parts) + "\n"


def source_counts(study: Study) -> pl.DataFrame:
    """Count the rows of each table by the kind of their source.

    Returns
    -------
    DataFrame
        table, rows, and a column of each kind of source.
    """
    kinds = study.source.select("source_id", pl.col("kind").cast(pl.String))
    counted = []
    for table, schema in SCHEMAS.items():
        frame = getattr(study, table)
        if "source_id" not in schema.columns() or table == "source" or frame.is_empty():
            continue
        of_kind = frame.select("source_id").join(kinds, on="source_id", how="left")["kind"]
        counts = dict(of_kind.value_counts().iter_rows())
        counted.append(
            {"table": table, "rows": frame.height}
            | {kind: int(counts.get(kind, 0)) for kind in SOURCE_KINDS}
        )
    return pl.DataFrame(counted)


def counts_table(study: Study) -> str:
    """Return the table of rows by kind of source, in Markdown."""
    counts = source_counts(study)
    heads = [name.replace("_", " ") for name in counts.columns]
    lines = [
        f"| {' | '.join(heads)} |",
        f"| --- |{' ---: |' * (len(heads) - 1)}",
    ]
    for row in counts.iter_rows():
        cells = [f"[`{row[0]}`](tables.md#{row[0]})", *(f"{n:,}" if n else "" for n in row[1:])]
        lines.append(f"| {' | '.join(cells)} |")
    total = ["**all**", *(f"{counts[name].sum():,}" for name in counts.columns[1:])]
    return "\n".join([*lines, f"| {' | '.join(total)} |"])


def with_counts(page: str, study: Study) -> str:
    """Return the page of `eurasia` with its table of sources made anew."""
    begin, end = "<!-- sources:begin -->", "<!-- sources:end -->"
    head, _, rest = page.partition(begin)
    _, closed, tail = rest.partition(end)
    if not closed:
        raise SystemExit(f"{EURASIA_PAGE.name} has lost its markers {begin} and {end}")
    return f"{head}{begin}\n\n{counts_table(study)}\n\n{end}{tail}"


def validation_page(runs: list[Path]) -> str:
    """Return the page of published against modelled figures, from finished runs."""
    parts = [
        "# Validation",
        GENERATED,
        "Published figures against modelled ones. Parameters of choice are fitted on the "
        "observations marked *calibrate* and judged on those marked *validate*; all of 2025 is "
        "judged, with the parameters of 2024. *Margin* rows are imposed by demand or by events "
        "and prove bookkeeping only. A target is met where the modelled figure lies within the "
        f"published range or, where none is published, within {TOLERANCE:.0%} of the published "
        "value. Written by `make readme` from its runs, never by hand.",
        "[How the parameters were fitted](design/04-calibration.md); "
        "[what is known to be weak](data/eurasia.md).",
        *(section(folder).replace("### ", "## ", 1) for folder in runs),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", action="store_true", help="run the pages' commands and Python")
    parser.add_argument("--runs", type=Path, nargs="+", help="folders of finished runs")
    asked = parser.parse_args()
    TABLES_PAGE.write_text(tables_page(), encoding="utf-8")
    eurasia = EURASIA_PAGE.read_text(encoding="utf-8")
    EURASIA_PAGE.write_text(with_counts(eurasia, load("eurasia")), encoding="utf-8")
    if asked.runs:
        VALIDATION_PAGE.write_text(validation_page(asked.runs), encoding="utf-8")
    os.environ["COLUMNS"] = str(WIDTH)
    for page in session_pages() if asked.output else []:
        with tempfile.TemporaryDirectory() as folder:
            text = renewed(page.read_text(encoding="utf-8"), Path(folder))
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
