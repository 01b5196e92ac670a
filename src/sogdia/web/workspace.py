"""What the server works on: studies found by name, loaded once, and the folder of runs.

A name that comes from outside is looked up in the listing and never made into a path.
"""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from threading import Lock
from time import monotonic

import polars as pl

from sogdia.errors import DataError, Problem, ResourceError
from sogdia.study import Study
from sogdia.study.files import (
    SETTINGS_FILE,
    SUFFIXES,
    builtin_studies,
    check_zip,
    data_folder,
    zip_names,
)
from sogdia.study.load import inspect
from sogdia.study.model import REQUIRED_TABLES
from sogdia.web import models
from sogdia.web.bodies import Body
from sogdia.web.limits import (
    MIB,
    PROBLEMS_NAMED,
    SCENARIO_KIB,
    UNPACKED_MIB,
    UPLOADED_STUDIES,
    check_toml,
)
from sogdia.web.places import StudyPlaces
from sogdia.web.refusals import RefusedError, unknown

DEFAULT_STUDY = "eurasia"
UPLOADS_FOLDER = "uploaded-studies"
LISTED_FOR_S = 1.0
STUDIES_KEPT = 8
STUDY_NAME = re.compile(r"[\w][\w .-]{0,63}")

Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A study that was found: where it is, and whether it is still the same."""

    name: str
    source: str | Path
    builtin: bool
    uploaded: bool
    signature: Signature


class LoadedStudy:
    """A study in memory, with what answers about it need; each part is made at its first use."""

    def __init__(self, name: str, study: Study) -> None:
        self.name = name
        self.study = study

    @cached_property
    def digest(self) -> str:
        """Tells the study's content from what it was before."""
        return self.study.digest()

    @cached_property
    def frames(self) -> dict[str, pl.DataFrame]:
        """Its tables by name."""
        return self.study.frames()

    @cached_property
    def places(self) -> StudyPlaces:
        """Where its rows are."""
        return StudyPlaces(self.study)

    @cached_property
    def page(self) -> Body:
        """What the page is given of it, under the name that the server knows it by."""
        from sogdia.report.page import study_page  # noqa: PLC0415

        content = {**study_page(self.study), "study": self.name}
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return Body.of(text.encode(), "application/json")

    def countries(self, table: str) -> pl.DataFrame | None:
        """Return the country of each row of a table that has it by its node or link."""
        keys = {"terminal": ("node", "node_id"), "service": ("link", "link_id")}
        if table not in keys:
            return None
        home, key = keys[table]
        countries = self.frames[home].select(key, "country")
        rows = self.frames[table].select(key)
        return rows.join(countries, on=key, how="left", maintain_order="left").select("country")


