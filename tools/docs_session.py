"""Run the commands and the Python of a page of the documentation, as its reader would.

A page is one session in one folder, in which the small study of the tests lies as ``small``:

- a block of TOML or CSV with a title is written to the file of that name;
- a block ``console`` holds lines ``$ command`` and what each printed, which is compared;
- a block ``python`` runs among the names of those before it; a block ``text`` right after it is
  what it printed.
"""

from __future__ import annotations

import io
import math
import re
import shlex
import shutil
from collections.abc import Collection, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sogdia.cli import main

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SMALL = ROOT / "tests" / "data" / "small"
WIDTH = 92
"""Columns that a block of output has on the page before it scrolls."""
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
COMMAND = re.compile(
    r"^\$ (sogdia (?:[^\n]*\\\n)*[^\n]*)\n(.*?)\n*(?=^\$ |\Z)", flags=re.MULTILINE | re.DOTALL
)
"""A command of a console, and what it printed."""
CUT = "…"
"""A last line that says that more was printed: as many lines stay as there were."""
FILE_TITLE = re.compile(r'title="([\w./-]+)"')
CHANGES_EVERY_TIME = re.compile(
    r"\b\d[\d.,]* s\b"
    r"|residual +\S+( +\S+){0,2}"
    r"|\d{4}-\d\d-\d\dT\S+"
    r"|\b[0-9a-f]{12}…"
    r"|^sogdia +\d\S*$",
    re.MULTILINE,
)
"""Seconds, what is left of the residual, when a run was made, digests, the version."""
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
TOLERANCE = 2e-3
"""Of figures, which other machines may round differently."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page: its language, what follows it on the fence, its text, its place."""

    language: str
    info: str
    text: str
    begin: int
    end: int


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    return [Block(m[1], m[2], m[3], m.start(3), m.end(3)) for m in BLOCK.finditer(page)]


def session_pages() -> list[Path]:
    """Return the pages that are sessions: not the tutorial, whose session is its own, nor notes."""
    pages = [*DOCS.glob("*.md"), *DOCS.glob("how-to/*.md")]
    shown = {"console", "python"}
    return sorted(
        page
        for page in pages
        if page.stem != "tutorial"
        and shown & {block.language for block in blocks(page.read_text(encoding="utf-8"))}
    )


def command_lines(block: Block) -> list[str]:
    """Return the `sogdia` command lines of a console, or of a block for a shell."""
    prompt = {"console": "$ ", "sh": ""}.get(block.language)
    if prompt is None:
        return []
    lines = block.text.replace("\\\n", " ").splitlines()
    own = [line.removeprefix(prompt) for line in lines if line.startswith(prompt)]
    return [line for line in own if line.startswith("sogdia ")]


def run_page(page: str, folder: Path, skipped: Collection[str] = ()) -> Iterator[tuple[Block, str]]:
    """Run the session of a page, and give each block that shows output with its whole new text.

    Parameters
    ----------
    page : str
        Text of the page.
    folder : Path
        An empty folder to work in.
    skipped : collection of str
        Commands that are taken to print what the page shows.

    Yields
    ------
    Block
        A block ``console``, or a block ``text`` right after one of Python.
    str
        What it should hold now.
    """
    shutil.copytree(SMALL, folder / "small")
    names: dict[str, Any] = {"__name__": "page"}
    printed: str | None = None
    with chdir(folder):
        for block in blocks(page):
            title = FILE_TITLE.search(block.info)
            if block.language in {"toml", "csv"} and title:
                Path(title[1]).parent.mkdir(exist_ok=True)
                Path(title[1]).write_text(block.text, encoding="utf-8")
            elif block.language == "console":
                yield block, console(block.text, skipped)
            elif block.language == "python":
                printed = python(block.text, names)
                continue
            elif block.language == "text" and printed is not None:
                yield block, printed
            printed = None


def console(text: str, skipped: Collection[str]) -> str:
    """Return a console's text with the output of its commands as it is now."""
    parts = []
    for command, shown in COMMAND.findall(text):
        arguments = shlex.split(command.replace("\\\n", " "))[1:]
        output = shown if arguments[0] in skipped else sogdia(arguments)
        if shown.endswith(CUT):
            kept = output.splitlines()[: len(shown.splitlines()) - 1]
            output = "\n".join([*kept, CUT])
        parts.append(f"$ {command}\n{output}".rstrip("\n") + "\n")
    return "\n".join(parts)


def sogdia(arguments: list[str]) -> str:
    """Return what the command prints; of one that fails, its message too."""
    out, error = io.StringIO(), io.StringIO()
    code: object = 0
    with redirect_stdout(out), redirect_stderr(error):
        try:
            main(arguments)
        except SystemExit as left:
            code = left.code
    said = "".join(f"{line}\n" for line in error.getvalue().splitlines() if line[-4:] != " ...")
    return tidy(out.getvalue() + (said if code else ""))


def python(code: str, names: dict[str, Any]) -> str:
    """Run code among names and return what it prints."""
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(code, "page", "exec"), names)
    return tidy(out.getvalue())


def tidy(text: str) -> str:
    """Cut blanks at the ends of lines, and empty lines at both ends."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n") + "\n"


def alike(shown: str, now: str) -> bool:
    """Tell whether two outputs differ in nothing but seconds, sizes and roundings."""
    shown, now = (CHANGES_EVERY_TIME.sub("#", text) for text in (shown, now))
    if NUMBER.sub("0", shown).split() != NUMBER.sub("0", now).split():
        return False
    return all(
        math.isclose(float(a.replace(",", "")), float(b.replace(",", "")), rel_tol=TOLERANCE)
        for a, b in zip(NUMBER.findall(shown), NUMBER.findall(now), strict=True)
    )


def renewed(page: str, folder: Path) -> str:
    """Return a page with its output as it is now; what differs in nothing of weight stays."""
    parts, done = [], 0
    for block, now in run_page(page, folder):
        parts += [page[done : block.begin], block.text if alike(block.text, now) else now]
        done = block.end
    return "".join([*parts, page[done:]])
