"""A built-in study, a folder or a zip to a `Study`, with everything wrong found at once.

Each table is read as text and cast column by column, so that every message can name the
table, the row as a spreadsheet counts it, and the column.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ValidationError

from sogdia.errors import DataError, Problem, ResourceError
from sogdia.study.check import GEOGRAPHIC_COLUMNS, check_sheets, unknown_value
from sogdia.study.files import SETTINGS_FILE, StudyFiles, builtin_studies, read_files
from sogdia.study.formats import gmns, tntp
from sogdia.study.marks import check_marks, idle_events
from sogdia.study.model import REQUIRED_TABLES, SCHEMAS, Settings, Study, known_settings
from sogdia.study.schema import Tables
from sogdia.study.sheet import Sheet, nearest, read_sheet
from sogdia.study.toml_file import read_toml, toml_problems, toml_value
from sogdia.study.water_level import check_water_levels

__all__ = ["DataWarning", "Study", "builtin_studies", "load", "save"]


class DataWarning(UserWarning):
    """Something in the user's data looks like a slip, but can be left as it is."""


def load(source: str | Path) -> Study:
    """Load a study and check it.

    Parameters
    ----------
    source : str or Path
        Name of a built-in study, folder, or zip file.

    Returns
    -------
    Study
        Its tables and settings; a table without a file has no rows.

    Raises
    ------
    DataError
        If anything in it is wrong; ``problems`` lists everything that is.
    ResourceError
        If the machine refuses to read it.

    Warns
    -----
    DataWarning
        For an unknown column or table, and for an event that does nothing.

    Examples
    --------
    >>> from sogdia.study.load import load
    >>> study = load("eurasia")  # doctest: +SKIP
    >>> study.settings.base_year  # doctest: +SKIP
    2024
    """
    study, problems, slips = inspect(source)
    for slip in slips:
        warnings.warn(str(slip), DataWarning, stacklevel=2)
    if problems or study is None:
        raise DataError(problems)
    return study


def inspect(source: str | Path) -> tuple[Study | None, list[Problem], list[Problem]]:
    """Load a study, and return what is wrong with it instead of raising it.

    Parameters
    ----------
    source : str or Path
        As for `load`.

    Returns
    -------
    study : Study or None
        The study; None if there are problems.
    problems, slips : list of Problem
        What is wrong, and what looks like a slip.

    Raises
    ------
    DataError
        If there is no such study.
    ResourceError
        If the machine refuses to read it.
    """
    files = read_files(source)
    if tntp.recognises(files):
        return tntp.read_content(files)
    if gmns.recognises(files):
        return gmns.read_content(files)
    if not any(f"{table}.csv" in files.content for table in SCHEMAS):
        needed = " and ".join(f"{table}.csv" for table in REQUIRED_TABLES)
        raise DataError([Problem(f"holds no table of a study; it needs {needed}", str(files.path))])
    settings, problems = _read_settings(files)
    geographic = settings is None or settings.is_geographic
    sheets, found, slips = _read_sheets(files, geographic=geographic)
    problems += found + check_sheets(sheets, geographic=geographic) + check_marks(sheets)
    if settings is not None:
        problems += check_water_levels(settings.water_level, sheets, SETTINGS_FILE)
        problems += _check_main_corridor(settings.main_corridor, sheets)
    if problems or settings is None:
        return None, problems, slips
    slips += idle_events(sheets)
    tables = Tables.cast({table: sheet.frame for table, sheet in sheets.items()})
    return Study(settings, tables, files.path), [], slips


def _read_sheets(
    files: StudyFiles, *, geographic: bool
) -> tuple[dict[str, Sheet], list[Problem], list[Problem]]:
    """Read every table; one that cannot be read at all is left out of the result."""
    sheets: dict[str, Sheet] = {}
    problems: list[Problem] = []
    slips = _unknown_tables(files)
    for table, schema in SCHEMAS.items():
        file = f"{table}.csv"
        if file not in files.content:
            if table in REQUIRED_TABLES:
                problems.append(Problem("the file is missing", file))
            else:
                rows = pl.Series("row", [], dtype=pl.Int64)
                sheets[table] = Sheet(schema, schema.create_empty(), file, rows, {})
            continue
        needed = [name for of, name in GEOGRAPHIC_COLUMNS if of == table and geographic]
        sheet, wrong, odd = read_sheet(schema, file, files.content[file], needed)
        problems += wrong
        slips += odd
        if sheet is None:
            continue
        sheets[table] = sheet
        if sheet.frame.is_empty() and table in REQUIRED_TABLES and not wrong:
            problems.append(Problem(f"has no rows: a study needs at least one {table}", file))
    return sheets, problems, slips


def _unknown_tables(files: StudyFiles) -> list[Problem]:
    slips = []
    for file in sorted(files.content):
        if file.endswith(".csv") and file.removesuffix(".csv") not in SCHEMAS:
            near = nearest(file.removesuffix(".csv"), list(SCHEMAS))
            hint = f"; nearest: {near}.csv" if near else ""
            slips.append(Problem(f"is not a table of a study and is ignored{hint}", file))
    return slips


def _read_settings(files: StudyFiles) -> tuple[Settings | None, list[Problem]]:
    if SETTINGS_FILE not in files.content:
        return Settings(name=files.name or "study"), []
    try:
        given = read_toml(files.content[SETTINGS_FILE], SETTINGS_FILE)
        return Settings.model_validate({"name": files.name, **given}), []
    except DataError as error:
        return None, list(error.problems)
    except ValidationError as error:
        return None, toml_problems(error, SETTINGS_FILE, known_settings())


def _check_main_corridor(name: str | None, sheets: Mapping[str, Sheet]) -> list[Problem]:
    if name is None or "corridor" not in sheets:
        return []
    known = sheets["corridor"].frame["corridor_id"]
    if name in known:
        return []
    message = unknown_value(name, "corridor.csv column corridor_id", known)
    return [Problem(f"main_corridor: {message}", SETTINGS_FILE)]


def save(study: Study, folder: str | Path) -> None:
    """Write a study as a folder of CSV tables and a ``study.toml``.

    Loading the folder gives a study with the same settings and tables.

    Parameters
    ----------
    study : Study
        The study.
    folder : str or Path
        Where to; it is made if it does not exist, and tables in it are replaced.

    Raises
    ------
    ResourceError
        If the machine refuses to write there.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table, frame in study.frames().items():
            frame.write_csv(folder / f"{table}.csv")
        (folder / SETTINGS_FILE).write_bytes(_settings_toml(study.settings).encode())
    except OSError as error:
        raise ResourceError(f"{folder} cannot be written: {error.strerror or error}") from error


def _settings_toml(settings: Settings) -> str:
    sections: dict[str, Mapping[str, BaseModel]] = {
        "choice": settings.choice,
        "water_level": settings.water_level,
    }
    lines = _toml_lines(settings, exclude={"traffic", *sections})
    if settings.traffic is not None:
        lines += ["", "[traffic]", *_toml_lines(settings.traffic)]
    for section, parts in sections.items():
        for name, part in parts.items():
            lines += ["", f"[{section}.{toml_value(name)}]", *_toml_lines(part)]
    return "\n".join(lines) + "\n"


def _toml_lines(part: BaseModel, exclude: set[str] | None = None) -> list[str]:
    values = part.model_dump(exclude_none=True, exclude=exclude)
    return [f"{key} = {toml_value(value)}" for key, value in values.items()]
