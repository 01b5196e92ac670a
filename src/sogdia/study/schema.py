"""The tables of a study: one schema per table, their keys and their references.

A column's ``metadata["references"]`` names the table and column whose values it may
take; ``metadata["list"]`` says that it holds several of them, separated by commas.
The loader, the data page and the templates all read these schemas and nothing else.
"""

from typing import Any

import dataframely as dy

from sogdia.study.balance_schema import (
    Blend,
    Consignment,
    Consumption,
    Contract,
    Disruption,
    Ownership,
    Quality,
    Stock,
    Supply,
)
from sogdia.study.columns import (
    CHANGE_OPERATIONS,
    COUNTRIES,
    COUNTRY,
    DEPARTURES,
    DIRECTIONS,
    DISTANCE_BASES,
    EFFECTS,
    ELEMENT_KINDS,
    ID,
    METRICS,
    MODES,
    NODE_KINDS,
    OPERATIONS,
    PREMIUM_ELEMENT_KINDS,
    PREMIUM_KINDS,
    ROLES,
    SOURCE_KINDS,
    TIERS,
    amount_column,
    draught_column,
    hazard_classes_column,
    key_column,
    reference_column,
    source_column,
    text_column,
    uses_column,
)
from sogdia.study.traffic_schema import Road, Trip, UserClass


class Source(dy.Schema):
    """Where a figure comes from; an assumption is a source too."""

    source_id = key_column("identifier of the source")
    kind = dy.Enum(SOURCE_KINDS, description="how the figure is known")
    title = dy.String(min_length=1, description="title of the page, table or report")
    publisher = text_column("who publishes it")
    date = text_column("when it was published, as far as known (year, month or day)")
    address = text_column("web address")
    note = text_column("for an assumption: the reasoning in one sentence")

    @dy.rule()
    def assumption_has_reasoning(cls) -> Any:
        """an assumption gives its reasoning in column note"""
        return (cls.kind.col != "assumption") | cls.note.col.is_not_null()


class Node(dy.Schema):
    """A place: station, port, border crossing, terminal, field, mine, plant, city."""

    node_id = key_column("identifier of the place (GMNS node_id)")
    name = dy.String(min_length=1, nullable=True, description="name of the place")
    x_coord = dy.Float64(
        nullable=True, description="longitude, degrees, or as crs of study.toml says (GMNS x_coord)"
    )
    y_coord = dy.Float64(
        nullable=True, description="latitude, degrees, or as crs of study.toml says (GMNS y_coord)"
    )
    zone_id = dy.String(
        nullable=True, regex=ID, description="zone whose trips start and end here (GMNS zone_id)"
    )
    through = dy.Bool(
        nullable=True, description="false: trips start or end here but do not pass; empty: true"
    )
    country = dy.String(nullable=True, regex=COUNTRY, description="ISO 3166-1 alpha-2")
    unlocode = dy.String(
        nullable=True, regex=r"^[A-Z]{2}[A-Z2-9]{3}$", description="UN/LOCODE where one exists"
    )
    kind = dy.Enum(NODE_KINDS, nullable=True, description="what kind of place it is")
    depth_m = amount_column("depth of water alongside, m; empty: no limit", positive=True)
    source_id = source_column()


