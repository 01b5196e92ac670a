"""A stress test on a terminal, or in Markdown: what hurts most, whom, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from sogdia.report.markdown import table as markdown_table
from sogdia.report.sheets import NONE, Column, Row, Sheet, quantity, sheet_of
from sogdia.report.supply_columns import more, signed, words
from sogdia.report.tables import LONGEST, show_sheet

if TYPE_CHECKING:
    from rich.console import Console

MILLION = 1e6
LEAST_KT = 1e-3
"""Less than a tonne is the dust of a smooth demand function, and not told."""
LEAST_USD = 1e3
LEAST_SHOWN = 5e-4
"""Smaller figures are of no account in any of the units."""
UNITS = {"cost": MILLION, "welfare": MILLION}
BAR = 8
EIGHTHS = " ▏▎▍▌▋▊▉█"
EACH = 3
"""Rows of who is not served, for each element."""
SORTS = {
    "lost": "lost_kt",
    "cost": "extra_cost_usd",
    "days": "extra_days",
    "co2": "extra_co2_kt",
    "welfare": "welfare_loss_usd",
    "risk": "expected_lost_kt_y",
}
HEADERS = {
    "lost": "lost,\nkt",
    "cost": "dearer,\nM USD",
    "days": "longer,\ndays",
    "co2": "CO2e,\nmore kt",
    "welfare": "welfare,\nM USD",
    "risk": "by record,\nkt a year",
}
REASONS = {
    "no path": "no other way",
    "capacity": "other ways are full",
    "policy": "rules deny the other ways",
    "closed": "other ways are closed",
}
SHORT_REASONS = {
    "no path": "no other way",
    "capacity": "others full",
    "policy": "others denied",
    "closed": "others closed",
}
LEGEND = (
    "Dearer, longer and CO2e are of the goods still shipped, against what the same goods had "
    "before, days per tonne that passed; welfare is the loss of all shippers."
)
KINDS = ("country", "node", "chokepoint")
"""Kinds that a name alone does not tell."""


def show_stress(
    content: Mapping[str, Any], console: Console, *, top: int | None = LONGEST, sort: str = "lost"
) -> None:
    """Print a stress test.

    Parameters
    ----------
    content : mapping
        As `sogdia.report.stress_json.stress_json` gives it.
    console : Console
        Where to print; 100 columns have room for all. Where there are fewer, words fold.
    top : int, optional
        Rows of each long list; None: all.
    sort : str
        Which figure ranks elements: one of `SORTS`.
    """
    title = Text.assemble((str(content["study"]), "bold"), f" · {content['scenario']}")
    console.print(title.append(f" · {content['year']} · {content['seconds']:.1f} s"))
    console.print(Text(_asked(content), style="dim"))
    for sheet in stress_sheets(content, top=top, sort=sort):
        console.print()
        show_sheet(sheet, console)


def stress_sheets(
    content: Mapping[str, Any], *, top: int | None = LONGEST, sort: str = "lost"
) -> list[Sheet]:
    """Return all sheets of a stress test; see `show_stress`."""
    sheets = [ranked(content, top, sort)]
    if any(row["unserved"] for row in content["elements"]):
        sheets.append(unserved(content, top, sort))
    if content["pairs_bounded"] is not None:
        sheets.append(pairs(content, top))
    if content.get("simulated"):
        sheets.append(simulated(content))
    return sheets


def stress_markdown(content: Mapping[str, Any], top: int) -> str:
    """Return the table of the worst elements in Markdown, without bars.

    Parameters
    ----------
    content : mapping
        As `sogdia.report.stress_json.stress_json` gives it.
    top : int
        Rows.
    """
    return markdown_table(ranked(content, top, "lost", bars=False))


def ranked(
    content: Mapping[str, Any], top: int | None, sort: str = "lost", *, bars: bool = True
) -> Sheet:
    """Return the elements that hurt most."""
    rows = _in_order(content["elements"], sort)
    felt = [row for row in rows if _hurts(row)]
    called = _called(content["elements"])
    shown = felt[:top]
    columns = [words("without", called)]
    if bars:
        columns.append(_bar(shown, sort))
    columns += [
        *(_figure(one) for one in ("lost", "cost", "days", "co2", "welfare")),
    ]
    if any(row["expected_lost_kt_y"] is not None for row in content["elements"]):
        columns.append(_figure("risk"))
    columns.append(words("why lost", _why))
    parts = (more(len(shown), len(felt)), _silent(rows, len(felt)), _unsettled(rows), LEGEND)
    title = f"Each lost in turn, by {_by(sort)}"
    return sheet_of(title, columns, shown, note=" ".join(part for part in parts if part))


def unserved(content: Mapping[str, Any], top: int | None, sort: str = "lost") -> Sheet:
    """Return what can no longer be served without the worst elements, and why."""
    called = _called(content["elements"])
    hurting = [row for row in _in_order(content["elements"], sort) if row["unserved"]]
    places = content["places"]
    rows: list[Row] = []
    for element in hurting[:top]:
        lost = element["unserved"]
        for number, one in enumerate(lost[:EACH]):
            ends = {end: places[one[end]] for end in ("origin", "destination")}
            rows.append(one | ends | {"without": "" if number else called(element)})
        if len(lost) > EACH:
            rows.append(_rest(lost[EACH:]))
    columns = [
        Column("without", lambda row: row["without"], number=False),
        Column("from", lambda row: str(row["origin"]), number=False),
        Column("to", lambda row: str(row["destination"]), number=False),
        Column("goods", lambda row: str(row["commodity"]), number=False),
        Column("kt", lambda row: quantity(row["kt"])),
        Column("why", lambda row: REASONS.get(row["reason"], ""), number=False),
    ]
    return sheet_of("What can no longer be served", columns, rows)


def _rest(lost: Sequence[Row]) -> Row:
    """Put who is left out of a list into one row."""
    row = dict.fromkeys(("without", "destination", "commodity", "reason"), "")
    return {**row, "origin": f"and {len(lost):,} more", "kt": sum(one["kt"] for one in lost)}


def pairs(content: Mapping[str, Any], top: int | None) -> Sheet:
    """Return the pairs of elements that lose most together."""
    rows = content["pairs"]
    shown = rows[:top]
    columns = [
        words("without", lambda row: row["names"][0]),
        words("and", lambda row: row["names"][1]),
        _bar(shown, "lost"),
        _figure("lost"),
        Column("beyond\none by one", lambda row: signed(row["beyond_kt"])),
        _figure("cost"),
        _figure("welfare"),
    ]
    return sheet_of(
        "Two lost at once",
        columns,
        shown,
        note=f"{more(len(shown), len(rows))} {_searched(content['pairs_bounded'])}".strip(),
    )


def simulated(content: Mapping[str, Any]) -> Sheet:
    """Return the worst elements by the formula's waits and by simulated ones."""
    rows = content["simulated"]
    columns = [words("without", _called(content["elements"]))]
    for sort in ("lost", "days", "cost", "welfare"):
        columns += [_figure(sort), _figure(sort, "simulated", "_simulated")]
    note = (
        "Simulated: waits of all queues as simulated, with and without the element, by the same "
        "random numbers, so that the difference is the element's and not chance's."
    )
    apart = [called for row in rows if not row["agreed"] and (called := row["element"])]
    if apart:
        note += f" Flows and waits did not come to agree without {', '.join(apart)}."
    return sheet_of("The worst again, with simulated waits", columns, rows, note=note)


