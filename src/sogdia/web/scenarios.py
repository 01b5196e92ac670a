"""The scenarios that the server knows: built-in ones, and the files in its folder.

What comes from outside may name one of them and extend one of them, and never a path.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from sogdia.errors import DataError, ResourceError
from sogdia.scenario import Scenario, apply, builtin_scenarios
from sogdia.scenario.files import SUFFIX, data_folder, parse_text
from sogdia.study import Study
from sogdia.study.load import DataWarning
from sogdia.web.limits import JSON_BODY_MIB, MIB, check_content, check_toml
from sogdia.web.refusals import unknown
from sogdia.web.run_models import ScenarioFile, ScenarioInfo

MOST_FILES = 200
"""Files of the folder that are looked into; a folder with more is not one of scenarios."""

UNNAMED = "scenario"
_warnings = Lock()


class Scenarios:
    """The scenarios of a server.

    Parameters
    ----------
    folder : Path
        Its scenario files (``*.toml``, not those in folders within) are known by their names
        without the ending; a built-in scenario of the same name wins.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def infos(self) -> list[ScenarioInfo]:
        """Return every scenario that can be used, the built-in ones first."""
        builtin = set(builtin_scenarios())
        return [
            ScenarioInfo(
                name=name,
                title=scenario.title,
                description=scenario.description,
                year=scenario.year,
                builtin=name in builtin,
            )
            for name, scenario in self.known().items()
        ]

    def known(self) -> dict[str, Scenario]:
        """Return every scenario that can be used, with what it extends, by name."""
        found = {name: _builtin(name) for name in builtin_scenarios()}
        for name, path in self._files().items():
            try:
                found[name] = Scenario.load(path)
            except (DataError, ResourceError):
                continue  # asked for by name, it says what is wrong with it
        return found

    def file(self, name: str) -> ScenarioFile:
        """Return the file of a scenario, as text and as content.

        Raises
        ------
        RefusedError
            404 if there is none of that name.
        DataError
            If anything in it is wrong.
        """
        path = self._path(name)
        Scenario.load(path)
        try:
            toml = path.read_text("utf-8-sig")
        except OSError as error:
            raise ResourceError(f"{path.name} cannot be read: {error.strerror}") from error
        return ScenarioFile(
            name=name, toml=toml, content=Scenario.of_toml(toml, name=name).content()
        )

    def parse(self, text: bytes) -> ScenarioFile:
        """Return what a text is that is sent as a scenario file.

        Raises
        ------
        DataError
            If it is not TOML, or anything in it is wrong.
        """
        try:
            toml = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError("the text is not UTF-8") from error
        check_toml(toml, "the scenario")
        written = parse_text(toml, UNNAMED)
        check_content(written)
        scenario = Scenario.own_part(written, name=UNNAMED)
        content = scenario.content()
        self.of_content(content)
        return ScenarioFile(name=scenario.name, toml=toml, content=content)

    def named(self, name: str) -> Scenario:
        """Return a scenario, with what it extends.

        Raises
        ------
        RefusedError
            404 if there is none of that name.
        DataError
            If anything in its file is wrong.
        """
        return _builtin(name) if name in builtin_scenarios() else Scenario.load(self._path(name))

    def of_content(self, content: Mapping[str, Any]) -> Scenario:
        """Return the scenario that a content is, with what it extends.

        Raises
        ------
        DataError
            If anything in it is wrong.
        """
        check_content(content)
        return Scenario.of_content(content, self.known() if "extends" in content else {})

    def asked(self, scenario: Mapping[str, Any] | str | None, study: Study) -> Scenario:
        """Return the scenario that a request asks a study for, and that fits the study.

        Parameters
        ----------
        scenario : mapping, str or None
            Content, or a name; None: the scenario that the study names, if any.
        study : Study
            The study.

        Raises
        ------
        RefusedError
            404 if there is no scenario of that name.
        DataError
            If anything in it is wrong, or it does not fit the study.
        """
        if scenario is None:
            # A study that was sent may name a file; its name is looked up like any other.
            scenario = (study.settings.default_scenario or "").removesuffix(SUFFIX) or {}
        if isinstance(scenario, str):
            found = self.named(scenario)
        else:
            found = self.of_content({"name": Scenario().name, **scenario})
        # What it extends is part of it by now, and is not to be added twice.
        return found.model_copy(update={"extends": None})

    def _path(self, name: str) -> Path:
        if name in builtin_scenarios():
            return data_folder() / f"{name}{SUFFIX}"
        files = self._files()
        if name not in files:
            raise unknown("scenario", name, [*builtin_scenarios(), *files])
        return files[name]

    def _files(self) -> dict[str, Path]:
        """Return the files of the folder by name; not all of them need be scenarios."""
        builtin = builtin_scenarios()
        try:
            found = sorted(self._folder.glob(f"*{SUFFIX}"))[:MOST_FILES]
            return {
                path.stem: path
                for path in found
                if path.stem not in builtin
                and path.is_file()
                and path.stat().st_size <= JSON_BODY_MIB * MIB
            }
        except OSError as error:
            reason = f"{self._folder} cannot be read: {error.strerror or error}"
            raise ResourceError(reason) from error


def fitting_year(study: Study, scenario: Scenario, year: int | None) -> int:
    """Return the year that a run is of, or refuse what does not fit the study.

    Parameters
    ----------
    study : Study
        The study.
    scenario : Scenario
        What is asked of it.
    year : int or None
        Year that is asked for; None: the scenario's, else the study's.

    Raises
    ------
    DataError
        With everything that is wrong.
    """
    year = year or scenario.year or study.settings.base_year
    if year is None:
        raise DataError(f"study {study.name} has no base year; name the year of the run")
    # What is ignored is ignored in every thread, so one at a time. Slips are no reason to refuse.
    with _warnings, warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        changed = apply(study, scenario, year)
    years = changed.demand["year"].unique().sort().to_list()
    if year not in years:
        listed = ", ".join(map(str, years)) or "no year"
        raise DataError(f"study {study.name} has no demand of {year}; there is some of {listed}")
    return year


@lru_cache
def _builtin(name: str) -> Scenario:
    return Scenario.load(name)
