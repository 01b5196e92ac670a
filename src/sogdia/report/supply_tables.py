"""A supply balance on a terminal: who gets what from whom, what is missing, and what binds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl
from rich.console import Console
from rich.text import Text

from sogdia.report.sheets import NONE, Column, Row, Sheet, Tone, quantity, share, sheet_of
from sogdia.report.simulation_tables import Names
from sogdia.report.supply_analysis_tables import analysis_sheets, index, n_minus_1
from sogdia.report.supply_columns import (
    CHANGE,
    NOTHING_KT,
    against,
    change,
    changes,
    figure,
    largest,
    mean_by_kt,
    mean_of_rows,
    more,
    settled,
    signed,
    signed_points,
    total,
    words,
)
from sogdia.report.tables import LONGEST, show_sheet

if TYPE_CHECKING:
    from sogdia.balance import SupplyResult
    from sogdia.report.supply_report import SupplyReport

DAYS_PER_YEAR = 365.0
STOCK_OF = "stock of "
"""What the name of a supplier begins with where a stock was drawn."""
BLOCS = ("all", "EU")
"""Buyers whose concentration comes before that of single countries."""
PLACES = ("supplier", "node", "stock")
"""Kinds of limits that are of a place."""
ROUTE = ("commodity", "supplier", "corridor", "consumer_country")


def show_supply(report: SupplyReport, console: Console, *, top: int | None = LONGEST) -> None:
    """Print a supply balance and what was asked beside it.

    Parameters
    ----------
    report : SupplyReport
        What was found.
    console : Console
        Where to print; 100 columns have room for all. Where there are fewer, words fold.
    top : int, optional
        Rows of each long list; None: all.
    """
    _head(report, console)
    for sheet in [*balance_sheets(report, top), *analysis_sheets(report, top)]:
        console.print()
        show_sheet(sheet, console)
    notices = [*report.balance.result.notices]
    if report.expansion is not None:
        notices += report.expansion.notices
    if notices:
        console.print()
        console.print(Text("Notices", style="bold"))
        for notice in notices:
            console.print(Text(f"- {notice}"))


def balance_sheets(report: SupplyReport, top: int | None = LONGEST) -> list[Sheet]:
    """Return all sheets of the balance and of what it withstands.

    Parameters
    ----------
    report : SupplyReport
        What was found.
    top : int or None
        Rows of each long list; None: all.
    """
    study, result = report.study, report.balance.result
    base = None if report.baseline is None else report.baseline.result
    names = Names.of(study)
    countries = dict(study.node.select("node_id", "country").iter_rows())
    sheets = [served(result.months_table, None if base is None else base.months_table)]
    sheets += [
        deliveries(
            _of(result.deliveries, commodity),
            None if base is None else _of(base.deliveries, commodity),
            names,
            commodity,
            top,
        )
        for commodity in result.commodities
    ]
    sheets += [
        routes(result.deliveries, None if base is None else base.deliveries),
        unserved(result.unserved, None if base is None else base.unserved, names, top),
        binding(
            result.binding,
            None if base is None else base.binding,
            names,
            _contract_names(result),
            top,
        ),
        concentration(result.concentration, None if base is None else base.concentration, top),
        avoiding(result.avoiding, None if base is None else base.avoiding, top),
        n_minus_1(
            report.balance.n_minus_1,
            None if report.baseline is None else report.baseline.n_minus_1,
            names,
            top,
        ),
        index(
            report.balance.index, None if report.baseline is None else report.baseline.index, names
        ),
    ]
    if not result.contracts.is_empty():
        sheets.append(contracts(result.contracts, top))
    if not result.stocks.is_empty():
        sheets.append(
            stocks(stock_cover(result.stocks, result.months_table, countries), names, top)
        )
    waits = report.balance.lead_times
    if waits is not None and not waits.is_empty():
        sheets.append(lead_times(waits, names, top))
    return sheets


def lead_times(frame: pl.DataFrame, names: Names, top: int | None) -> Sheet:
    """Return how long goods take that wait for permits and charters.

    Parameters
    ----------
    frame : DataFrame
        As `sogdia.balance.lead_times.lead_times` gives it.
    names : Names
        Names of places.
    top : int or None
        Rows to show; None: all.
    """
    columns = [
        words("from", lambda row: names.place.get(row["supplier"], row["supplier"])),
        words("by corridor", lambda row: row["corridor"]),
        words("to", lambda row: names.place.get(row["consumer"], row["consumer"])),
        figure("kt", "kt"),
        figure("days\non the way", "transit_days"),
        figure("for the\npermit", "permit_days"),
        figure("for the\ncharter", "consolidation_days"),
        figure("in all", "mean_days"),
        figure("P90", "p90_days"),
    ]
    rows = frame.to_dicts()
    shown = rows[:top]
    note = "Mean days; nine of ten tonnes have come by P90. " + more(len(shown), len(rows))
    title = "Lead times of what waits for permits and charters"
    return sheet_of(title, columns, shown, note=note.strip())


def _of(frame: pl.DataFrame, commodity: str) -> pl.DataFrame:
    return frame.filter(pl.col("commodity") == commodity)


def _contract_names(result: SupplyResult) -> dict[str, str]:
    named = result.contracts.select("contract", "name").iter_rows()
    return {key: name or key for key, name in named}


def _head(report: SupplyReport, console: Console) -> None:
    result = report.balance.result
    title = Text.assemble((report.study.name, "bold"), f" · {result.scenario.name}")
    console.print(title.append(f" · {result.year} · {', '.join(result.commodities)}"))
    seconds = sum(result.seconds.values())
    cost = f"Cost {quantity(result.cost_musd)} million USD a year"
    if report.baseline is not None:
        before = report.baseline.result.cost_musd
        cost += f" ({signed(result.cost_musd - before)})"
    console.print(Text(f"{cost} · {seconds:.1f} s"))
    if report.asked:
        console.print(Text(f"Asked: {'; '.join(report.asked)}."))
    if report.baseline is not None:
        console.print(
            Text(f"Changes are against the balance under {report.baseline.result.scenario.name}.")
        )


def served(months: pl.DataFrame, base: pl.DataFrame | None = None) -> Sheet:
    """Return what is needed of each commodity, what comes, and what one more tonne is worth.

    Parameters
    ----------
    months : DataFrame
        Of the balance: a row by commodity, consumer and month.
    base : DataFrame, optional
        The same of the baseline.
    """
    figures = dict.fromkeys(("delivered_kt", "unserved_kt", "price_usd_t"), 0.0)
    frame = against(
        _by_commodity(months), None if base is None else _by_commodity(base), ["commodity"], figures
    )
    columns = [
        words("commodity", lambda row: row["commodity"]),
        figure("needed, kt", "need_kt"),
        figure("delivered, kt", "delivered_kt"),
        *changes([change("change", "delivered_kt")], beside=base is not None),
        figure("unserved, kt", "unserved_kt"),
        *changes([change("change", "unserved_kt")], beside=base is not None),
        Column("share", lambda row: share(_ratio(row["unserved_kt"], row["need_kt"]))),
        figure("worth of\n1 t, USD", "price_usd_t"),
        *changes([change("change", "price_usd_t")], beside=base is not None),
    ]
    return sheet_of(
        "The balance of the year",
        columns,
        frame.to_dicts(),
        tone=lambda row: Tone.BAD if (row["unserved_kt"] or 0.0) > NOTHING_KT else Tone.PLAIN,
        note="Worth of 1 t: what one tonne more would save, mean of consumers and months.",
    )


def _by_commodity(months: pl.DataFrame) -> pl.DataFrame:
    worth = (pl.col("price_usd_t") * pl.col("need_kt")).sum() / pl.col("need_kt").sum()
    return months.group_by("commodity", maintain_order=True).agg(
        pl.col("need_kt", "delivered_kt", "unserved_kt").sum(),
        # Nobody needs anything: 0 / 0.
        worth.fill_nan(None).alias("price_usd_t"),
    )


def deliveries(
    frame: pl.DataFrame,
    base: pl.DataFrame | None,
    names: Names,
    commodity: str,
    top: int | None,
) -> Sheet:
    """Return the deliveries of a commodity by supplier, corridor and consuming country.

    Parameters
    ----------
    frame : DataFrame
        Deliveries of the commodity.
    base : DataFrame or None
        The same of the baseline.
    names : Names
        Of the study.
    commodity : str
        Its id.
    top : int or None
        Rows to show, the largest first; the others are summed. None: all.
    """
    both = against(
        _summed(frame, ROUTE), None if base is None else _summed(base, ROUTE), ROUTE, {"kt": 0.0}
    )
    ordered = _by_size(both, ROUTE).to_dicts()
    rows = largest(ordered, top, _rest_of_deliveries)
    columns = [
        words("from", lambda row: supplier_name(row["supplier"], names)),
        words("by corridor", lambda row: row["corridor"]),
        words("to", lambda row: row["consumer_country"]),
        words("crossing", lambda row: ", ".join(row["transit"] or [])),
        figure("kt", "kt"),
        *changes([change("change", "kt")], beside=base is not None),
        figure("USD/t", "cost_usd_t"),
        figure("days", "days"),
        figure("kg CO2e/t", "co2_kg_t"),
    ]
    summed = quantity(settled(sum(row["kt"] for row in ordered)))
    note = f"{summed} kt in all." if rows else "None."
    if len(rows) < len(ordered):
        note += " --top 0 shows all."
    return sheet_of(f"Deliveries of {commodity}", columns, rows, note=note)


def _rest_of_deliveries(rows: Sequence[Row]) -> Row:
    return {
        "supplier": f"{len(rows):,} others",
        "corridor": None,
        "consumer_country": None,
        "transit": sorted({country for row in rows for country in row["transit"] or []}),
        "kt": sum(row["kt"] for row in rows),
        f"kt{CHANGE}": total(rows, f"kt{CHANGE}"),
        **{name: mean_of_rows(rows, name) for name in ("cost_usd_t", "days", "co2_kg_t")},
    }


def _summed(deliveries: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    # Rows differ in owner, consumer and way too.
    return (
        deliveries.filter(pl.col("kt") > NOTHING_KT)
        .group_by(keys, maintain_order=True)
        .agg(
            # The means come first: they need the tonnes of each row.
            *(mean_by_kt(name) for name in ("cost_usd_t", "days", "co2_kg_t")),
            pl.col("transit").explode().drop_nulls().unique().sort(),
            pl.col("kt").sum(),
        )
    )


def _by_size(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Sort by tonnes; what the baseline alone has stands where it was."""
    size = pl.max_horizontal(
        pl.col("kt"), (pl.col("kt") - pl.col(f"kt{CHANGE}")).fill_null(pl.col("kt"))
    )
    return frame.sort([size, *keys], descending=[True] + [False] * len(keys), nulls_last=True)


