"""Barrels and tonnes: converted by the goods' own density, or refused."""

import pytest

from sogdia.balance.quantities import (
    BARREL,
    TONNE,
    parse_price,
    parse_quantity,
    t_per_barrel,
    traded_in,
    usd_t_of,
)
from sogdia.errors import DataError

CRUDE = {"commodity_id": "crude-oil", "t_per_barrel": 0.1356}
COPPER = {"commodity_id": "copper", "t_per_barrel": None}


@pytest.mark.parametrize(
    ("text", "usd_t"),
    [
        ("590", 590.0),
        ("590/t", 590.0),
        ("590 USD/t", 590.0),
        ("$590", 590.0),
        ("80/bbl", 80 / 0.1356),
        (" 80 USD / bbl ", 80 / 0.1356),
        ("$80/b", 80 / 0.1356),
        ("8e1/barrel", 80 / 0.1356),
        ("0/bbl", 0.0),
    ],
)
def test_a_price_is_read(text, usd_t):
    assert parse_price(text, CRUDE) == pytest.approx(usd_t)


def test_eighty_dollars_a_barrel_are_590_a_tonne():
    assert parse_price("80/bbl", CRUDE) == pytest.approx(590, abs=0.05)
    assert usd_t_of(80, CRUDE) == pytest.approx(590, abs=0.05)
    assert usd_t_of(9100, COPPER) == 9100
    assert (traded_in(CRUDE), traded_in(COPPER)) == (BARREL, TONNE)


@pytest.mark.parametrize("text", ["", "dear", "-1", "nan", "inf/t", "80/kg", "80/", "80//bbl"])
def test_what_is_no_price_is_refused(text):
    with pytest.raises(DataError, match="is not a price such as 590"):
        parse_price(text, CRUDE)


@pytest.mark.parametrize(
    ("text", "kt"),
    [
        ("350", 350.0),
        ("350 kt", 350.0),
        ("2 Mt", 2000.0),
        ("1.2 Mt/y", 1200.0),
        ("500t", 0.5),
        ("500 t/d", 182.5),
        ("50kb/d", 50 * 365 * 0.1356),
        ("50,000 b/d".replace(",", ""), 50 * 365 * 0.1356),
        ("1.2 mb/d", 1200 * 365 * 0.1356),
        ("1.2 Mb/d", 1200 * 365 * 0.1356),
        ("10 kbbl", 10 * 0.1356),
        ("1e3 bbl / y", 0.1356),
    ],
)
def test_a_quantity_is_read(text, kt):
    assert parse_quantity(text, CRUDE) == pytest.approx(kt)


@pytest.mark.parametrize(
    "text", ["", "much", "-1 kt", "2 Mbbl", "2 mt", "2 kt/h", "1..2 kt", "2 kt/", "1e999 kt"]
)
def test_what_is_no_quantity_is_refused(text):
    with pytest.raises(DataError, match="is not a quantity such as 350 kt"):
        parse_quantity(text, CRUDE)


def test_barrels_of_what_is_not_traded_so_are_refused():
    message = "copper is not traded by the barrel, because the study gives it no t_per_barrel"
    for wrong in (
        lambda: parse_price("80/bbl", COPPER),
        lambda: parse_quantity("50 kb/d", COPPER),
        lambda: t_per_barrel(COPPER),
    ):
        with pytest.raises(DataError, match=message):
            wrong()


def test_barrels_of_nothing_named_are_refused():
    with pytest.raises(DataError, match="barrels of nothing named"):
        parse_quantity("50 kb/d")
    assert parse_quantity("2 Mt") == 2000