class Link(dy.Schema):
    """A line-haul connection of one mode, usable in both directions unless directed."""

    link_id = key_column("identifier of the link (GMNS link_id)")
    name = text_column("name of the line")
    from_node_id = reference_column("node.node_id", "first node")
    to_node_id = reference_column("node.node_id", "last node")
    directed = dy.Bool(description="true: usable only from the first node to the last")
    mode = dy.Enum(MODES, description="mode of transport")
    gauge_mm = dy.Int32(nullable=True, min=500, max=2000, description="track gauge, mm")
    length_km = amount_column("length, km", nullable=False)
    time_h = amount_column("line-haul time without waits, h; or give free_speed_km_h")
    free_speed_km_h = amount_column("commercial speed between stops, km/h", positive=True)
    time_cv = amount_column("coefficient of variation of the line-haul time")
    cost_usd_t = amount_column("line-haul cost, USD per t; or give tariff_id")
    tariff_id = reference_column("tariff.tariff_id", "tariff that gives the cost", nullable=True)
    capacity_kt_y = amount_column(
        "capacity of both directions together, kt per year; empty: no limit"
    )
    capacity_teu_y = amount_column(
        "capacity for containers apart, TEU per year; empty: counted in t"
    )
    allowed_uses = uses_column()
    draught_m = draught_column()
    electrified = dy.Bool(nullable=True, description="whether trains run on electricity")
    emission_class = reference_column(
        "emission_factor.emission_class", "class of emission factor", nullable=True
    )
    country = dy.String(
        nullable=True,
        regex=COUNTRIES,
        description="country or countries it lies in, comma-separated; empty: high seas",
    )
    open_from = dy.Date(nullable=True, description="first day of use; empty: always open")
    open_until = dy.Date(nullable=True, description="last day of use; empty: still open")
    source_id = source_column()
    note = text_column("remark")
    geometry = text_column(
        "course on a map from the first node to the last, WKT LINESTRING of longitudes and "
        "latitudes in degrees (GMNS geometry); for drawing only, lengths come from length_km; "
        "empty: drawn straight"
    )

    @dy.rule()
    def time_or_speed(cls) -> Any:
        """one of time_h and free_speed_km_h is given"""
        return cls.time_h.col.is_not_null() | cls.free_speed_km_h.col.is_not_null()

    @dy.rule()
    def cost_or_tariff(cls) -> Any:
        """one of cost_usd_t and tariff_id is given"""
        return cls.cost_usd_t.col.is_not_null() | cls.tariff_id.col.is_not_null()

    @dy.rule()
    def rail_has_gauge(cls) -> Any:
        """a rail link has a gauge_mm"""
        return (cls.mode.col != "rail") | cls.gauge_mm.col.is_not_null()

    @dy.rule()
    def not_a_loop(cls) -> Any:
        """from_node_id and to_node_id differ"""
        return cls.from_node_id.col != cls.to_node_id.col

    @dy.rule()
    def opens_before_it_closes(cls) -> Any:
        """open_from is before open_until"""
        return (cls.open_from.col < cls.open_until.col).fill_null(value=True)


