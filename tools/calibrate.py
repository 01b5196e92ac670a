"""Fit the choice parameters of the built-in study and write them into its study.toml.

Run as ``python tools/calibrate.py``; it takes some minutes and tells of each evaluation.
What is fitted, from where, and what is fixed by assumption stands below; everything else
about the method is in ``sogdia.analysis.calibration``.
"""

from __future__ import annotations

import logging
from pathlib import Path

import sogdia
from sogdia.analysis.calibration import Fit, calibrate

STUDY = Path(sogdia.__file__).parent / "study" / "data" / "eurasia" / "study.toml"
YEARS = (2020, 2021, 2022, 2023, 2024)
START = {
    "scale": 10.3,
    "time_weight": 0.426,
    "inconvenience_titr": 1.157,
    "avoid_RU": 0.608,
}
FIXED = {
    "path_size_weight": (1.0, "assumption: the weight of Ben-Akiva and Bierlaire (1999)"),
    "reliability_ratio": (
        1.0,
        "assumption: an hour of standard deviation counts as an hour; no ratio was published",
    ),
    "avoid_RU_bulk": (
        0.0,
        "the fit drives it to zero: producers of raw materials do not avoid Russia",
    ),
    "avoid_since": (2022, "assumption: shippers' own policies date from February 2022"),
}
MARK = "# ---- fitted by tools/calibrate.py; do not edit below ----"


def section(name: str, estimate: float, error: float | None, source: str) -> str:
    """Return one parameter as a table of TOML."""
    lines = [f"[choice.{name}]", f"estimate = {estimate:.6g}"]
    if error is not None:
        lines.append(f"standard_error = {error:.3g}")
    return "\n".join([*lines, f'source = "{source}"', ""])


def write(fit: Fit) -> None:
    """Write the fit into study.toml, below the mark."""
    head = STUDY.read_text("utf-8").split(MARK)[0].rstrip()
    how = (
        f"fitted on {fit.observations.height} observations of {YEARS[0]}-{YEARS[-1]}, "
        f"root mean square of logarithms {fit.root_mean_square:.2f}"
    )
    parts = [section(row[0], row[1], row[2], how) for row in fit.parameters.iter_rows()]
    parts += [section(name, value, None, source) for name, (value, source) in FIXED.items()]
    STUDY.write_text("\n\n".join([head, MARK, "\n".join(parts)]), "utf-8")


def main() -> None:
    """Fit and write."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    log = logging.getLogger("calibrate")
    fit = calibrate(
        sogdia.load("eurasia"),
        START,
        YEARS,
        fixed={name: value for name, (value, _) in FIXED.items()},
        steps=5,
        report=log.info,
    )
    write(fit)
    log.info("%s", fit.parameters)
    log.info("%s", fit.observations.select("observation", "published", "modelled", "ratio"))


if __name__ == "__main__":
    main()
