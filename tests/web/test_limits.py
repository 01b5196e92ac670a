"""What would take minutes to read or check is refused before that."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sogdia.errors import DataError
from sogdia.web.limits import SCENARIO_KIB, SCENARIO_VALUES, check_content, check_toml


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".".join(["a"] * 2000) + " = 1", "dots"),
        ("a = {" + ".".join(["a"] * 2000) + " = 1}", "dots"),
        ("[" + ".".join(["'a'"] * 2000) + "]", "dots"),
        ("#" * (SCENARIO_KIB * 1024 + 1), "64 KiB"),
    ],
)
def test_a_text_that_takes_long_to_read_is_refused(text, said):
    with pytest.raises(DataError, match=said):
        check_toml(text, "the scenario")


def test_a_text_of_many_sentences_and_keys_is_not():
    check_toml("a.b.c = 1\n" * 500 + 'description = "It is said. ' + "So. " * 90 + '"', "it")


def test_content_is_counted_whatever_holds_it():
    check_content({"rule": [{"from": date(2024, 1, 1)}] * 1000})
    contents: tuple[dict[str, Any], ...] = (
        {f"key{number}": 1 for number in range(SCENARIO_VALUES)},
        {"rule": [{"countries": ["RU"] * SCENARIO_VALUES}]},
        {"rule": [[]] * SCENARIO_VALUES},
    )
    for content in contents:
        with pytest.raises(DataError, match="values, more than"):
            check_content(content)


def test_half_a_character_is_refused():
    with pytest.raises(DataError, match="not Unicode"):
        check_content({"title": "\ud800"})
