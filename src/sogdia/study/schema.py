"""The tables of a study: one schema per table, their keys and their references.

A column's ``metadata["references"]`` names the table and column whose values it may
take; ``metadata["list"]`` says that it holds several of them, separated by commas.
The loader, the data page and the templates all read these schemas and nothing else.
"""

from typing import Any

import dataframely as dy

MODES = ("rail", "sea", "ferry", "road", "waterway", "pipeline", "air")
NODE_KINDS = (
    "station",
    "port",
    "border_crossing",
    "terminal",
    "field",
    "mine",
    "plant",
    "city",
    "junction",
    "chokepoint",
)
OPERATIONS = ("border", "gauge_change", "transshipment")
DEPARTURES = ("timetable", "when_full")
DIRECTIONS = ("westbound", "eastbound", "both")
SOURCE_KINDS = (
    "official",
    "operator",
    "statistics",
    "legal",
    "study",
    "news",
    "computed",
    "general_knowledge",
    "assumption",
)
CHANGE_OPERATIONS = ("set", "multiply", "add")
ELEMENT_KINDS = ("country", "node", "link", "terminal", "service")
EFFECTS = ("closes", "capacity", "time", "cost")
METRICS = ("kt", "kteu", "share", "days")
ROLES = ("calibrate", "validate", "margin", "context")

ID = r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$"
COUNTRY = r"^[A-Z]{2}$"
COUNTRIES = r"^[A-Z]{2}(,[A-Z]{2})*$"


def _key(description: str) -> dy.String:
    return dy.String(primary_key=True, regex=ID, description=description)


def _reference(
    target: str,
    description: str,
    *,
    nullable: bool = False,
    several: bool = False,
    primary_key: bool = False,
) -> dy.String:
    metadata: dict[str, Any] = {"references": target, "list": several}
    return dy.String(
        nullable=nullable, primary_key=primary_key, metadata=metadata, description=description
    )


def _source() -> dy.String:
    return _reference("source.source_id", "where the row's figures come from", nullable=True)


def _amount(description: str, *, nullable: bool = True, positive: bool = False) -> dy.Float64:
    if positive:
        return dy.Float64(nullable=nullable, min_exclusive=0, description=description)
    return dy.Float64(nullable=nullable, min=0, description=description)


def _text(description: str) -> dy.String:
    return dy.String(nullable=True, description=description)


def _uses() -> dy.String:
    return _reference(
        "commodity.use",
        "kinds of cargo accepted, comma-separated (GMNS allowed_uses); empty: all",
        nullable=True,
        several=True,
    )


def _hazard_classes() -> dy.String:
    return dy.String(
        nullable=True,
        regex=r"^[1-9](\.[1-9])?(,[1-9](\.[1-9])?)*$",
        description="UN hazard classes accepted, comma-separated; empty: none",
    )


class Source(dy.Schema):
    """Where a figure comes from; an assumption is a source too."""

    source_id = _key("identifier of the source")
    kind = dy.Enum(SOURCE_KINDS, description="how the figure is known")
    title = dy.String(min_length=1, description="title of the page, table or report")
    publisher = _text("who publishes it")
    date = _text("when it was published, as far as known (year, month or day)")
    address = _text("web address")
    note = _text("for an assumption: the reasoning in one sentence")

    @dy.rule()
    def assumption_has_reasoning(cls) -> Any:
        """an assumption gives its reasoning in column note"""
        return (cls.kind.col != "assumption") | cls.note.col.is_not_null()


class Node(dy.Schema):
    """A place: station, port, border crossing, terminal, field, mine, plant, city."""

    node_id = _key("identifier of the place (GMNS node_id)")
    name = dy.String(min_length=1, nullable=True, description="name of the place")
    x_coord = dy.Float64(min=-180, max=180, description="longitude, degrees (GMNS x_coord)")
    y_coord = dy.Float64(min=-90, max=90, description="latitude, degrees (GMNS y_coord)")
    country = dy.String(nullable=True, regex=COUNTRY, description="ISO 3166-1 alpha-2")
    unlocode = dy.String(
        nullable=True, regex=r"^[A-Z]{2}[A-Z2-9]{3}$", description="UN/LOCODE where one exists"
    )
    kind = dy.Enum(NODE_KINDS, nullable=True, description="what kind of place it is")
    source_id = _source()


