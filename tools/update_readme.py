"""Write the validation tables of runs into README.md, between its markers.

Usage: python tools/update_readme.py runs/readme-2024 runs/readme-2025
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import polars as pl

from sogdia.report.markdown import table
from sogdia.report.sheets import validation_sheets

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- validation:begin -->"
END = "<!-- validation:end -->"


def section(folder: Path) -> str:
    """Return the part of the page about the run in a folder."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    about = (
        f"Study `{manifest['study']['name']}`, scenario `{manifest['scenario']['name']}`, "
        f"Sogdia {manifest['sogdia']}."
    )
    parts = [f"### {manifest['year']}", about]
    for sheet in validation_sheets(pl.read_parquet(folder / "validation.parquet")):
        parts += [f"**{sheet.title}.** {sheet.note}", table(sheet)]
    return "\n\n".join(parts)


def updated(page: str, generated: str) -> str:
    """Return the page with what stands between its markers replaced."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{README.name} has lost its markers {BEGIN} and {END}")
    return f"{head}{BEGIN}\n\n{generated}\n\n{END}{tail}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, nargs="+", help="folder of a finished run")
    folders: list[Path] = parser.parse_args().run
    generated = "\n\n".join(section(folder) for folder in folders)
    README.write_text(updated(README.read_text(encoding="utf-8"), generated), encoding="utf-8")


if __name__ == "__main__":
    main()
