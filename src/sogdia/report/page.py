"""The page: what it is given, where it was built, and the report that holds all of it in one file.

A report is the page that `sogdia serve` serves, with its script, its style, the coastlines and
the data inside. It asks for nothing: its Content-Security-Policy lets its own script and
style run, known by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from sogdia._version import __version__
from sogdia.errors import ResourceError
from sogdia.report.page_data import (
    RunPage,
    StudyPage,
    run_page,
    run_page_of_folder,
    study_page,
    without_clock,
)
from sogdia.study import Study

__all__ = [
    "NOT_BUILT",
    "ReportData",
    "RunPage",
    "StudyPage",
    "page_folder",
    "report_data",
    "report_html",
    "run_page",
    "run_page_of_folder",
    "study_page",
]

PAGE = Path(__file__).parent / "page"
PAGE_FILES = ("index.html", "app.js", "app.css", "world.json")
NOT_BUILT = (
    "the page was not built when Sogdia was installed; with Node 20.19 or newer, "
    "`make page` in its source folder builds it"
)
SCRIPT = re.compile(r"<script\b[^>]*\bsrc=\"[^\"]*app\.js\"[^>]*>\s*</script>", re.IGNORECASE)
STYLE = re.compile(r"<link\b[^>]*\bhref=\"[^\"]*app\.css\"[^>]*>", re.IGNORECASE)
OTHER_LINK = re.compile(r"<link\b[^>]*\bhref=\"(?!data:)[^\"]*\"[^>]*>\s*", re.IGNORECASE)
CHARACTER_SET = re.compile(r"<meta\b[^>]*\bcharset=[^>]*>", re.IGNORECASE)
TITLE = re.compile(r"<title>.*?</title>", re.IGNORECASE | re.DOTALL)
HEAD_END = re.compile(r"</head>", re.IGNORECASE)
ENDS_SCRIPT = re.compile(r"<(?=/script|!--)", re.IGNORECASE)
"""What would end a script, or change how a browser reads it, within a text of that script."""


class ReportData(TypedDict):
    """What a report holds: the study, the run and perhaps a baseline, answers on routes."""

    sogdia: str
    study: StudyPage
    runs: list[RunPage]
    answers: list[dict[str, Any]]


def page_folder() -> Path | None:
    """Return the folder of the built page, or None if the page was not built."""
    return PAGE if all((PAGE / name).is_file() for name in PAGE_FILES) else None


def report_data(
    study: Study, runs: Sequence[RunPage], answers: Sequence[Mapping[str, Any]] = ()
) -> ReportData:
    """Return what a report of runs holds.

    Parameters
    ----------
    study : Study
        As loaded, before any scenario.
    runs : sequence of RunPage
        The run, and a baseline if there is one.
    answers : sequence of mapping
        Answers on routes, as `sogdia route --json` prints them.

    Returns
    -------
    ReportData
        Without any clock: the same study and runs give the same bytes.
    """
    return {
        "sogdia": __version__,
        "study": study_page(study),
        "runs": [without_clock(run) for run in runs],
        "answers": [dict(answer) for answer in answers],
    }


def report_html(data: ReportData) -> str:
    """Write a report: one HTML file that needs neither server nor network.

    Parameters
    ----------
    data : ReportData
        As `report_data` returns it.

    Returns
    -------
    str
        The file; the same data give the same bytes.

    Raises
    ------
    ResourceError
        If the page was not built, or is not of this version.
    """
    folder = page_folder()
    if folder is None:
        raise ResourceError(f"there is no report: {NOT_BUILT}")
    index, script, style, world = (_text(folder / name) for name in PAGE_FILES)
    script = ENDS_SCRIPT.sub(r"\\x3C", script)
    style = style.replace("</", r"<\/")
    licences = folder / "licences.txt"
    blocks = [
        f"<style>{style}</style>",
        f'<script type="application/json" id="world">{_safe(world)}</script>',
        f'<script type="application/json" id="page-data">{_safe(_json(data))}</script>',
        f'<script type="module">{script}</script>',
    ]
    if licences.is_file():
        blocks.insert(0, f"<!--\n{_text(licences).replace('--', '- -')}\n-->")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_policy(script, style)}">'
    page = _replaced(CHARACTER_SET, index, f'<meta charset="utf-8">\n{policy}')
    page = _replaced(TITLE, page, f"<title>{html.escape(_title(data))}</title>")
    for reference in (SCRIPT, STYLE):
        page = _replaced(reference, page, "")
    return _replaced(HEAD_END, OTHER_LINK.sub("", page), "\n".join([*blocks, "</head>"]))


def _title(data: ReportData) -> str:
    runs = [run["scenario"]["title"] for run in data["runs"]]
    return " · ".join([*runs[:1], data["study"]["title"], "Sogdia"])


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _json(data: ReportData) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _safe(text: str) -> str:
    """Escape JSON so that nothing in it ends the element that holds it."""
    escaped = text.replace("<", r"\u003c")
    return escaped.replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")


def _text(file: Path) -> str:
    """Read a file of the page; browsers know no other line ends, nor hash them."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ResourceError(f"cannot read {file}: {error.strerror or error}") from error


def _replaced(pattern: re.Pattern[str], page: str, content: str) -> str:
    """Replace the one place where a pattern matches."""
    replaced, places = pattern.subn(lambda _: content, page)
    if places != 1:
        raise ResourceError(
            f"the built page has {places} places for {pattern.pattern!r}, not 1; "
            f"build it again with `make page`"
        )
    return replaced