class Terminal(dy.Schema):
    """An operation at a node that moves goods between modes or gauges or over a border."""

    terminal_id = key_column("identifier of the terminal")
    name = text_column("name of the terminal")
    node_id = reference_column("node.node_id", "where it is")
    operation = dy.Enum(OPERATIONS, description="what is done")
    from_mode = dy.Enum(MODES, description="mode on one side")
    from_gauge_mm = dy.Int32(nullable=True, min=500, max=2000, description="gauge there, mm")
    to_mode = dy.Enum(MODES, description="mode on the other side")
    to_gauge_mm = dy.Int32(nullable=True, min=500, max=2000, description="gauge there, mm")
    neighbour = dy.String(
        nullable=True, regex=COUNTRY, description="for a border: the country on the other side"
    )
    directed = dy.Bool(description="true: works only from the one side to the other")
    servers = dy.Int32(nullable=True, min=1, description="berths, tracks or lanes working at once")
    service_time_h = amount_column("mean time in service of one batch, h", positive=True)
    service_cv = amount_column("coefficient of variation of the service time")
    batch_t = amount_column("cargo handled in one service (a train, a vessel), t", positive=True)
    dwell_h = amount_column("mean time that is neither service nor queue (clearance, sorting), h")
    dwell_cv = amount_column("coefficient of variation of the dwell")
    opening_hours = text_column(
        "when it works, local time, as in OpenStreetMap: Mo-Fr 08:00-18:00; Sa 08:00-12:00; "
        "empty: always"
    )
    cost_usd_t = amount_column("charge, USD per t")
    cost_usd_teu = amount_column("charge for a container, USD per TEU")
    capacity_kt_y = amount_column("capacity, kt per year; empty: no limit")
    capacity_teu_y = amount_column(
        "capacity for containers apart, TEU per year; empty: counted in t"
    )
    storage_t = amount_column("room for goods that wait, t; empty: no limit", positive=True)
    allowed_uses = uses_column()
    hazard_classes = hazard_classes_column()
    emission_class = reference_column(
        "emission_factor.emission_class", "class of emission factor", nullable=True
    )
    open_from = dy.Date(nullable=True, description="first day of use; empty: always open")
    open_until = dy.Date(nullable=True, description="last day of use; empty: still open")
    source_id = source_column()
    note = text_column("remark")

    @dy.rule()
    def has_time(cls) -> Any:
        """one of service_time_h and dwell_h is given"""
        return cls.service_time_h.col.is_not_null() | cls.dwell_h.col.is_not_null()

    @dy.rule()
    def has_cost(cls) -> Any:
        """one of cost_usd_t and cost_usd_teu is given"""
        return cls.cost_usd_t.col.is_not_null() | cls.cost_usd_teu.col.is_not_null()

    @dy.rule()
    def border_has_neighbour(cls) -> Any:
        """a border terminal names its neighbour, and no other does"""
        return (cls.operation.col == "border") == cls.neighbour.col.is_not_null()


class Service(dy.Schema):
    """A scheduled or batch carrier on a link: ferry, feeder, block train."""

    service_id = key_column("identifier of the service")
    name = text_column("name of the service")
    operator = text_column("who runs it")
    link_id = reference_column("link.link_id", "the link it sails or runs on")
    departure = dy.Enum(DEPARTURES, description="leaves by timetable or when full")
    departures_week = amount_column("nominal departures per week and direction", nullable=False)
    timetable = text_column(
        "departures of the week in each direction, local time: Mo 08:00, Th 20:00"
    )
    availability = dy.Float64(
        min=0, max=1, description="share of the nominal departures that are made"
    )
    headway_cv = amount_column("coefficient of variation of the headway", nullable=False)
    max_wait_h = amount_column(
        "longest time that a vessel or train that leaves when full waits for goods, h; "
        "empty: it leaves when it is ready, with what there is"
    )
    batch_capacity_t = amount_column("capacity of one departure, t", positive=True)
    batch_capacity_teu = amount_column("capacity of one departure, TEU", positive=True)
    fleet = dy.Int32(nullable=True, min=1, description="vessels or train sets")
    crossing_time_h = amount_column(
        "time from departure to arrival, h", nullable=False, positive=True
    )
    draught_m = draught_column()
    closed_days_by_month = dy.String(
        nullable=True,
        regex=r"^\d+(\.\d+)?( \d+(\.\d+)?){11}$",
        description="days of weather closure, January to December, separated by blanks",
    )
    allowed_uses = uses_column()
    hazard_classes = hazard_classes_column()
    open_from = dy.Date(nullable=True, description="first day of use; empty: always open")
    open_until = dy.Date(nullable=True, description="last day of use; empty: still open")
    source_id = source_column()
    note = text_column("remark")

    @dy.rule()
    def has_capacity(cls) -> Any:
        """one of batch_capacity_t and batch_capacity_teu is given"""
        return cls.batch_capacity_t.col.is_not_null() | cls.batch_capacity_teu.col.is_not_null()

    @dy.rule()
    def timetable_is_kept(cls) -> Any:
        """only a service that leaves by timetable has a timetable"""
        return (cls.departure.col == "timetable") | cls.timetable.col.is_null()

    @dy.rule()
    def timetable_is_whole(cls) -> Any:
        """departures_week is the number of departures in timetable"""
        return cls.timetable.col.str.split(",").list.len() == cls.departures_week.col

    @dy.rule()
    def timetable_does_not_wait(cls) -> Any:
        """only a service that leaves when full has a max_wait_h"""
        return (cls.departure.col == "when_full") | cls.max_wait_h.col.is_null()


