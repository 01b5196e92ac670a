"""Properties of the loader: no corrupted cell goes unnoticed or breaks anything but the data."""

from __future__ import annotations

import csv
import io
import random
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.errors import DataError
from sogdia.study import Study
from sogdia.study.load import DataWarning, inspect, load, save
from sogdia.study.model import SCHEMAS

SMALL = Path(__file__).parents[1] / "data" / "small"
TABLES = sorted(path.name for path in SMALL.glob("*.csv"))
# What is wrong whatever the column, if the column is not a free text.
NEVER_RIGHT = ["\x00", "not a value!", "-1e400", "é è", "'; --", "@", "1,,2"]
FREE_TEXT = {"name", "title", "publisher", "date", "address", "note", "operator"}


@contextmanager
def copied() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as place:
        yield Path(shutil.copytree(SMALL, Path(place) / "small"))


def read(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))


def write(path: Path, rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


@st.composite
def cells(draw: st.DrawFn) -> tuple[str, int, int]:
    """A cell of the small study: file, row as a spreadsheet counts, and column."""
    file = draw(st.sampled_from(TABLES))
    rows = read(SMALL / file)
    row = draw(st.integers(1, len(rows) - 1))
    return file, row + 1, draw(st.integers(0, len(rows[0]) - 1))


@given(cell=cells(), value=st.sampled_from(NEVER_RIGHT))
@settings(max_examples=examples(50), deadline=None)
def test_a_corrupted_cell_is_named_with_its_file_row_and_column(
    cell: tuple[str, int, int], value: str
):
    file, row, column = cell
    with copied() as folder:
        rows = read(folder / file)
        name = rows[0][column]
        rows[row - 1][column] = value
        write(folder / file, rows)
        _, problems, _ = inspect(folder)
    if name in FREE_TEXT:
        assert problems == []
    else:
        assert any(
            problem.file == file and problem.row == row and problem.column in (name, None)
            for problem in problems
        )


@given(cell=cells(), value=st.text(max_size=12))
@settings(max_examples=examples(50), deadline=None)
def test_whatever_stands_in_a_cell_the_loader_answers(cell: tuple[str, int, int], value: str):
    file, row, column = cell
    with copied() as folder:
        rows = read(folder / file)
        rows[row - 1][column] = value
        path = folder / file
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        path.write_bytes(text.getvalue().encode("utf-8", errors="surrogatepass"))
        try:
            study = load(folder)
        except DataError as error:
            assert error.problems
            assert all(problem.file for problem in error.problems)
        else:
            save(study, folder / "again")
            assert load(folder / "again").digest() == study.digest()


@given(file=st.sampled_from([*TABLES, "study.toml"]), data=st.binary(max_size=200))
@settings(max_examples=examples(40), deadline=None)
def test_whatever_bytes_a_file_holds_the_loader_answers(file: str, data: bytes):
    with copied() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        (folder / file).write_bytes(data)
        try:
            study = load(folder)
        except DataError as error:
            assert any(problem.file == file for problem in error.problems)
        else:
            assert isinstance(study, Study)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=5, deadline=None)
def test_the_order_of_rows_is_nothing_but_order(seed: int):
    shuffle = random.Random(seed).shuffle
    with copied() as folder:
        for file in TABLES:
            header, *rows = read(folder / file)
            shuffle(rows)
            write(folder / file, [header, *rows])
        shuffled = load(folder)
    original = load(SMALL)
    for table, schema in SCHEMAS.items():
        key = schema.primary_key()
        left: pl.DataFrame = getattr(original, table).sort(key)
        assert left.equals(getattr(shuffled, table).sort(key))
