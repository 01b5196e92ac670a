"""Scenarios that go on from a foundation come to the very tables of those that begin anew."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest
from tests.builders import line, places, study_of

from sogdia.errors import DataError
from sogdia.scenario import Change, Foundation, Scenario, apply

FIRST = Change(table="link", assign={"cost_usd_t": 3.0})
SECOND = Change.model_validate(
    {"table": "link", "where": {"link_id": ["A-B"]}, "multiply": {"cost_usd_t": 2.0}}
)
BASE = Scenario(name="base", projects=("rail", "port"), change=(FIRST, SECOND))


@pytest.fixture(scope="module")
def study():
    changes = [
        ("rail", "link", "A-B", "time_h", "set", "0.5"),
        ("rail", "link", "A-B", "cost_usd_t", "multiply", "3"),
        ("port", "link", "B-C", "time_h", "add", "0.25"),
        ("road", "link", "B-C", "time_h", "multiply", "4"),
    ]
    names = ("project_id", "table", "row_id", "column", "operation", "value")
    return study_of(
        node=places("A", "B", "C"),
        link=[line("A", "B"), line("B", "C")],
        project=[
            {"project_id": name, "name": name, "earliest_year": year}
            for name, year in (("rail", 2020), ("port", 2020), ("road", 2028))
        ],
        project_change=[dict(zip(names, row, strict=True)) for row in changes],
    )


@pytest.fixture(scope="module")
def foundation(study):
    return Foundation.of(study, BASE)


ASKED = {
    "the same": ({}, 4),
    "one change more": ({"change": (FIRST, SECOND, FIRST)}, 4),
    "a change less": ({"change": (FIRST,)}, 3),
    "other order": ({"change": (SECOND, FIRST)}, 2),
    "another change": ({"change": (SECOND,)}, 2),
    "a project more": ({"projects": ("rail", "port", "road")}, 2),
    "projects the other way round": ({"projects": ("port", "rail")}, 0),
    "a project less": ({"projects": ("rail",)}, 1),
    "nothing": ({"projects": (), "change": ()}, 0),
}


@pytest.mark.parametrize(("update", "common"), ASKED.values(), ids=list(ASKED))
def test_tables_are_those_of_beginning_anew(study, foundation, update, common):
    asked = BASE.model_copy(update=update)
    plain = apply(study, asked, 2030)
    read: list[int] = []
    frames: Any = _Reading(foundation.frames, read)
    watched = replace(foundation, frames=frames)
    built = apply(study, asked, 2030, foundation=watched)
    assert built.digest() == plain.digest()
    assert read == [common]


class _Reading:
    """Stands for a foundation's frames and notes which of them are taken."""

    def __init__(self, frames, read):
        self._frames, self._read = frames, read

    def __getitem__(self, number):
        self._read.append(number)
        return self._frames[number]


def test_numbers_that_are_only_equal_are_other_steps(study):
    whole, real = (Change(table="link", assign={"gauge_mm": one}) for one in (1435, 1435.0))
    assert whole == real
    known = Foundation.of(study, Scenario(change=(whole,)))
    asked = Scenario(change=(real,))
    assert _outcome(study, asked, known) == _outcome(study, asked, None)


def _outcome(study, scenario, foundation):
    try:
        return apply(study, scenario, foundation=foundation).digest()
    except DataError as error:
        return [str(problem) for problem in error.problems]


@pytest.mark.parametrize(
    ("update", "year"),
    [
        ({"projects": ("rail", "port", "nobody")}, 2030),
        ({"projects": ("rail", "port", "road")}, 2025),
        ({}, 2010),
        ({"change": (FIRST, SECOND, Change(table="link", assign={"cost": 1.0}))}, 2030),
        ({"change": (FIRST, SECOND, Change(table="link", add={"cost_usd_t": -50.0}))}, 2030),
    ],
)
def test_what_is_refused_is_refused_in_the_same_words(study, foundation, update, year):
    asked = BASE.model_copy(update=update)
    with pytest.raises(DataError) as plain:
        apply(study, asked, year)
    with pytest.raises(DataError) as built:
        apply(study, asked, year, foundation=foundation)
    assert built.value.problems == plain.value.problems


def test_steps_that_cannot_be_made_are_no_foundation(study):
    wrong = Change(table="link", assign={"cost": 1.0})
    known = Foundation.of(study, Scenario(change=(FIRST, wrong, SECOND)))
    assert len(known.steps) == 1
    assert len(known.frames) == 2


def test_that_of_another_study_is_of_no_use(study, foundation):
    other = study.with_tables(link=study.link.with_columns(length_km=50.0))
    assert apply(other, BASE, 2030, foundation=foundation).digest() == (
        apply(other, BASE, 2030).digest()
    )


def test_it_travels_small_and_is_still_of_its_study(study, foundation):
    packed = pickle.dumps((study, foundation))
    assert len(packed) < len(pickle.dumps(study)) + 5000
    there, known = pickle.loads(packed)
    assert known.study is there
    assert known.steps == foundation.steps
    assert len(known.frames) == len(foundation.frames)
