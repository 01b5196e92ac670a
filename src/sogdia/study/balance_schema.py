"""The tables of a supply balance: who can ship, who needs, and what binds them to each other."""

from typing import Any

import dataframely as dy

from sogdia.study.columns import (
    BALANCE_ELEMENT_KINDS,
    COUNTRY,
    ELEMENT_KINDS,
    PROPERTIES,
    amount_column,
    key_column,
    reference_column,
    source_column,
    text_column,
    uses_column,
)


def _share_column(description: str, *, nullable: bool = True) -> dy.Float64:
    return dy.Float64(nullable=nullable, min=0, max=1, description=description)


def _year_column(description: str, *, primary_key: bool = False) -> dy.Int32:
    return dy.Int32(primary_key=primary_key, min=1900, max=2200, description=description)


class Supply(dy.Schema):
    """What a producer can ship in a year, and at what cost."""

    node_id = reference_column("node.node_id", "the producer", primary_key=True)
    commodity_id = reference_column("commodity.commodity_id", "what it makes", primary_key=True)
    year = _year_column("year; it holds until the next row's", primary_key=True)
    capacity_kt_y = amount_column("what it ships in an ordinary year, kt per year", nullable=False)
    cost_usd_t = amount_column("cost at the gate, USD per t; empty: counted as nothing")
    spare_kt_y = amount_column("what it could ship beyond that, kt per year; empty: nothing")
    spare_cost_usd_t = amount_column("cost of that at the gate, USD per t; empty: as the rest")
    source_id = source_column()
    note = text_column("remark")


class Ownership(dy.Schema):
    """Whose part of a producer's goods is whose; what no row names belongs to its country."""

    node_id = reference_column("node.node_id", "the producer", primary_key=True)
    commodity_id = reference_column("commodity.commodity_id", "its goods", primary_key=True)
    owner = dy.String(primary_key=True, min_length=1, description="who owns the part")
    country = dy.String(regex=COUNTRY, description="country of the owner, ISO 3166-1 alpha-2")
    share = _share_column("share of the goods that is the owner's", nullable=False)
    source_id = source_column()
    note = text_column("remark")


class Consumption(dy.Schema):
    """What a consumer needs in a year, and what a tonne that does not come costs him."""

    node_id = reference_column("node.node_id", "the consumer", primary_key=True)
    commodity_id = reference_column("commodity.commodity_id", "what it needs", primary_key=True)
    year = _year_column("year; it holds until the next row's", primary_key=True)
    quantity_kt = amount_column("need, kt per year", nullable=False)
    value_usd_t = amount_column(
        "value of a lost tonne, USD per t; empty: the value of the commodity"
    )
    source_id = source_column()
    note = text_column("remark")


class Stock(dy.Schema):
    """Goods held against bad days."""

    node_id = reference_column("node.node_id", "where they are held", primary_key=True)
    commodity_id = reference_column("commodity.commodity_id", "what is held", primary_key=True)
    capacity_kt = amount_column("room, kt", nullable=False)
    opening_kt = amount_column("what is there on the first day of the year, kt", nullable=False)
    closing_kt = amount_column(
        "what must be there on the last day, kt; empty: as much as on the first"
    )
    loss_share_month = _share_column("share lost in a month; empty: nothing")
    cost_usd_t_month = amount_column("cost of keeping, USD per t and month; empty: nothing")
    source_id = source_column()
    note = text_column("remark")

    @dy.rule()
    def has_room(cls) -> Any:
        """opening_kt and closing_kt are not above capacity_kt"""
        least = cls.closing_kt.col.fill_null(0.0)
        return (cls.opening_kt.col <= cls.capacity_kt.col) & (least <= cls.capacity_kt.col)