class Tariff(dy.Schema):
    """What a carrier charges, from a year on; a container pays per TEU, all else per t."""

    tariff_id = dy.String(primary_key=True, regex=ID, description="identifier of the tariff")
    direction = dy.Enum(DIRECTIONS, primary_key=True, description="direction of the shipment")
    year = dy.Int32(primary_key=True, min=1900, max=2200, description="valid from this year on")
    usd_t = amount_column("fixed charge, USD per t")
    usd_t_km = amount_column("charge by distance, USD per t-km")
    usd_teu = amount_column("fixed charge of a container, USD per TEU")
    usd_teu_km = amount_column("charge of a container by distance, USD per TEU-km")
    source_id = source_column()
    note = text_column("remark")


class Premium(dy.Schema):
    """What is paid for insurance beyond the freight, by the goods' value or their quantity."""

    premium_id = key_column("identifier of the premium")
    kind = dy.Enum(PREMIUM_KINDS, description="insurance of the cargo, or a premium for war risk")
    element_kind = dy.Enum(
        PREMIUM_ELEMENT_KINDS, nullable=True, description="what is passed; empty: the whole trip"
    )
    element_id = dy.String(nullable=True, min_length=1, description="which one")
    share_of_value = dy.Float64(
        nullable=True, min=0, max=1, description="share of the value of the goods"
    )
    usd_t = amount_column("USD per t")
    usd_teu = amount_column("for a container, USD per TEU")
    from_date = dy.Date(nullable=True, description="first day; empty: always paid")
    until_date = dy.Date(nullable=True, description="last day; empty: it lasts")
    uses = uses_column()
    source_id = source_column()
    note = text_column("remark")

    @dy.rule()
    def has_amount(cls) -> Any:
        """one of share_of_value, usd_t and usd_teu is given"""
        amounts = (cls.share_of_value.col, cls.usd_t.col, cls.usd_teu.col)
        return amounts[0].is_not_null() | amounts[1].is_not_null() | amounts[2].is_not_null()

    @dy.rule()
    def element_is_whole(cls) -> Any:
        """element_kind and element_id are given together"""
        return cls.element_kind.col.is_null() == cls.element_id.col.is_null()

    @dy.rule()
    def war_risk_has_element(cls) -> Any:
        """war_risk is paid for passing an element, and insurance for the whole trip"""
        return (cls.kind.col == "war_risk") == cls.element_id.col.is_not_null()

    @dy.rule()
    def ends_after_it_starts(cls) -> Any:
        """from_date is not after until_date"""
        return (cls.from_date.col <= cls.until_date.col).fill_null(value=True)


class EmissionFactor(dy.Schema):
    """Greenhouse gases of operations, well to tank and tank to wheel, from a year on."""

    emission_class = dy.String(primary_key=True, regex=ID, description="class of operation")
    country = dy.String(
        primary_key=True, regex=r"^([A-Z]{2}|\*)$", description="ISO 3166-1 alpha-2; *: any"
    )
    year = dy.Int32(primary_key=True, min=1900, max=2200, description="valid from this year on")
    wtt_g_tkm = amount_column("energy provision, g CO2e per t-km")
    ttw_g_tkm = amount_column("operation, g CO2e per t-km")
    wtt_kg_t = amount_column("hub: energy provision, kg CO2e per t")
    ttw_kg_t = amount_column("hub: operation, kg CO2e per t")
    distance_basis = dy.Enum(
        DISTANCE_BASES,
        nullable=True,
        description="distance that the factor counts: shortest feasible (SFD), great circle "
        "(GCD) or actual; empty: not stated",
    )
    tier = dy.Enum(TIERS, nullable=True, description="quality of the data (ISO 14083)")
    source_id = source_column()
    note = text_column("remark")


