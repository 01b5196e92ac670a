"""The results of a finished run: its page, its report and its tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import polars as pl
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from sogdia.errors import DataError, ResourceError, SogdiaError
from sogdia.report.page import report_data, report_html, run_page_of_folder
from sogdia.run.kept.difference import difference
from sogdia.web.bodies import Body, BodyCache
from sogdia.web.places import StudyPlaces
from sogdia.web.refusals import RefusedError, unknown
from sogdia.web.run_models import RunInfo
from sogdia.web.workspace import LoadedStudy, Workspace

Read = TypeVar("Read")

MANIFEST = "manifest.json"
REPORT = "report.html"
LARGEST_CHANGES = 10
"""Of each column of a table."""

REPORT_POLICY = "sandbox allow-scripts; frame-ancestors 'none'"
"""A report may run its own script, and knows nothing of the server that it came from."""


class Results:
    """What the folder of a finished run holds.

    Parameters
    ----------
    info : RunInfo
        The run.
    folder : Path
        Its folder.
    workspace : Workspace
        Where its study may be.
    bodies : BodyCache
        Keeps what was asked for last.
    """

    def __init__(
        self, info: RunInfo, folder: Path, workspace: Workspace, bodies: BodyCache
    ) -> None:
        self._info = info
        self._folder = folder
        self._workspace = workspace
        self._bodies = bodies

    @cached_property
    def version(self) -> str:
        """Tells the run from another one that had its name before.

        Raises
        ------
        RefusedError
            404 if it was deleted meanwhile.
        ResourceError
            If its folder cannot be read.
        """
        return self._version_now()

    def page(self) -> Body:
        """Return the run as the page needs it; the study is called as the server does."""

        def make() -> Body:
            page = self._whole(lambda: run_page_of_folder(self._folder, self._info.run_id))
            content = {**page, "study": self._info.study}
            text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            return Body.of(text.encode(), "application/json")

        return self._bodies.get((self.version, "page"), make)

    def report(self) -> Body:
        """Return the report, as it lies in the folder or else made now.

        Raises
        ------
        RefusedError
            409 if it has to be made, and the study is no longer as it was.
        ResourceError
            If the page was not built.
        """
        name = f"{self._info.run_id}.html"
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Content-Security-Policy": REPORT_POLICY,
        }

        def make() -> Body:
            return Body.of(self._whole(self._report_content), "text/html; charset=utf-8", headers)

        return self._bodies.get((self.version, "report"), make)

    def table(self, name: str) -> tuple[str, pl.DataFrame]:
        """Return a table of the run.

        Raises
        ------
        RefusedError
            404 if there is none of that name.
        DataError
            If it is damaged.
        """
        files = {
            file.stem: file
            for file in sorted(self._folder.glob("*.parquet"))
            if file.is_file() and not file.is_symlink()
        }
        if name not in files:
            raise unknown("table", name, files)
        return name, self._whole(lambda: self._frame(name, files[name]))

    def difference(self, other: Results) -> Body:
        """Return in what another run differs from this one.

        Raises
        ------
        DataError
            If one of them is damaged.
        """

        def make() -> Body:
            found = self._whole(lambda: other._whole(lambda: self._compared(other)))
            return Body.of(to_json(found), "application/json")

        return self._bodies.get((self.version, other.version, "difference"), make)

    def _compared(self, other: Results) -> dict[str, Any]:
        try:
            found = difference(self._folder, other._folder, top=LARGEST_CHANGES)
        except DataError as error:
            said = str(error)
            for run in (self, other):
                # Where runs lie is no business of who reads them.
                said = said.replace(str(run._folder), f"run {run._info.run_id!r}")
            raise DataError(said) from error
        return found | {"before": self._info.run_id, "after": other._info.run_id}

    def _frame(self, name: str, file: Path) -> pl.DataFrame:
        try:
            return pl.read_parquet(file)
        except OSError as error:
            raise ResourceError(f"table {name} cannot be read: {error.strerror}") from error
        except pl.exceptions.PolarsError as error:
            raise DataError(f"table {name} of run {self._info.run_id!r} is damaged") from error

    def places(self) -> tuple[StudyPlaces | None, str]:
        """Return where its rows are, or None and why that is not known."""
        study, reason = self._study()
        return (None if study is None else study.places), reason

    def _report_content(self) -> bytes:
        file = self._folder / REPORT
        if file.is_file() and not file.is_symlink():
            return file.read_bytes()
        study, reason = self._study()
        if study is None:
            raise RefusedError(HTTPStatus.CONFLICT, f"there is no report: {reason}")
        page = run_page_of_folder(self._folder, self._info.run_id)
        return report_html(report_data(study.study, [page])).encode()

    def _study(self) -> tuple[LoadedStudy | None, str]:
        """Return the study as it was when the run was made, or None and why not."""
        name = self._info.study
        try:
            study = self._workspace.loaded(name)
        except (SogdiaError, HTTPException):
            return None, f"its study {name!r} is not here, or has mistakes"
        if study.digest != self._manifest["study"].get("digest"):
            return None, f"study {name!r} has changed since the run was made"
        return study, "its rows have no place on the map"

    @cached_property
    def _manifest(self) -> Mapping[str, Any]:
        try:
            content: Mapping[str, Any] = json.loads((self._folder / MANIFEST).read_bytes())
        except OSError as error:
            raise ResourceError(f"{MANIFEST} cannot be read: {error.strerror}") from error
        return content

    def _whole(self, read: Callable[[], Read]) -> Read:
        """Return what is read of the folder, or refuse it if the run was deleted meanwhile."""
        version = self.version
        try:
            content = read()
        except (DataError, ResourceError):
            self._check_version(version)
            raise
        self._check_version(version)
        return content

    def _check_version(self, version: str) -> None:
        if self._version_now() != version:
            raise self._gone()

    def _version_now(self) -> str:
        try:
            status = (self._folder / MANIFEST).stat()
        except FileNotFoundError as error:
            raise self._gone() from error
        except OSError as error:
            raise ResourceError(f"{MANIFEST} cannot be read: {error.strerror}") from error
        return f"run {self._info.run_id} {status.st_mtime_ns} {status.st_size}"

    def _gone(self) -> RefusedError:
        message = f"run {self._info.run_id!r} was deleted while it was read"
        return RefusedError(HTTPStatus.NOT_FOUND, message)