class Link(dy.Schema):
    """A line-haul connection of one mode, usable in both directions unless directed."""

    link_id = _key("identifier of the link (GMNS link_id)")
    name = _text("name of the line")
    from_node_id = _reference("node.node_id", "first node")
    to_node_id = _reference("node.node_id", "last node")
    directed = dy.Bool(description="true: usable only from the first node to the last")
    mode = dy.Enum(MODES, description="mode of transport")
    gauge_mm = dy.Int32(nullable=True, min=500, max=2000, description="track gauge, mm")
    length_km = _amount("length, km", nullable=False)
    time_h = _amount("line-haul time without waits, h; or give free_speed_km_h", positive=True)
    free_speed_km_h = _amount("commercial speed between stops, km/h", positive=True)
    time_cv = _amount("coefficient of variation of the line-haul time")
    cost_usd_t = _amount("line-haul cost, USD per t; or give tariff_id")
    tariff_id = _reference("tariff.tariff_id", "tariff that gives the cost", nullable=True)
    capacity_kt_y = _amount("capacity of both directions together, kt per year; empty: no limit")
    capacity_teu_y = _amount("capacity for containers apart, TEU per year; empty: counted in t")
    allowed_uses = _uses()
    electrified = dy.Bool(nullable=True, description="whether trains run on electricity")
    emission_class = _reference(
        "emission_factor.emission_class", "class of emission factor", nullable=True
    )
    country = dy.String(
        nullable=True,
        regex=COUNTRIES,
        description="country or countries it lies in, comma-separated; empty: high seas",
    )
    open_from = dy.Date(nullable=True, description="first day of use; empty: always open")
    open_until = dy.Date(nullable=True, description="last day of use; empty: still open")
    source_id = _source()
    note = _text("remark")

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

    terminal_id = _key("identifier of the terminal")
    name = _text("name of the terminal")
    node_id = _reference("node.node_id", "where it is")
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
    service_time_h = _amount("mean time in service of one batch, h", positive=True)
    service_cv = _amount("coefficient of variation of the service time")
    batch_t = _amount("cargo handled in one service (a train, a vessel), t", positive=True)
    dwell_h = _amount("mean time that is neither service nor queue (clearance, sorting), h")
    dwell_cv = _amount("coefficient of variation of the dwell")
    cost_usd_t = _amount("charge, USD per t")
    cost_usd_teu = _amount("charge for a container, USD per TEU")
    capacity_kt_y = _amount("capacity, kt per year; empty: no limit")
    capacity_teu_y = _amount("capacity for containers apart, TEU per year; empty: counted in t")
    allowed_uses = _uses()
    hazard_classes = _hazard_classes()
    emission_class = _reference(
        "emission_factor.emission_class", "class of emission factor", nullable=True
    )
    open_from = dy.Date(nullable=True, description="first day of use; empty: always open")
    open_until = dy.Date(nullable=True, description="last day of use; empty: still open")
    source_id = _source()
    note = _text("remark")

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

    service_id = _key("identifier of the service")
    name = _text("name of the service")
    operator = _text("who runs it")
    link_id = _reference("link.link_id", "the link it sails or runs on")
    departure = dy.Enum(DEPARTURES, description="leaves by timetable or when full")
    departures_week = _amount("nominal departures per week and direction", nullable=False)
    availability = dy.Float64(
        min=0, max=1, description="share of the nominal departures that are made"
    )
    headway_cv = _amount("coefficient of variation of the headway", nullable=False)
    batch_capacity_t = _amount("capacity of one departure, t", positive=True)
    batch_capacity_teu = _amount("capacity of one departure, TEU", positive=True)
    fleet = dy.Int32(nullable=True, min=1, description="vessels or train sets")
    crossing_time_h = _amount("time from departure to arrival, h", nullable=False, positive=True)
    closed_days_by_month = dy.String(
        nullable=True,
        regex=r"^\d+(\.\d+)?( \d+(\.\d+)?){11}$",
        description="days of weather closure, January to December, separated by blanks",
    )
    allowed_uses = _uses()
    hazard_classes = _hazard_classes()
    open_from = dy.Date(nullable=True, description="first day of use; empty: always open")
    open_until = dy.Date(nullable=True, description="last day of use; empty: still open")
    source_id = _source()
    note = _text("remark")

    @dy.rule()
    def has_capacity(cls) -> Any:
        """one of batch_capacity_t and batch_capacity_teu is given"""
        return cls.batch_capacity_t.col.is_not_null() | cls.batch_capacity_teu.col.is_not_null()


