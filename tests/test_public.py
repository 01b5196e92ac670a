"""The public interface: what it names exists, and naming it costs nothing."""

import subprocess
import sys

import pytest

import sogdia

HEAVY = ("polars", "numba", "numpy", "scipy", "dataframely", "pydantic")


@pytest.mark.parametrize("name", sogdia.__all__)
def test_every_public_name_is_there(name):
    assert getattr(sogdia, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = sogdia.nonsense


@pytest.mark.parametrize("module", ["sogdia", "sogdia.cli"])
def test_importing_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & set({HEAVY})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