class Workspace:
    """The studies that the server knows, and where runs and uploads are kept.

    Parameters
    ----------
    folder : Path
        Each folder in it that holds a study is known by its name, each zip by its stem.
    runs : Path
        Folder of runs.
    study : str
        The study to begin with: built-in name, name in `folder`, folder or zip.

    Attributes
    ----------
    folder, runs : Path
        As given.
    uploads : Path
        Where uploaded studies are kept, as zips.
    scenarios : Path
        Folder whose scenario files are known.
    default_study : str
        Name of the study to begin with.

    Raises
    ------
    DataError
        If there is no study to begin with.
    """

    def __init__(self, folder: Path, runs: Path, study: str = DEFAULT_STUDY) -> None:
        self.folder = folder
        self.runs = runs
        self.uploads = folder / UPLOADS_FOLDER
        self.scenarios = folder
        self._first: Listed | None = None
        self._listing: dict[str, Listed] = {}
        self._listed_at = -LISTED_FOR_S
        self._infos: dict[str, tuple[Signature, models.StudyInfo]] = {}
        self._loaded: OrderedDict[str, tuple[Signature, LoadedStudy | DataError]] = OrderedDict()
        self._lock = Lock()
        self._loading: dict[str, Lock] = {}
        self.default_study = self._begin_with(study)

    def _begin_with(self, study: str) -> str:
        path = Path(study)
        if study not in builtin_studies() and path.exists():
            name = path.resolve().name if path.is_dir() else path.stem
            self._first = Listed(name, path, builtin=False, uploaded=False, signature=())
            study = name
        elif study not in self.listing():
            raise DataError(str(unknown("study", study, self.listing()).detail))
        return study

    def listing(self) -> dict[str, Listed]:
        """Return the studies by name; folders are looked into again after a second."""
        with self._lock:
            if monotonic() - self._listed_at >= LISTED_FOR_S:
                self._listing = {found.name: found for found in self._found()}
                self._listed_at = monotonic()
            return self._listing

    def _found(self) -> Iterator[Listed]:
        """Find studies; of those of the same name the last one counts."""
        yield from _studies_in(self.uploads, uploaded=True)
        yield from _studies_in(self.folder, uploaded=False)
        for name in builtin_studies():
            source = data_folder() / name
            yield Listed(name, name, builtin=True, uploaded=False, signature=_signature(source))
        if self._first is not None:
            path = Path(self._first.source)
            yield Listed(self._first.name, path, False, False, _signature(path))

    def look_again(self) -> None:
        """Make the next listing look into the folders again."""
        with self._lock:
            self._listed_at = monotonic() - LISTED_FOR_S

    def listed(self, name: str) -> Listed:
        """Return where a study is.

        Raises
        ------
        RefusedError
            404 if there is no study of that name.
        """
        listing = self.listing()
        if name not in listing:
            raise unknown("study", name, listing)
        return listing[name]

    def source(self, name: str) -> str | Path:
        """Return what `sogdia.load` loads the study of that name from."""
        return self.listed(name).source

    def study(self, name: str) -> Study:
        """Return a study by name; see `loaded`."""
        return self.loaded(name).study

    def loaded(self, name: str) -> LoadedStudy:
        """Return a study by name, loaded if that was not yet done or its files changed.

        Raises
        ------
        RefusedError
            404 if there is no study of that name.
        DataError
            If it is broken.
        ResourceError
            If the machine refuses to read it.
        """
        found = self.listed(name)
        with self._lock:
            loading = self._loading.setdefault(name, Lock())
        with loading:
            kept = self._loaded.get(name)
            if kept is not None and kept[0] == found.signature:
                outcome = kept[1]
            else:
                outcome = _load(found)
                self._keep(name, found.signature, outcome)
        if isinstance(outcome, DataError):
            raise DataError(outcome.problems)
        return outcome

    def _keep(self, name: str, signature: Signature, loaded: LoadedStudy | DataError) -> None:
        with self._lock:
            self._loaded[name] = (signature, loaded)
            self._loaded.move_to_end(name)
            while len(self._loaded) > STUDIES_KEPT:
                self._loaded.popitem(last=False)

    def studies(self) -> list[models.StudyInfo]:
        """Return every study with its problems: the first one begun with, then by name."""
        listing = self.listing()
        names = sorted(listing, key=lambda name: (name != self.default_study, name))
        return [self.info(name) for name in names]

    def info(self, name: str) -> models.StudyInfo:
        """Return what a study is, and what is wrong with it."""
        found = self.listed(name)
        kept = self._infos.get(name)
        if kept is not None and kept[0] == found.signature:
            return kept[1]
        title, problems = name, []
        try:
            title = self.loaded(name).study.settings.title or name
        except DataError as error:
            problems = _named(error.problems)
        except ResourceError as error:
            problems = [models.Problem(message=str(error))]
        info = models.StudyInfo(study=name, title=title, builtin=found.builtin, problems=problems)
        self._infos[name] = (found.signature, info)
        return info

    def add(self, name: str, content: Path, *, replace: bool = False) -> models.StudyInfo:
        """Keep an uploaded study.

        Parameters
        ----------
        name : str
            Its name: letters, digits, blanks, dots, dashes and underscores.
        content : Path
            The zip, in the folder of uploads; it is moved or left.
        replace : bool
            Whether an uploaded study of that name may be replaced.

        Raises
        ------
        RefusedError
            409 if the name is taken, or there are too many uploaded studies.
        DataError
            If the name or the study is wrong.
        ResourceError
            If the machine refuses to keep it.
        """
        self.check_new_name(name, replace=replace)
        check_zip(content, UNPACKED_MIB * MIB)
        _check_settings(content)
        _shown(content)
        try:
            content.replace(self.uploads / f"{name}.zip")
        except OSError as error:
            raise ResourceError(f"the study cannot be kept: {error.strerror}") from error
        self.look_again()
        return self.info(name)

    def check_new_name(self, name: str, *, replace: bool = False) -> None:
        """Refuse a name that a new study cannot have; see `add`."""
        if STUDY_NAME.fullmatch(name) is None or name != name.strip(" ."):
            raise DataError(
                f"{name!r} is not a name for a study: 1 to 64 letters, digits, blanks, dots, "
                "dashes or underscores, a letter or digit first"
            )
        listing = self.listing()
        taken = listing.get(name)
        if taken is not None and not (replace and taken.uploaded):
            way = "; replace=true replaces it" if taken.uploaded else ""
            raise RefusedError(HTTPStatus.CONFLICT, f"there is already a study {name!r}{way}")
        uploaded = sum(found.uploaded for found in listing.values())
        if taken is None and uploaded >= UPLOADED_STUDIES:
            message = (
                f"{uploaded} studies were sent, and the limit is {UPLOADED_STUDIES}; "
                f"remove some from the folder {UPLOADS_FOLDER}"
            )
            raise RefusedError(HTTPStatus.CONFLICT, message)

    def new_upload(self) -> Path:
        """Return a new empty file among the uploads, for content that arrives.

        Raises
        ------
        ResourceError
            If the machine refuses to make it.
        """
        try:
            self.uploads.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                dir=self.uploads, prefix=".", suffix=".partial", delete=False
            ) as file:
                return Path(file.name)
        except OSError as error:
            raise ResourceError(f"the study cannot be kept: {error.strerror}") from error