class Tariff(dy.Schema):
    """What a carrier charges, from a year on; a container pays per TEU, all else per t."""

    tariff_id = dy.String(primary_key=True, regex=ID, description="identifier of the tariff")
    direction = dy.Enum(DIRECTIONS, primary_key=True, description="direction of the shipment")
    year = dy.Int32(primary_key=True, min=1900, max=2200, description="valid from this year on")
    usd_t = _amount("fixed charge, USD per t")
    usd_t_km = _amount("charge by distance, USD per t-km")
    usd_teu = _amount("fixed charge of a container, USD per TEU")
    usd_teu_km = _amount("charge of a container by distance, USD per TEU-km")
    source_id = _source()
    note = _text("remark")


class EmissionFactor(dy.Schema):
    """Greenhouse gases of transport and hub operations, well to tank and tank to wheel."""

    emission_class = dy.String(primary_key=True, regex=ID, description="class of operation")
    country = dy.String(
        primary_key=True, regex=r"^([A-Z]{2}|\*)$", description="ISO 3166-1 alpha-2; *: any"
    )
    wtt_g_tkm = _amount("energy provision, g CO2e per t-km")
    ttw_g_tkm = _amount("operation, g CO2e per t-km")
    wtt_kg_t = _amount("hub: energy provision, kg CO2e per t")
    ttw_kg_t = _amount("hub: operation, kg CO2e per t")
    source_id = _source()
    note = _text("remark")


class Commodity(dy.Schema):
    """A kind of goods."""

    commodity_id = _key("identifier of the commodity")
    name = dy.String(min_length=1, description="name")
    unit = dy.Enum(("t", "TEU"), description="unit in which it is traded")
    use = dy.String(regex=ID, description="kind of cargo, as in allowed_uses")
    t_per_teu = _amount("mean load of a container, t per TEU; empty: not in containers")
    value_usd_t = _amount("value, USD per t", nullable=False)
    value_of_time_usd_t_day = _amount("median value of time, USD per t and day", nullable=False)
    value_of_time_sigma = _amount("spread: standard deviation of its logarithm", nullable=False)
    hs = dy.String(
        nullable=True,
        regex=r"^\d{2}(\d{2})?(,\d{2}(\d{2})?)*$",
        description="Harmonized System chapters or headings, comma-separated",
    )
    hazard_class = dy.String(
        nullable=True, regex=r"^[1-9](\.[1-9])?$", description="UN hazard class; empty: none"
    )
    source_id = _source()
    note = _text("remark")

    @dy.rule()
    def containers_have_a_load(cls) -> Any:
        """a commodity traded in TEU gives t_per_teu"""
        return (cls.unit.col != "TEU") | (cls.t_per_teu.col > 0).fill_null(value=False)


class Demand(dy.Schema):
    """What one place sends another in a year."""

    demand_id = _key("identifier of the row")
    origin = _reference("node.node_id", "where the goods come from")
    destination = _reference("node.node_id", "where they go")
    commodity_id = _reference("commodity.commodity_id", "what they are")
    year = dy.Int32(min=1900, max=2200, description="year")
    quantity_kt = _amount("quantity, kt per year", nullable=False)
    captive_to = _reference(
        "corridor.corridor_id",
        "corridor the flow keeps to while it is open (contract, permit); empty: free choice",
        nullable=True,
    )
    projection = dy.Bool(description="true: a projection, not an estimate of what moved")
    source_id = _source()

    @dy.rule()
    def goes_somewhere(cls) -> Any:
        """origin and destination differ"""
        return cls.origin.col != cls.destination.col


class Supply(dy.Schema):
    """What a producer can ship in a year, and at what cost."""

    node_id = _reference("node.node_id", "the producer", primary_key=True)
    commodity_id = _reference("commodity.commodity_id", "what it makes", primary_key=True)
    year = dy.Int32(primary_key=True, min=1900, max=2200, description="year")
    capacity_kt_y = _amount("what it can ship, kt per year", nullable=False)
    cost_usd_t = _amount("cost at the gate, USD per t")
    source_id = _source()
    note = _text("remark")