def supplier_name(supplier: str, names: Names) -> str:
    """Name a supplier, or the stock that was drawn.

    Parameters
    ----------
    supplier : str
        Id of a node, or of one behind ``stock of``.
    names : Names
        Of the study.
    """
    node = supplier.removeprefix(STOCK_OF)
    prefix = STOCK_OF if supplier.startswith(STOCK_OF) else ""
    return f"{prefix}{names.place.get(node, node)}"


def routes(frame: pl.DataFrame, base: pl.DataFrame | None = None) -> Sheet:
    """Return how much of each commodity goes by each corridor.

    Parameters
    ----------
    frame : DataFrame
        Deliveries of the balance.
    base : DataFrame, optional
        The same of the baseline.
    """
    keys = ("commodity", "corridor")
    both = against(
        _summed(frame, keys), None if base is None else _summed(base, keys), keys, {"kt": 0.0}
    )
    parts = both.with_columns((pl.col("kt") / pl.col("kt").sum()).over("commodity").alias("share"))
    rows = _by_size(parts, keys).sort("commodity", maintain_order=True).to_dicts()
    columns = [
        words("commodity", lambda row: row["commodity"]),
        words("corridor", lambda row: row["corridor"]),
        figure("kt", "kt"),
        *changes([change("change", "kt")], beside=base is not None),
        Column("share", lambda row: share(row["share"])),
        figure("USD/t", "cost_usd_t"),
        figure("days", "days"),
    ]
    return sheet_of("Totals by corridor", columns, rows, note="" if rows else "None.")


