"""Write the tables of runs into README.md, between its markers.

Usage: python tools/update_readme.py runs/readme-2024 runs/readme-2025 --stop runs/readme-stop.json
    runs/readme-stop-no-spare.json --stress runs/readme-stress.json --invest runs/readme-invest.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from sogdia.report.invest_tables import invest_markdown
from sogdia.report.markdown import table
from sogdia.report.sheets import validation_sheets
from sogdia.report.stress_tables import stress_markdown

README = Path(__file__).parents[1] / "README.md"
KT_PER_MT = 1000.0
TOP = 5
"""Rows of the tables of what hurts most, and of what to build first."""


def read_json(path: Path) -> dict[str, Any]:
    """Read what a command printed."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def section(folder: Path) -> str:
    """Return the part of the page about the run in a folder."""
    manifest = read_json(folder / "manifest.json")
    about = (
        f"Study `{manifest['study']['name']}`, scenario `{manifest['scenario']['name']}`, "
        f"Sogdia {manifest['sogdia']}."
    )
    parts = [f"### {manifest['year']}", about]
    for sheet in validation_sheets(pl.read_parquet(folder / "validation.parquet")):
        parts += [f"**{sheet.title}.** {sheet.note}", table(sheet)]
    return "\n\n".join(parts)


def stop_table(summaries: list[Path]) -> str:
    """Return the table of what a stop does, from the JSON of `sogdia supply --baseline`."""
    stops = [read_json(path) for path in summaries]
    balances = [stops[0]["baseline"], *stops]
    rows: dict[str, Callable[[dict[str, Any]], float]] = {
        "Kazakh crude by CPC, Mt": lambda b: delivered(b, kazakh=True, corridor="cpc"),
        "Kazakh crude by other routes and at home, Mt": lambda b: (
            delivered(b, kazakh=True) - delivered(b, kazakh=True, corridor="cpc")
        ),
        "crude of other producers, Mt": lambda b: delivered(b, kazakh=False),
        "not delivered, Mt": lambda b: sum(row["kt"] for row in b["unserved"]) / KT_PER_MT,
        "crude, transport and what is lost, bn USD": lambda b: b["cost_musd"] / 1000.0,
        "concentration of suppliers (HHI)": lambda b: b["hhi"]["crude-oil"]["suppliers"],
    }
    lines = [
        "| 2025 | as it was | CPC stands still for 60 days | and nobody else ships more |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, figure in rows.items():
        digits = 0 if "HHI" in name else 1
        cells = " | ".join(f"{figure(balance):,.{digits}f}" for balance in balances)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def delivered(balance: dict[str, Any], *, kazakh: bool, corridor: str | None = None) -> float:
    """Return deliveries of a balance's producers, Mt."""
    kt: float = sum(
        row["kt"]
        for row in balance["deliveries"]
        if (row["supplier_country"] == "KZ") == kazakh and corridor in {None, row["corridor"]}
    )
    return kt / KT_PER_MT


def updated(page: str, name: str, generated: str) -> str:
    """Return the page with what stands between two markers replaced."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, found, rest = page.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise SystemExit(f"{README.name} has lost its markers {begin} and {end}")
    return f"{head}{begin}\n\n{generated}\n\n{end}{tail}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, nargs="+", help="folder of a finished run")
    parser.add_argument(
        "--stop", type=Path, nargs=2, help="JSON of a stop with spare capacity, and without"
    )
    parser.add_argument("--stress", type=Path, help="JSON of `sogdia stress`")
    parser.add_argument("--invest", type=Path, help="JSON of `sogdia invest`")
    asked = parser.parse_args()
    page = README.read_text(encoding="utf-8")
    page = updated(page, "validation", "\n\n".join(section(folder) for folder in asked.run))
    if asked.stop:
        page = updated(page, "stop", stop_table(asked.stop))
    if asked.stress:
        page = updated(page, "stress", stress_markdown(read_json(asked.stress), TOP))
    if asked.invest:
        page = updated(page, "invest", invest_markdown(read_json(asked.invest), TOP))
    README.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