class Corridor(dy.Schema):
    """A named class of paths; a path belongs to the first corridor whose marks it bears."""

    corridor_id = _key("identifier of the corridor")
    name = dy.String(min_length=1, description="name")
    priority = dy.Int32(unique=True, description="corridors are tried in this order")
    all_of = _text("marks that the path must all bear (nodes, links, countries, modes)")
    any_of = _text("marks of which the path bears at least one")
    none_of = _text("marks of which the path bears none")
    note = _text("remark")


class Project(dy.Schema):
    """An investment."""

    project_id = _key("identifier of the project")
    name = dy.String(min_length=1, description="name")
    cost_musd = _amount("cost, million USD; empty: not published")
    opex_musd_y = _amount("running cost, million USD per year")
    earliest_year = dy.Int32(min=1900, max=2200, description="first full year of use")
    status = dy.Enum(("proposed", "building", "open"), description="state")
    requires = _reference(
        "project.project_id", "projects it depends on", nullable=True, several=True
    )
    source_id = _source()
    note = _text("remark")


class ProjectChange(dy.Schema):
    """What a project changes in the tables of the study."""

    project_id = _reference("project.project_id", "the project", primary_key=True)
    table = dy.Enum(("link", "terminal", "service"), primary_key=True, description="table")
    row_id = dy.String(primary_key=True, regex=ID, description="identifier of the row")
    column = dy.String(primary_key=True, description="column of that table")
    operation = dy.Enum(CHANGE_OPERATIONS, description="what is done to the value")
    value = dy.String(min_length=1, description="number, date or text")


class Event(dy.Schema):
    """Something that happened, or may happen, to an element of the network."""

    event_id = _key("identifier of the event")
    name = dy.String(min_length=1, description="what happened")
    from_date = dy.Date(description="first day")
    until_date = dy.Date(nullable=True, description="last day; empty: it lasts")
    element_kind = dy.Enum(ELEMENT_KINDS, description="what it hits")
    element_id = dy.String(min_length=1, description="which one")
    effect = dy.Enum(EFFECTS, description="closes the element, or multiplies a quantity of it")
    factor = _amount("multiplier of capacity, time or cost; empty for a closure")
    uses = _uses()
    happened = dy.Bool(description="true: part of every run; false: only when a scenario says so")
    source_id = _source()
    note = _text("remark")

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

    observation_id = _key("identifier of the observation")
    metric = dy.Enum(METRICS, description="what is measured")
    scope = dy.String(
        min_length=1,
        description="corridor:ID, link:ID, service:ID, terminal:ID, node:ID or od:FROM>TO, "
        "several summed when comma-separated",
    )
    of = _text(
        "for a share: the scopes that make the whole, itself included, empty for all flows; "
        "for days from place to place: the corridor to keep to"
    )
    commodity_ids = _reference(
        "commodity.commodity_id", "goods counted; empty: all", nullable=True, several=True
    )
    origin_countries = dy.String(nullable=True, regex=COUNTRIES, description="empty: all")
    destination_countries = dy.String(nullable=True, regex=COUNTRIES, description="empty: all")
    direction = dy.Enum(DIRECTIONS, description="direction counted")
    year = dy.Int32(min=1900, max=2200, description="year")
    value = _amount("published value", nullable=False)
    low = _amount("lower end of the published range")
    high = _amount("upper end of the published range")
    role = dy.Enum(ROLES, description="what it is used for")
    source_id = _source()
    note = _text("remark")


class Tables(dy.Collection):
    """All tables of a study; ``node`` and ``link`` are required, the rest may be empty."""

    source: dy.DataFrame[Source]
    node: dy.DataFrame[Node]
    link: dy.DataFrame[Link]
    terminal: dy.DataFrame[Terminal]
    service: dy.DataFrame[Service]
    tariff: dy.DataFrame[Tariff]
    emission_factor: dy.DataFrame[EmissionFactor]
    commodity: dy.DataFrame[Commodity]
    demand: dy.DataFrame[Demand]
    supply: dy.DataFrame[Supply]
    corridor: dy.DataFrame[Corridor]
    project: dy.DataFrame[Project]
    project_change: dy.DataFrame[ProjectChange]
    event: dy.DataFrame[Event]
    observation: dy.DataFrame[Observation]