class Contract(dy.Schema):
    """What has been agreed to go, at least or at most, from or to someone or through something."""

    contract_id = key_column("identifier of the contract")
    name = text_column("what it is")
    commodity_id = reference_column("commodity.commodity_id", "what is to go")
    supplier = reference_column("node.node_id", "the producer; empty: any", nullable=True)
    consumer = reference_column("node.node_id", "the consumer; empty: any", nullable=True)
    element_kind = dy.Enum(
        BALANCE_ELEMENT_KINDS, nullable=True, description="what it goes through; empty: any way"
    )
    element_id = dy.String(nullable=True, min_length=1, description="which one")
    least_kt_y = amount_column("at least, kt per year (a floor); empty: none")
    most_kt_y = amount_column("at most, kt per year (a right); empty: no limit")
    from_year = _year_column("first year")
    until_year = dy.Int32(
        nullable=True, min=1900, max=2200, description="last year; empty: it lasts"
    )
    source_id = source_column()
    note = text_column("remark")

    @dy.rule()
    def agrees_something(cls) -> Any:
        """one of least_kt_y and most_kt_y is given, and the least is not above the most"""
        given = cls.least_kt_y.col.is_not_null() | cls.most_kt_y.col.is_not_null()
        return given & (cls.least_kt_y.col <= cls.most_kt_y.col).fill_null(value=True)

    @dy.rule()
    def element_is_whole(cls) -> Any:
        """element_kind and element_id are given together"""
        return cls.element_kind.col.is_null() == cls.element_id.col.is_null()

    @dy.rule()
    def ends_after_it_starts(cls) -> Any:
        """from_year is not after until_year"""
        return (cls.from_year.col <= cls.until_year.col).fill_null(value=True)


class Quality(dy.Schema):
    """A property of a producer's goods that mixes by weight."""

    node_id = reference_column("node.node_id", "the producer", primary_key=True)
    commodity_id = reference_column("commodity.commodity_id", "its goods", primary_key=True)
    property = dy.Enum(PROPERTIES, primary_key=True, description="what is measured")
    value = amount_column("its value", nullable=False)
    source_id = source_column()
    note = text_column("remark")


class Blend(dy.Schema):
    """What the goods that share a link may be like, once they are mixed."""

    link_id = reference_column("link.link_id", "the link", primary_key=True)
    commodity_id = reference_column("commodity.commodity_id", "the goods", primary_key=True)
    property = dy.Enum(PROPERTIES, primary_key=True, description="what is measured")
    least = amount_column("lowest value of the mixture; empty: no limit")
    most = amount_column("highest value of the mixture; empty: no limit")
    source_id = source_column()
    note = text_column("remark")

    @dy.rule()
    def limits_something(cls) -> Any:
        """one of least and most is given, and the least is not above the most"""
        given = cls.least.col.is_not_null() | cls.most.col.is_not_null()
        return given & (cls.least.col <= cls.most.col).fill_null(value=True)


class Consignment(dy.Schema):
    """What goods wait for before they may pass: a permit, or enough of them for a charter."""

    commodity_id = reference_column("commodity.commodity_id", "the goods", primary_key=True)
    element_kind = dy.Enum(BALANCE_ELEMENT_KINDS, primary_key=True, description="what they pass")
    element_id = dy.String(primary_key=True, min_length=1, description="which one")
    permit_days = amount_column("mean time to get the permit, days; empty: none is needed")
    permit_cv = amount_column("coefficient of variation of that time; empty: 1")
    lot_t = amount_column("goods that a charter waits for, t; empty: it waits for none")
    source_id = source_column()
    note = text_column("remark")

    @dy.rule()
    def asks_something(cls) -> Any:
        """one of permit_days and lot_t is given"""
        return cls.permit_days.col.is_not_null() | cls.lot_t.col.is_not_null()


class Disruption(dy.Schema):
    """What has stopped an element before, how often and for how long: an estimate from a record."""

    disruption_id = key_column("identifier of the kind of disruption")
    name = dy.String(min_length=1, description="what happens")
    element_kind = dy.Enum(ELEMENT_KINDS, description="what it hits")
    element_id = dy.String(min_length=1, description="which one")
    events = dy.Int32(min=0, description="times it happened in the years of the record")
    years = amount_column("years that the record covers", nullable=False, positive=True)
    duration_days = amount_column("mean duration, days", nullable=False, positive=True)
    duration_cv = amount_column("coefficient of variation of the duration; empty: 1")
    capacity_factor = _share_column("share of the capacity that is left; empty: nothing")
    uses = uses_column()
    source_id = source_column()
    note = text_column("remark")