def unserved(
    frame: pl.DataFrame, base: pl.DataFrame | None, names: Names, top: int | None
) -> Sheet:
    """Return the need that is not met, the most tonnes first.

    Parameters
    ----------
    frame : DataFrame
        Unserved need of the balance.
    base : DataFrame or None
        The same of the baseline.
    names : Names
        Of the study.
    top : int or None
        Rows to show; None: all.
    """
    keys = ("commodity", "consumer", "consumer_country")
    both = against(frame, base, keys, {"kt": 0.0, "value_musd": 0.0})
    missing = (pl.col("kt") > NOTHING_KT) | (pl.col(f"kt{CHANGE}").abs() > NOTHING_KT)
    rows = _by_size(both.filter(missing), keys).to_dicts()
    columns = [
        words("commodity", lambda row: row["commodity"]),
        words("consumer", lambda row: names.place.get(row["consumer"], row["consumer"])),
        words("in", lambda row: row["consumer_country"]),
        figure("needed, kt", "need_kt"),
        figure("unserved, kt", "kt"),
        *changes([change("change", "kt")], beside=base is not None),
        Column("share", lambda row: share(_ratio(row["kt"], row["need_kt"]))),
        figure("worth, million\nUSD a year", "value_musd"),
    ]
    shown = rows[:top]
    note = more(len(shown), len(rows)) if rows else "Nothing: all that is needed comes."
    return sheet_of("Unserved need", columns, shown, note=note)


