"""What is there at the start."""

from datetime import date

import polars as pl
import pytest
from tests.simulation.test_simulate import ferry

from sogdia.errors import DataError
from sogdia.simulation import SimulationOptions, engine, simulate
from sogdia.simulation.initial import checked, read_initial

DAY = SimulationOptions(
    replications=1, days=30, start=date(2024, 1, 1), distribution="constant", trace=True, threads=1
)


def run(rows, **service):
    study = ferry(**service)
    quiet = study.with_tables(demand=study.demand.with_columns(quantity_kt=pl.lit(0.001)))
    return simulate(quiet, flows="cheapest", options=DAY, initial=checked(pl.DataFrame(rows)))


def goods(**more):
    return {"element_id": "ferry", "commodity_id": "goods", "quantity_t": 14000.0} | more


def test_goods_on_the_quay_leave_with_the_first_vessels():
    # ten shipments of 1,400 t: seven decks of 2,000 t, one a day
    result = run([goods()], fleet=None, departures_week=7.0)
    log = result.sample.first
    started = log.log_time[log.log[:, 0] == engine.STARTED]
    delivered = log.log_time[log.log[:, 0] == engine.DELIVERED]
    assert result.sample.balance[:, 0].sum() >= 10
    assert len(delivered) >= 10
    ferry_waits = result.elements.filter(element="ferry", forward=True)
    assert ferry_waits["throughput_kt"].item() == pytest.approx(14.0 * 365 / 30, rel=0.2)
    assert started.min() >= 0.0
    # they are not counted as transit times, which they have only in part
    assert result.transit["shipments"].sum() <= 1


def test_goods_at_sea_arrive_when_they_are_said_to():
    result = run([goods(ready_in_h=8.0)])
    log = result.sample.first
    delivered = log.log_time[log.log[:, 0] == engine.DELIVERED]
    # 8 h at sea, 6 h in port, 7 h by road
    assert list(delivered[:10]) == pytest.approx([21.0] * 10)


def test_a_vessel_starts_where_it_is():
    rows = [{"element_id": "ferry", "node_id": "c", "ready_in_h": 3.0}, goods()]
    result = run(rows, fleet=1, departures_week=7.0, availability=1.0)
    log = result.sample.first
    departed = log.log_time[log.log[:, 0] == engine.DEPARTED]
    assert departed[0] == 3.0  # from c, with nothing aboard
    started = log.log_time[(log.log[:, 0] == engine.STARTED) & (log.log[:, 1] >= 0)]
    assert (started >= departed[1]).any()
    assert departed[1] > 13.0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (goods(element_id="nowhere"), "no flow of 'goods' passes 'nowhere'"),
        (goods(commodity_id="steel"), "no flow of 'steel'"),
        (goods(destination="a"), "'goods' to a passes"),
        ({"element_id": "no-ferry"}, "no goods use a service 'no-ferry'"),
    ],
)
def test_what_nobody_carries_is_refused(row, message):
    rows = [{name: None for name in ("commodity_id", "quantity_t", "destination", "node_id")} | row]
    frame = pl.DataFrame(rows, infer_schema_length=None).cast({"quantity_t": pl.Float64})
    study = ferry(fleet=2)
    with pytest.raises(DataError, match=message):
        simulate(study, flows="cheapest", options=DAY, initial=checked(frame))


def test_columns_and_amounts_are_checked_at_once():
    with pytest.raises(DataError) as caught:
        checked(pl.DataFrame({"element": ["x"], "tonnes": [1.0]}))
    assert len(caught.value.problems) == 3
    with pytest.raises(DataError) as caught:
        checked(
            pl.DataFrame(
                {
                    "element_id": ["x", "y"],
                    "commodity_id": ["g", "g"],
                    "quantity_t": ["-1", None],
                    "ready_in_h": ["soon", "1"],
                }
            )
        )
    assert [problem.column for problem in caught.value.problems] == [
        "quantity_t", "ready_in_h", "quantity_t",
    ]  # fmt: skip


def test_a_file_is_read(tmp_path):
    path = tmp_path / "initial.csv"
    path.write_text("element_id,commodity_id,quantity_t\nferry,goods,1400\nferry,,\n")
    frame = read_initial(path)
    assert frame["quantity_t"].to_list() == [1400.0, None]
    with pytest.raises(DataError, match="is not there"):
        read_initial(tmp_path / "other.csv")


def test_a_warm_up_and_an_initial_state_exclude_each_other():
    options = SimulationOptions(replications=1, warm_up_days=5, days=10)
    with pytest.raises(DataError, match="both given"):
        simulate(
            ferry(), flows="cheapest", options=options, initial=checked(pl.DataFrame([goods()]))
        )


@pytest.mark.parametrize("ready_in_h", [None, 5.0])
@pytest.mark.parametrize("element", ["port-b", "ferry", "port-c"])
def test_goods_in_a_yard_take_up_its_room(element, ready_in_h):
    study = ferry(departures_week=1.0)
    yard = study.with_tables(
        terminal=study.terminal.with_columns(storage_t=pl.lit(2800.0)),
        demand=study.demand.with_columns(quantity_kt=pl.lit(0.001)),
    )
    row = goods(element_id=element, quantity_t=7000.0, ready_in_h=ready_in_h)
    result = simulate(
        yard,
        flows="cheapest",
        options=SimulationOptions(replications=1, days=60, start=date(2024, 1, 1), threads=1),
        initial=checked(pl.DataFrame([row], schema_overrides={"ready_in_h": pl.Float64})),
    )
    result.check()
    assert result.sample.balance[:, 1].sum() >= 5