def _asked(content: Mapping[str, Any]) -> str:
    first, last = content["period"]
    base = content["base"]
    left = content["capacity_left"]
    how = f"keeps {left:.0%} of its capacity" if left else "is closed"
    return (
        f"The network of {first} to {last}. Each element {how} for {content['days']:g} days, in "
        f"which {quantity(base['shipped_kt'])} kt are shipped with all of them."
    )


def _in_order(rows: Sequence[Row], sort: str) -> list[Row]:
    if sort == "lost":
        return list(rows)  # as they come
    column = SORTS[sort]
    lowest = float("-inf")
    return sorted(rows, key=lambda row: -(lowest if row[column] is None else row[column]))


def _by(sort: str) -> str:
    return {
        "lost": "tonnes lost",
        "cost": "extra cost",
        "days": "extra days",
        "co2": "extra CO2e",
        "welfare": "welfare lost",
        "risk": "tonnes lost in an ordinary year",
    }[sort]


def _hurts(row: Row) -> bool:
    return bool(row["lost_kt"] > LEAST_KT or abs(row["welfare_loss_usd"]) > LEAST_USD)


def _called(rows: Sequence[Row]) -> Any:  # noqa: ANN401 - a function of a row
    """Return how an element is called: by its name, and its identifier where others share it."""
    common = Counter((row["kind"], row["name"]) for row in rows)
    mixed = len({row["kind"] for row in rows}) > 1

    def say(row: Row) -> str:
        kind = f" ({row['kind']})" if mixed and row["kind"] in KINDS else ""
        alone = common[row["kind"], row["name"]] == 1 or row["name"] == row["element"]
        return f"{row['name']}{kind}" if alone else f"{row['name']}, {row['element']}"

    return say


