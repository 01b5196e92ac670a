"""docs/performance.md: each part is written by the benchmark that measures it, between markers."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from textwrap import fill

from sogdia.report.markdown import table
from sogdia.report.sheets import Column, Sheet, Tone

WIDTH = 105
HEAD = """# Performance

What the engines take, measured. Each part is written by the script that it names, and says when
and on which machine it was measured; what stands between two markers is written anew each time.
"""


@dataclass(frozen=True, slots=True)
class Target:
    """What was asked for, and what was measured."""

    what: str
    asked: str
    measured: str
    met: bool


def sheet(
    title: str,
    header: Sequence[str],
    cells: Sequence[Sequence[str]],
    note: str = "",
    words: int = 1,
) -> Sheet:
    """Return a table of so many columns of words, then columns of figures."""
    columns = [Column(name, str, number >= words) for number, name in enumerate(header)]
    return Sheet(title, columns, cells, [Tone.PLAIN] * len(cells), note)


def targets(wanted: Sequence[Target]) -> Sheet:
    """Return a table of targets: met, or missed."""
    header = ["what", "asked", "measured", ""]
    columns = [Column(name, str, number=False) for name in header]
    cells = [[one.what, one.asked, one.measured, "met" if one.met else "MISSED"] for one in wanted]
    tones = [Tone.GOOD if one.met else Tone.BAD for one in wanted]
    return Sheet("Targets", columns, cells, tones)


def circumstances(packages: Sequence[str]) -> str:
    """Say when and on what a measurement is made; call it before it begins."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not known"
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()}, "
        f"{versions}, on {_processor()}, {os.cpu_count()} cores; load when it began: {load}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def markdown(title: str, about: str, sheets: Sequence[Sheet]) -> str:
    """Write a part: its title, when it was measured, and its tables with their notes."""
    parts = [f"### {title}", fill(about, WIDTH)]
    for one in sheets:
        parts += [fill(f"**{one.title}.** {one.note}".rstrip(), WIDTH), table(one)]
    return "\n\n".join(parts)


def write(path: Path, section: str, heading: str, parts: dict[str, str]) -> None:
    """Put parts into a section of the page, each in place of the one it replaces.

    Parameters
    ----------
    path : Path
        The page; it is made if it is not there.
    section : str
        Name in the markers of the section.
    heading : str
        What stands above the section's first part, if the section is new.
    parts : dict of str to str
        Markdown by name of the part.
    """
    page = path.read_text(encoding="utf-8") if path.exists() else HEAD
    begin, end = _markers(section)
    if begin not in page:
        page = f"{page.rstrip()}\n\n{begin}\n\n{heading}\n\n{end}\n"
    head, _, rest = page.partition(begin)
    body, found, tail = rest.partition(end)
    if not found:
        raise SystemExit(f"{path} has lost its marker {end}")
    for name, text in parts.items():
        body = _replaced(body, f"{section}-{name}", text)
    path.write_text(f"{head}{begin}{body}{end}{tail}", encoding="utf-8")


def _replaced(body: str, name: str, text: str) -> str:
    begin, end = _markers(name)
    block = f"{begin}\n\n{text}\n\n{end}"
    if begin not in body:
        return f"{body.rstrip()}\n\n{block}\n\n"
    head, _, rest = body.partition(begin)
    _, found, tail = rest.partition(end)
    if not found:
        raise SystemExit(f"the page has lost its marker {end}")
    return f"{head}{block}{tail}"


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