def binding(
    frame: pl.DataFrame,
    base: pl.DataFrame | None,
    names: Names,
    contract_names: Mapping[str, str],
    top: int | None,
) -> Sheet:
    """Return the limits that cost something, the dearest first, each explained.

    Parameters
    ----------
    frame : DataFrame
        Binding limits of the balance.
    base : DataFrame or None
        The same of the baseline; what binds there alone is not shown.
    names : Names
        Of the study.
    contract_names : mapping of str to str
        What each contract is called.
    top : int or None
        Rows to show; None: all.
    """
    keys = ("kind", "element", "forward", "unit")
    own = [key for key in keys if key in frame.columns]
    # Should two rows of the baseline be of one limit, the dearer one counts.
    once = None if base is None else base.unique(own, keep="first", maintain_order=True)
    both = against(frame, once, own, {"shadow_usd_t": 0.0, "value_musd_unit": 0.0})
    # Those of the baseline alone come last.
    rows = both.head(frame.height).to_dicts()
    columns = [
        words("what binds", lambda row: _explained(row, names, contract_names)),
        words("kind", lambda row: row["kind"]),
        figure("USD/t", "shadow_usd_t"),
        *changes([change("change", "shadow_usd_t")], beside=base is not None),
        figure("M USD/y\nper kt/y", "value_musd_unit"),
        Column("months", lambda row: _whole(row["months_binding"])),
    ]
    shown = rows[:top]
    note = " ".join(
        [
            "USD/t: what a tonne would pay to pass. M USD/y per kt/y: what one more kilotonne "
            "(or thousand TEU) of yearly capacity saves.",
            more(len(shown), len(rows)),
        ]
    )
    return sheet_of("What binds", columns, shown, note=note if rows else "Nothing binds.")


def limit_name(row: Row, names: Names, contract_names: Mapping[str, str]) -> str:
    """Name what a limit is of: a contract, a supplier, or an element of the network.

    Parameters
    ----------
    row : dict
        ``kind`` and ``element``; ``forward`` and ``unit`` if they are known.
    names : Names
        Of the study.
    contract_names : mapping of str to str
        What each contract is called.
    """
    kind, element = row["kind"], row["element"]
    if kind == "contract":
        return contract_names.get(element, element)
    if kind in PLACES:
        return supplier_name(element, names)
    kind = "link" if kind == "blend" else kind
    return names.element(
        {
            "element": element,
            "kind": kind,
            "forward": row.get("forward"),
            "unit": row.get("unit"),
        }
    )