def _load(found: Listed) -> LoadedStudy | DataError:
    """Load a study; what is wrong with it is an outcome too, not looked for twice."""
    try:
        return LoadedStudy(found.name, _shown(found.source))
    except DataError as error:
        return error


def _shown(source: str | Path) -> Study:
    """Load a study that the page can show; raise what is wrong with it."""
    study, problems, _ = inspect(source)
    if study is None:
        raise DataError(problems)
    if not study.settings.is_geographic:
        raise DataError(
            f"the coordinates of study {study.name} are not longitudes and latitudes (crs "
            f"{study.settings.crs!r}), so it cannot be shown on the map; sogdia assign and sogdia "
            "route take it"
        )
    return study


def _named(problems: tuple[Problem, ...]) -> list[models.Problem]:
    named = [models.Problem.of(problem) for problem in problems[:PROBLEMS_NAMED]]
    if (more := len(problems) - len(named)) > 0:
        named.append(models.Problem(message=f"{more} more problems are not listed"))
    return named


def _studies_in(folder: Path, *, uploaded: bool) -> Iterator[Listed]:
    """Find the zips, then the folders, that hold a study."""
    children = _visible_children(folder)
    for child in children:
        if child.suffix == ".zip" and child.is_file() and _zip_holds_study(child):
            yield Listed(child.stem, child, False, uploaded, _signature(child))
    for child in children:
        if child.is_dir() and _holds_study({entry.name for entry in _visible_children(child)}):
            yield Listed(child.name, child, False, uploaded, _signature(child))


def _visible_children(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if not child.name.startswith("."))
    except OSError:
        return []


def _zip_holds_study(path: Path) -> bool:
    """Tell whether a zip holds a study; a damaged one may, so that it is not hidden."""
    try:
        return _holds_study(zip_names(path))
    except (DataError, OSError):
        return True


def _holds_study(names: set[str]) -> bool:
    return SETTINGS_FILE in names or {f"{table}.csv" for table in REQUIRED_TABLES} <= names


def _check_settings(content: Path) -> None:
    """Refuse a zip whose settings would take long to read."""
    with zipfile.ZipFile(content) as archive:
        for member in archive.infolist():
            if PurePosixPath(member.filename).name != SETTINGS_FILE:
                continue
            if member.file_size > SCENARIO_KIB * 1024:
                raise DataError(f"{SETTINGS_FILE} is longer than {SCENARIO_KIB} KiB")
            try:
                text = archive.read(member).decode(errors="replace")
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
                continue  # loading it says what is wrong with it
            check_toml(text, SETTINGS_FILE)


def _signature(path: Path) -> Signature:
    files = [path]
    if path.is_dir():
        files = [child for child in _visible_children(path) if child.suffix in SUFFIXES]
    return tuple(sorted(_stamp(file) for file in files if file.is_file()))


def _stamp(file: Path) -> tuple[str, int, int]:
    status = file.stat()
    return file.name, status.st_mtime_ns, status.st_size