class Commodity(dy.Schema):
    """A kind of goods."""

    commodity_id = key_column("identifier of the commodity")
    name = dy.String(min_length=1, description="name")
    unit = dy.Enum(("t", "TEU"), description="unit in which it is traded")
    use = dy.String(regex=ID, description="kind of cargo, as in allowed_uses")
    t_per_teu = amount_column("mean load of a container, t per TEU; empty: not in containers")
    t_per_barrel = amount_column(
        "density, t per barrel; empty: not traded by the barrel", positive=True
    )
    value_usd_t = amount_column("value, USD per t", nullable=False)
    value_of_time_usd_t_day = amount_column(
        "median value of time, USD per t and day", nullable=False
    )
    value_of_time_sigma = amount_column(
        "spread: standard deviation of its logarithm", nullable=False
    )
    hs = dy.String(
        nullable=True,
        regex=r"^\d{2}(\d{2})?(,\d{2}(\d{2})?)*$",
        description="Harmonized System chapters or headings, comma-separated",
    )
    hazard_class = dy.String(
        nullable=True, regex=r"^[1-9](\.[1-9])?$", description="UN hazard class; empty: none"
    )
    source_id = source_column()
    note = text_column("remark")

    @dy.rule()
    def containers_have_a_load(cls) -> Any:
        """a commodity traded in TEU gives t_per_teu"""
        return (cls.unit.col != "TEU") | (cls.t_per_teu.col > 0).fill_null(value=False)


class Demand(dy.Schema):
    """What one place sends another in a year."""

    demand_id = key_column("identifier of the row")
    origin = reference_column("node.node_id", "where the goods come from")
    destination = reference_column("node.node_id", "where they go")
    commodity_id = reference_column("commodity.commodity_id", "what they are")
    year = dy.Int32(min=1900, max=2200, description="year")
    quantity_kt = amount_column("quantity, kt per year", nullable=False)
    captive_to = reference_column(
        "corridor.corridor_id",
        "corridor the flow keeps to while it is open (contract, permit); empty: free choice",
        nullable=True,
    )
    projection = dy.Bool(description="true: a projection, not an estimate of what moved")
    source_id = source_column()

    @dy.rule()
    def goes_somewhere(cls) -> Any:
        """origin and destination differ"""
        return cls.origin.col != cls.destination.col


class Corridor(dy.Schema):
    """A named class of paths; a path belongs to the first corridor whose marks it bears."""

    corridor_id = key_column("identifier of the corridor")
    name = dy.String(min_length=1, description="name")
    priority = dy.Int32(unique=True, description="corridors are tried in this order")
    all_of = text_column("marks that the path must all bear (nodes, links, countries, modes)")
    any_of = text_column("marks of which the path bears at least one")
    none_of = text_column("marks of which the path bears none")
    note = text_column("remark")


class Project(dy.Schema):
    """An investment."""

    project_id = key_column("identifier of the project")
    name = dy.String(min_length=1, description="name")
    cost_musd = amount_column("cost, million USD; empty: not published")
    opex_musd_y = amount_column("running cost, million USD per year")
    earliest_year = dy.Int32(min=1900, max=2200, description="first full year of use")
    status = dy.Enum(("proposed", "building", "open"), description="state")
    requires = reference_column(
        "project.project_id", "projects it depends on", nullable=True, several=True
    )
    source_id = source_column()
    note = text_column("remark")


class ProjectChange(dy.Schema):
    """What a project changes in the tables of the study."""

    project_id = reference_column("project.project_id", "the project", primary_key=True)
    table = dy.Enum(("link", "terminal", "service"), primary_key=True, description="table")
    row_id = dy.String(primary_key=True, regex=ID, description="identifier of the row")
    column = dy.String(primary_key=True, description="column of that table")
    operation = dy.Enum(CHANGE_OPERATIONS, description="what is done to the value")
    value = dy.String(min_length=1, description="number, date or text")