def _explained(row: Row, names: Names, contract_names: Mapping[str, str]) -> str:
    """Say what binds, its id if that is another word, and why, each on a line of its own."""
    lines = [limit_name(row, names, contract_names), row["element"], row["why"] or ""]
    return "\n  ".join(dict.fromkeys(line for line in lines if line))


def _whole(value: float | None) -> str:
    return NONE if value is None else f"{value:,.0f}"


def concentration(frame: pl.DataFrame, base: pl.DataFrame | None, top: int | None) -> Sheet:
    """Return the Herfindahl-Hirschman indices of suppliers and routes.

    Parameters
    ----------
    frame : DataFrame
        Concentration of the balance, by commodity and buyers.
    base : DataFrame or None
        The same of the baseline; buyers that it alone has are not shown.
    top : int or None
        Countries to show behind all buyers and the Union; None: all.
    """
    keys = ("commodity", "buyers")
    both = against(frame, base, keys, {"hhi_suppliers": None, "hhi_routes": None})
    rows = both.head(frame.height).sort("commodity", "buyers").to_dicts()
    blocs = sorted(
        (row for row in rows if row["buyers"] in BLOCS),
        key=lambda row: (row["commodity"], BLOCS.index(row["buyers"])),
    )
    others = [row for row in rows if row["buyers"] not in BLOCS]
    shown = [*blocs, *others[:top]]
    columns = [
        words("commodity", lambda row: row["commodity"]),
        words("buyers", lambda row: row["buyers"]),
        Column("HHI of\nsuppliers", lambda row: _whole(row["hhi_suppliers"])),
        *changes([change("change", "hhi_suppliers")], beside=base is not None),
        words("largest", lambda row: _largest(row, "supplier")),
        Column("HHI of\nroutes", lambda row: _whole(row["hhi_routes"])),
        *changes([change("change", "hhi_routes")], beside=base is not None),
        words("largest", lambda row: _largest(row, "route")),
    ]
    note = f"HHI: 10,000 is a single one, near 0 many small ones. {more(len(shown), len(rows))}"
    return sheet_of("Concentration", columns, shown, note=note if rows else "None.")


def _largest(row: Row, kind: str) -> str:
    """Name the largest supplier or route, with its share."""
    largest_one = row[f"largest_{kind}"]
    return f"{largest_one} {share(row[f'share_of_largest_{kind}'])}" if largest_one else ""


def avoiding(frame: pl.DataFrame, base: pl.DataFrame | None, top: int | None) -> Sheet:
    """Return how much of each commodity keeps out of each transit country.

    Parameters
    ----------
    frame : DataFrame
        Of the balance: tonnes through each country, and the share that avoids it.
    base : DataFrame or None
        The same of the baseline.
    top : int or None
        Rows to show of each commodity, the most crossed countries first; None: all.
    """
    keys = ("commodity", "country")
    # What a balance does not cross at all has no row there: everything avoids it.
    both = against(frame, base, keys, {"kt_through": 0.0, "share_avoiding": 1.0})
    ordered = both.sort(
        ["commodity", "kt_through", "country"], descending=[False, True, False], nulls_last=True
    )
    kept = ordered if top is None else ordered.group_by("commodity", maintain_order=True).head(top)
    columns = [
        words("commodity", lambda row: row["commodity"]),
        words("country", lambda row: row["country"]),
        figure("through it, kt", "kt_through"),
        *changes([change("change", "kt_through")], beside=base is not None),
        Column("avoids it", lambda row: share(row["share_avoiding"])),
        *changes(
            [Column("change,\npoints", lambda row: signed_points(row[f"share_avoiding{CHANGE}"]))],
            beside=base is not None,
        ),
    ]
    note = more(kept.height, ordered.height) if ordered.height else "No third country is crossed."
    return sheet_of("Transit countries, and what avoids them", columns, kept.to_dicts(), note=note)


