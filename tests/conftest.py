"""What several test modules share: a small corridor to load, change and break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

SMALL = Path(__file__).parent / "data" / "small"


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
