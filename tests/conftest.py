"""What several test modules share: a small corridor to load, change and break."""

from __future__ import annotations

import functools
import shutil
import sys
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher

TESTS = Path(__file__).parent
SMALL = TESTS / "data" / "small"
FIRST = (
    *("simulation/test_engine.py", "test_docs.py"),
    *("analysis/test_eurasia.py", "browser", "analysis", "cli", "web"),
)
"""Files and folders whose tests go first, in this order.

Of two processes one compiles the kernels of the simulation and the other those of the search for
ways, and each then reads what the other has compiled; what takes long is not left to the end,
when one process would wait for the other.
"""


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


def pytest_collection_modifyitems(items):
    """Put what is to go first before the rest, and leave the order as it is otherwise."""
    first = [TESTS / name for name in FIRST]

    def place(item):
        paths = {item.path, *item.path.parents}
        return next((place for place, one in enumerate(first) if one in paths), len(first))

    items.sort(key=place)


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
