"""TOML that is hostile rather than wrong is refused with a reason too."""

import pytest

from sogdia.errors import DataError
from sogdia.study.toml_file import read_toml


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a = " + b"[" * 100_000, "not TOML that can be read"),
        (b"a = " + b"9" * 10_000, "not TOML that can be read"),
        (b"a = 'caf\xe9'", "is not UTF-8"),
        (b"a = ", "is not valid TOML"),
    ],
)
def test_it_is_refused(content, reason):
    with pytest.raises(DataError, match=reason) as refused:
        read_toml(content, "study.toml")
    assert refused.value.problems[0].file == "study.toml"