def contracts(frame: pl.DataFrame, top: int | None) -> Sheet:
    """Return the contracts that are not kept, and what keeps them from it.

    Parameters
    ----------
    frame : DataFrame
        Contracts of the balance.
    top : int or None
        Rows to show; None: all.
    """
    short = frame.filter(pl.col("short_kt") > NOTHING_KT)
    rows = short.sort("short_kt", "contract", descending=[True, False]).to_dicts()
    columns = [
        words("contract", lambda row: row["name"] or row["contract"]),
        words("commodity", lambda row: row["commodity"]),
        figure("at least,\nkt", "least_kt"),
        figure("goes, kt", "kt"),
        figure("short, kt", "short_kt"),
        words("why", lambda row: row["conflict"]),
    ]
    kept = frame.height - short.height
    said = f"{kept:,} of {frame.height:,} kept."
    shown = rows[:top]
    return sheet_of(
        "Contracts that are not kept",
        columns,
        shown,
        tone=lambda _: Tone.BAD,
        note=f"{said} {more(len(shown), len(rows))}",
    )


def stock_cover(
    frame: pl.DataFrame, months: pl.DataFrame, countries: Mapping[str, str | None]
) -> pl.DataFrame:
    """Return what each stock holds, and for how long it would do.

    Days of cover are what is held over the mean daily need of its country, as the
    International Energy Agency counts stocks against consumption; where its country needs
    nothing of it, over that of all consumers.

    Parameters
    ----------
    frame : DataFrame
        Stocks of the balance, by month.
    months : DataFrame
        Need of the balance, by consumer and month.
    countries : mapping of str to str
        Country of each node that has a stock.

    Returns
    -------
    DataFrame
        node, commodity, end_kt, least_kt (at the end of a month), drawn_kt and lost_kt (in the
        year), end_days, least_days; days are null where nobody needs anything.
    """
    own = pl.col("node").replace_strict(countries, default=None, return_dtype=pl.String)
    held = frame.sort("month").group_by("node", "commodity", maintain_order=True)
    held_by_stock = held.agg(
        pl.col("level_kt").last().alias("end_kt"),
        pl.col("level_kt").min().alias("least_kt"),
        pl.col("drawn_kt", "lost_kt").sum(),
    ).with_columns(own.alias("country"))
    near = months.group_by("commodity", country="consumer_country").agg(pl.col("need_kt").sum())
    anywhere = months.group_by("commodity").agg(pl.col("need_kt").sum().alias("all_kt"))
    need = pl.when(pl.col("need_kt") > 0).then("need_kt").otherwise("all_kt")
    joined_need = held_by_stock.join(near, on=["commodity", "country"], how="left").join(
        anywhere, on="commodity", how="left"
    )
    return (
        joined_need.with_columns(pl.when(need > 0).then(need / DAYS_PER_YEAR).alias("daily"))
        .with_columns(
            (pl.col("end_kt") / pl.col("daily")).alias("end_days"),
            (pl.col("least_kt") / pl.col("daily")).alias("least_days"),
        )
        .drop("country", "need_kt", "all_kt", "daily")
        .sort("commodity", "node")
    )


def stocks(cover: pl.DataFrame, names: Names, top: int | None) -> Sheet:
    """Return what stocks hold, and for how many days it would do.

    Parameters
    ----------
    cover : DataFrame
        As `stock_cover` gives it.
    names : Names
        Of the study.
    top : int or None
        Rows to show; None: all.
    """
    rows = cover.sort("end_kt", "node", descending=[True, False]).to_dicts()
    columns = [
        words("stock", lambda row: names.place.get(row["node"], row["node"])),
        words("commodity", lambda row: row["commodity"]),
        figure("at the\nend, kt", "end_kt"),
        figure("days of\ncover", "end_days"),
        figure("least,\nkt", "least_kt"),
        figure("days of\ncover", "least_days"),
        figure("drawn, kt", "drawn_kt"),
        figure("lost, kt", "lost_kt"),
    ]
    shown = rows[:top]
    note = f"Cover: against the mean daily need of its country. {more(len(shown), len(rows))}"
    return sheet_of("Stocks", columns, shown, note=note)


def _ratio(part: float | None, of: float | None) -> float | None:
    return part / of if part is not None and of else None