def _bar(rows: Sequence[Row], sort: str) -> Column:
    """Draw a bar as long as the figure that ranks; none where that would be written as 0."""
    column = SORTS[sort]
    least = LEAST_SHOWN * UNITS.get(sort, 1.0)
    most = max((row[column] or 0.0 for row in rows), default=0.0)

    def draw(row: Row) -> str:
        value = row[column] or 0.0
        eighths = round(8 * BAR * value / most) if value >= least else 0
        whole, rest = divmod(eighths, 8)
        return ("█" * whole + (EIGHTHS[rest] if rest else "")) or " "

    return Column("", draw, number=False)


def _figure(sort: str, header: str = "", suffix: str = "") -> Column:
    name, unit = f"{SORTS[sort]}{suffix}", UNITS.get(sort, 1.0)

    def write(row: Row) -> str:
        value = row[name]
        if value is None:
            return NONE
        shown = value / unit
        return quantity(shown if abs(shown) >= LEAST_SHOWN else 0.0)

    return Column(header or HEADERS[sort], write)


def _why(row: Row) -> str:
    """Say why most of what is lost has no way."""
    kt: Counter[str] = Counter()
    for one in row["unserved"]:
        kt[one["reason"]] += one["kt"]
    return SHORT_REASONS.get(kt.most_common(1)[0][0], "") if kt else ""


def _silent(rows: Sequence[Row], felt: int) -> str:
    """Say how many can go without harm."""
    silent = len(rows) - felt
    idle = sum(row["through_kt"] <= LEAST_KT for row in rows)
    if not silent:
        return ""
    which = f"None of {silent:,} hurts" if not felt else f"{silent:,} can go without harm"
    return f"{which}; nothing passes {idle:,} of all {len(rows):,}." if idle else f"{which}."


def _unsettled(rows: Sequence[Row]) -> str:
    apart = sum(not row["converged"] for row in rows)
    if not apart:
        return ""
    which = "1 equilibrium was" if apart == 1 else f"{apart:,} equilibria were"
    return f"{which} not found as exactly as asked."


def _searched(search: Mapping[str, Any]) -> str:
    """Say how many pairs were tried, and why no other is worse."""
    text = (
        f"Of {search['pairs']:,} pairs {search['no_worse']:,} are no worse than one of the two "
        f"alone, and {search['solved']:,} were tried"
    )
    if search["bound_kt"] is None:
        return f"{text}: all that were left."
    text += f"; none of the others can lose more than {quantity(search['bound_kt'])} kt."
    if search["exceeded"]:
        text += f" {search['exceeded']:,} lost more than their bound, so this is not quite sure."
    return text
