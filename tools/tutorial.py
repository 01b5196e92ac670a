"""The tutorial as steps that can be run: files that are written, commands, what they print.

Fenced blocks of docs/tutorial.md mean: ``csv`` and ``toml`` are files, by their title; a title that
begins with "add to" adds rows to one; ``sh`` are commands that succeed, or end as their title says;
``text`` is what the command before it prints, from the start, up to a line of three dots;
``console`` is for readers alone.
"""

from __future__ import annotations

import contextlib
import io
import math
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sogdia.cli import main

FENCE = re.compile(r'^```(\w+)(?: title="([^"]*)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
ADD = "add to "
ENDS_WITH = re.compile(r"ends with exit code (\d+)")
DOTS = "..."
VARYING = re.compile(r"\b\d+(\.\d+)? s\b|\bresidual \S+|\d+ steps")
CLOSE = 0.02
"""Figures may differ this much from machine to machine."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, title and text, and where the text begins and ends."""

    language: str
    title: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Printed:
    """What a block of the tutorial says that a command prints, and what it printed."""

    command: str
    block: Block
    output: str

    @property
    def wanted(self) -> list[str]:
        """The lines that the tutorial shows."""
        lines = self.block.text.splitlines()
        return lines[:-1] if lines[-1:] == [DOTS] else lines

    def differences(self) -> list[str]:
        """Return the lines that the command does not print, or prints and the page leaves out."""
        printed = self.output.splitlines()
        wanted = self.wanted
        if len(wanted) == len(self.block.text.splitlines()) and len(printed) != len(wanted):
            return [f"{len(wanted)} lines are shown and {len(printed)} printed"]
        printed += [""] * (len(wanted) - len(printed))
        return [
            f"shown {line!r}, printed {other!r}"
            for line, other in zip(wanted, printed, strict=False)
            if not alike(line, other)
        ]


def blocks(markdown: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    for found in FENCE.finditer(markdown):
        language, title, text = found.groups()
        yield Block(language, title or "", text, found.start(3), found.end(3))


def follow(markdown: str, folder: Path) -> Iterator[Printed]:
    """Do in a folder, which is the working directory, what a page says; yield what was printed.

    Raises
    ------
    RuntimeError
        If a command ends otherwise than the page says, or an output has no command.
    """
    command, output = "", ""
    for block in blocks(markdown):
        match block.language:
            case "csv" | "toml":
                _write(block, folder)
            case "sh":
                command = block.text.strip()
                code, output = run(command)
                ends = ENDS_WITH.search(block.title)
                if code != (int(ends[1]) if ends else 0):
                    raise RuntimeError(f"{command} ended with {code}:\n{output}")
            case "text":
                if not command:
                    raise RuntimeError(f"no command printed this:\n{block.text}")
                yield Printed(command, block, output)


def _write(block: Block, folder: Path) -> None:
    adds = block.title.startswith(ADD)
    path = folder / block.title.removeprefix(ADD)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if adds else "x", encoding="utf-8", newline="\n") as file:
        file.write(block.text)


def run(command: str) -> tuple[int, str]:
    """Run a command of Sogdia in this process; return its exit code and what it printed."""
    name, *arguments = shlex.split(command)
    if name != "sogdia":
        raise RuntimeError(f"{command} is no command of Sogdia")
    out, error = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            main(arguments)
        except SystemExit as left:
            code = int(left.code or 0)
    printed = error.getvalue() if code else out.getvalue()
    return code, "".join(f"{line.rstrip()}\n" for line in printed.splitlines())


def alike(line: str, other: str) -> bool:
    """Tell whether two lines say the same, but for seconds, residuals and hairs of figures."""
    words, others = (VARYING.sub("", text).split() for text in (line, other))
    return len(words) == len(others) and all(
        word == another or _close(word, another)
        for word, another in zip(words, others, strict=True)
    )


def _close(word: str, other: str) -> bool:
    try:
        left, right = (float(text.replace(",", "").rstrip("%")) for text in (word, other))
    except ValueError:
        return False
    return math.isclose(left, right, rel_tol=CLOSE)
