"""What several test modules share: a small corridor to load, change and break."""

from __future__ import annotations

import functools
import shutil
import sys
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher

SMALL = Path(__file__).parent / "data" / "small"


def untraced(function):
    """Return the function with what traces it, as coverage does, held off while it runs."""

    @functools.wraps(function)
    def call(*arguments, **named):
        trace = sys.gettrace()
        sys.settrace(None)
        try:
            return function(*arguments, **named)
        finally:
            sys.settrace(trace)

    return call


@pytest.fixture(scope="session", autouse=True)
def compilation_is_untraced():
    """Coverage makes compiling half as long again, and no line of Sogdia runs meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dispatcher, "compile", untraced(Dispatcher.compile))
        yield


@pytest.fixture
def small_folder() -> Path:
    """Folder of the small study; not to be written to."""
    return SMALL


@pytest.fixture
def small_copy(tmp_path: Path) -> Path:
    """A copy of the small study's folder, free to be broken."""
    return Path(shutil.copytree(SMALL, tmp_path / "small"))


@pytest.fixture(scope="session")
def small_study():
    """The small study, loaded."""
    from sogdia.study.load import load

    return load(SMALL)