class Event(dy.Schema):
    """Something that happened, or may happen, to an element of the network."""

    event_id = key_column("identifier of the event")
    name = dy.String(min_length=1, description="what happened")
    from_date = dy.Date(description="first day")
    until_date = dy.Date(nullable=True, description="last day; empty: it lasts")
    element_kind = dy.Enum(ELEMENT_KINDS, description="what it hits")
    element_id = dy.String(min_length=1, description="which one")
    effect = dy.Enum(EFFECTS, description="closes the element, or multiplies a quantity of it")
    factor = amount_column("multiplier of capacity, time or cost; empty for a closure")
    uses = uses_column()
    happened = dy.Bool(description="true: part of every run; false: only when a scenario says so")
    source_id = source_column()
    note = text_column("remark")

    @dy.rule()
    def has_factor(cls) -> Any:
        """a factor is given unless the event closes the element"""
        return (cls.effect.col == "closes") != cls.factor.col.is_not_null()

    @dy.rule()
    def ends_after_it_starts(cls) -> Any:
        """from_date is not after until_date"""
        return (cls.from_date.col <= cls.until_date.col).fill_null(value=True)


class Observation(dy.Schema):
    """A published statistic to validate against."""

    observation_id = key_column("identifier of the observation")
    metric = dy.Enum(METRICS, description="what is measured")
    scope = dy.String(
        min_length=1,
        description="corridor:ID, link:ID, service:ID, terminal:ID, node:ID or od:FROM>TO, "
        "several summed when comma-separated",
    )
    of = text_column(
        "for a share: the scopes that make the whole, itself included, empty for all flows; "
        "for days from place to place: the corridor to keep to"
    )
    commodity_ids = reference_column(
        "commodity.commodity_id", "goods counted; empty: all", nullable=True, several=True
    )
    origin_countries = dy.String(nullable=True, regex=COUNTRIES, description="empty: all")
    destination_countries = dy.String(nullable=True, regex=COUNTRIES, description="empty: all")
    direction = dy.Enum(DIRECTIONS, description="direction counted")
    year = dy.Int32(min=1900, max=2200, description="year")
    value = amount_column("published value", nullable=False)
    low = amount_column("lower end of the published range")
    high = amount_column("upper end of the published range")
    role = dy.Enum(ROLES, description="what it is used for")
    source_id = source_column()
    note = text_column("remark")


class Tables(dy.Collection):
    """All tables of a study; ``node`` and ``link`` are required, the rest may be empty."""

    source: dy.DataFrame[Source]
    node: dy.DataFrame[Node]
    link: dy.DataFrame[Link]
    terminal: dy.DataFrame[Terminal]
    service: dy.DataFrame[Service]
    tariff: dy.DataFrame[Tariff]
    premium: dy.DataFrame[Premium]
    emission_factor: dy.DataFrame[EmissionFactor]
    commodity: dy.DataFrame[Commodity]
    demand: dy.DataFrame[Demand]
    supply: dy.DataFrame[Supply]
    ownership: dy.DataFrame[Ownership]
    consumption: dy.DataFrame[Consumption]
    stock: dy.DataFrame[Stock]
    contract: dy.DataFrame[Contract]
    quality: dy.DataFrame[Quality]
    blend: dy.DataFrame[Blend]
    consignment: dy.DataFrame[Consignment]
    disruption: dy.DataFrame[Disruption]
    corridor: dy.DataFrame[Corridor]
    project: dy.DataFrame[Project]
    project_change: dy.DataFrame[ProjectChange]
    event: dy.DataFrame[Event]
    observation: dy.DataFrame[Observation]
    road: dy.DataFrame[Road]
    user_class: dy.DataFrame[UserClass]
    trip: dy.DataFrame[Trip]
