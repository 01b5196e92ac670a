"""Divide the observations of the built-in study between fitting and judging.

Published statistics to 2024 are fitted on, save a random fifth that is kept to judge the
fit; all of 2025 is kept, and so are days, which no parameter is fitted on. Figures imposed
as margins of demand and mere context stay as they are. The draw is seeded and goes by
sorted identifier, so it does not depend on the order of rows; run as
``python tools/assign_roles.py`` it rewrites ``observation.csv``.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path

PATH = Path(__file__).resolve().parents[1] / "src/sogdia/study/data/eurasia/observation.csv"
SEED = 2024
FIRST_YEAR_KEPT = 2025
HELD_OUT = 0.2
DRAWN = ("calibrate", "validate")


def assign(rows: list[dict[str, str]]) -> None:
    """Set the role of every row that is neither margin nor context."""
    drawn = [row for row in rows if row["role"] in DRAWN]
    past = sorted(r["observation_id"] for r in drawn if int(r["year"]) < FIRST_YEAR_KEPT)
    held_out = set(random.Random(SEED).sample(past, round(HELD_OUT * len(past))))
    for row in drawn:
        kept = int(row["year"]) >= FIRST_YEAR_KEPT or row["observation_id"] in held_out
        row["role"] = "validate" if kept or row["metric"] == "days" else "calibrate"


def main() -> None:
    """Rewrite the table with its roles."""
    with PATH.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        header = list(reader.fieldnames or ())
        rows = list(reader)
    assign(rows)
    with PATH.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
