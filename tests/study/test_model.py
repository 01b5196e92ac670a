"""`Study`: replaced, never changed; its digest tells contents apart."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest

from sogdia.study import Study, base_id
from sogdia.study.check import COLUMN_IN_WORDS, COUNTRY_COLUMNS, IN_WORDS
from sogdia.study.columns import ID
from sogdia.study.model import SCHEMAS, SPLIT_MARK


def test_replacing_a_table_leaves_the_study_as_it_was(small_study: Study):
    before = small_study.digest()
    changed = small_study.with_tables(link=small_study.link.head(2))
    assert changed.link.height == 2
    assert small_study.link.height == 12
    assert small_study.digest() == before != changed.digest()


def test_replacing_a_table_brings_its_columns_into_order(small_study: Study):
    link = small_study.link.select(reversed(small_study.link.columns)).with_columns(extra=1)
    assert small_study.with_tables(link=link).digest() == small_study.digest()


def test_an_unknown_table_is_a_mistake_of_the_program(small_study: Study):
    with pytest.raises(TypeError, match="not a table of a study: lnk"):
        small_study.with_tables(lnk=small_study.link)


def test_a_study_is_frozen(small_study: Study):
    with pytest.raises(dataclasses.FrozenInstanceError):
        small_study.path = None  # type: ignore[misc]


def test_every_table_has_an_attribute(small_study: Study):
    for table, frame in small_study.frames().items():
        assert getattr(small_study, table).equals(frame)


def test_the_digest_sees_settings_values_and_order(small_study: Study):
    settings = small_study.settings.model_copy(update={"title": "other"})
    dearer = small_study.link.with_columns(pl.col("cost_usd_t") + 1)
    digests = {
        small_study.digest(),
        small_study.with_settings(settings).digest(),
        small_study.with_tables(link=dearer).digest(),
        small_study.with_tables(link=small_study.link.reverse()).digest(),
    }
    assert len(digests) == 4


def test_split_rows_remember_where_they_come_from():
    assert base_id("a-b@event@other") == "a-b"
    assert SPLIT_MARK not in ID


def test_every_pattern_of_the_schemas_has_its_words():
    missing = [
        (table, name)
        for table, schema in SCHEMAS.items()
        for name, column in schema.columns().items()
        if (regex := getattr(column, "regex", None))
        and regex not in IN_WORDS
        and (table, name) not in COLUMN_IN_WORDS
    ]
    assert missing == []


def test_every_column_of_country_codes_is_checked_for_real_ones():
    coded = {
        name
        for schema in SCHEMAS.values()
        for name, column in schema.columns().items()
        if "[A-Z]{2}" in (getattr(column, "regex", None) or "") and name != "unlocode"
    }
    assert coded == set(COUNTRY_COLUMNS)
