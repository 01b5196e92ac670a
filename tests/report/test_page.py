"""Study and run as the page gets them, and the report that holds everything in one file."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import polars as pl
import pytest
from tests.report.stub_page import write_page

import sogdia
from sogdia.errors import DataError, ResourceError
from sogdia.report import page
from sogdia.report.frames import unpack
from sogdia.report.markdown import pages
from sogdia.report.notices import notices
from sogdia.scenario import Rule, Scenario
from sogdia.simulation import SimulationOptions

TRAVEL = ["link_id", "from_node_id", "to_node_id", "direction", "commodity_id"]


@pytest.fixture(scope="module")
def run(small_study):
    return sogdia.run_study(small_study)


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    return run.write(tmp_path_factory.mktemp("runs") / "one")


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A page that is built."""
    monkeypatch.setattr(page, "PAGE", write_page(tmp_path / "page"))
    return tmp_path / "page"


def test_a_study_has_its_tables_and_settings(small_study):
    found = page.study_page(small_study)
    assert (found["study"], found["title"]) == ("small", small_study.settings.title)
    assert found["years"] == sorted(set(small_study.demand["year"]))
    for name, packed in found["tables"].items():
        table = getattr(small_study, name)
        assert packed["rows"] == table.height
        assert list(packed["columns"]) == table.columns
    links = unpack(found["tables"]["link"])
    assert links["link_id"].to_list() == small_study.link["link_id"].to_list()
    assert links["length_km"].to_list() == pytest.approx(small_study.link["length_km"].to_list())


def test_the_built_in_study_has_its_water_level():
    found = page.study_page(sogdia.load("eurasia"))
    level = found["water_levels"]["caspian"]
    assert (level["current_m"], level["places"]) == (-29.5, ["KZSCO", "KZKUR", "AZALA"])
    assert level["source_id"] in unpack(found["tables"]["source"])["source_id"].to_list()


def test_a_run_and_its_folder_give_the_same_page(run, folder):
    kept = page.run_page_of_folder(folder, "one")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert kept["finished"] == manifest["this_run"]["finished"]
    assert kept["seconds"] == pytest.approx(sum(manifest["this_run"]["seconds"].values()))
    assert page.run_page(run, "one") == {**kept, "finished": None, "seconds": None}


def test_a_run_is_told_with_its_figures(run):
    found = page.run_page(run, "one")
    assert (found["run_id"], found["study"], found["year"]) == ("one", "small", 2024)
    assert found["converged"] is True
    assert found["residual"] == run.result.residual
    assert (found["simulated"], found["playback"]) == (False, None)
    corridors = unpack(found["tables"]["corridors"])
    assert corridors["kt"].sum() == pytest.approx(run.result.corridors["kt"].sum())
    flows = unpack(found["tables"]["flows"])
    assert {*TRAVEL, "corridor", "kt", "kteu"} == set(flows.columns)
    assert flows["kt"].sum() == pytest.approx(run.result.links["kt"].sum())


def test_a_run_without_flows_says_so(folder, tmp_path):
    for file in folder.iterdir():
        if file.name != "flows.parquet":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    without = page.run_page_of_folder(tmp_path, "old")
    assert "flows" not in without["tables"]
    assert without["notices"][-1].endswith("so the map shows none.")


def test_a_scenario_has_the_keys_of_its_file(small_study):
    rule = Rule.model_validate({"countries": ["DE"], "from": "2024-03-01", "name": "closed"})
    scenario = Scenario(name="closed", title="Closed", rule=(rule,))
    found = page.run_page(sogdia.run_study(small_study, scenario), "one")["scenario"]
    assert (found["name"], found["title"]) == ("closed", "Closed")
    assert found["content"]["rule"] == [
        {"countries": ["DE"], "from": "2024-03-01", "name": "closed"}
    ]
    assert Scenario.model_validate(found["content"]) == scenario


def test_a_scenario_of_another_version_is_shown_as_it_is(folder, tmp_path):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["scenario"]["content"] = {"name": "as-is", "moon_phase": 3}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    found = page.run_page_of_folder(tmp_path, "one")
    assert found["scenario"]["content"] == {"name": "as-is", "moon_phase": 3}
    assert found["tables"] == {}


def test_a_simulated_run_can_be_watched(small_study, tmp_path):
    options = SimulationOptions(replications=2, days=60, trace=True)
    run = sogdia.run_study(small_study, simulation=options, feedback=False)
    found = page.run_page(run, "one")
    assert found["simulated"]
    assert {"simulated_elements", "simulated_series"} <= set(found["tables"])
    playback = found["playback"]
    assert playback is not None
    assert (playback["start"], playback["days"], playback["seed"]) == ("2024-01-01", 60, 0)
    moved = unpack(playback["movements"])
    assert moved.height > 0
    assert moved.equals(moved.sort("shipment", "depart_h", maintain_order=True))
    kept = page.run_page_of_folder(run.write(tmp_path / "one"), "one")
    assert found == {**kept, "finished": None, "seconds": None}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is not the folder of a run"),
        ("{", "manifest.json is not JSON"),
        ("[]", "does not describe a run"),
        ('{"study": {}}', "another version of Sogdia or is damaged"),
    ],
)
def test_what_is_no_run_is_refused(tmp_path, content, message):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(DataError, match=message):
        page.run_page_of_folder(tmp_path, "one")


def test_a_damaged_table_is_named(folder, tmp_path):
    (tmp_path / "manifest.json").write_bytes((folder / "manifest.json").read_bytes())
    (tmp_path / "corridors.parquet").write_bytes(b"PAR1 no longer")
    with pytest.raises(DataError, match=r"corridors\.parquet is not a Parquet table"):
        page.run_page_of_folder(tmp_path, "one")


def test_what_cannot_be_read_is_named(folder, tmp_path):
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(ResourceError, match=r"cannot read .*manifest\.json"):
        page.run_page_of_folder(tmp_path, "one")
    (tmp_path / "manifest.json").rmdir()
    (tmp_path / "manifest.json").write_bytes((folder / "manifest.json").read_bytes())
    (tmp_path / "corridors.parquet").write_bytes(b"")
    with pytest.raises(DataError, match=r"corridors\.parquet"):
        page.run_page_of_folder(tmp_path, "one")


MANIFEST = {
    "result": {"residual": 0.002, "converged": False},
    "options": {"residual": 1e-8},
    "simulation": {"rounds": 6, "moved": 0.034, "converged": False},
    "replications": 3,
    "asked": 20,
}


def test_notices_are_sentences():
    unserved = pl.DataFrame({"kt": [1.5, 100.0, 20.0], "reason": ["no path", "closed", "closed"]})
    overloads = pl.DataFrame(
        {"element": list("abcdefg"), "queue_end": [float(n) for n in range(7)]}
    )
    tables = {"unserved": unserved, "simulated_overloads": overloads}
    assert notices(MANIFEST, tables) == [
        "The assignment did not converge: a residual of 2.0e-03 is left, 1e-08 was asked for.",
        "Flows and simulated waits do not agree after 6 rounds: another would move 3.4% of the "
        "tonnes where most move.",
        "Demand of 122 kt is not served; the reasons: closed (120 kt), no path (1.50 kt).",
        "More arrives than can be served at 7 elements, where queues grow as long as the "
        "simulation lasts: g, f, e, d, c and 2 more.",
        "The simulation was interrupted after 3 of 20 replications.",
        "The run has no table of flows by link, so the map shows none.",
    ]


def test_one_simulation_without_feedback_is_told(run):
    manifest = {"simulation": {"rounds": None, "moved": None, "converged": None}}
    assert notices(manifest, {"flows": run.result.flows}) == [
        "The flows are simulated as they were assigned; the simulated waits are not fed back to "
        "them."
    ]


def test_a_run_without_a_fault_has_no_notices(run):
    tables = {name: frame for name, frame in run.tables().items() if name != "unserved"}
    manifest = {"result": {"residual": 0.0, "converged": True}, "simulation": None}
    assert notices(manifest, tables) == []


class Elements(HTMLParser):
    """Reads a page as a browser does: what stands in scripts and styles is no markup."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.inside = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        self.found.append([tag, dict(attrs), ""])

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside in ("script", "style", "title"):
            self.found[-1][2] += data

    def all(self, tag):
        return [(attributes, text) for name, attributes, text in self.found if name == tag]


def report(run, title="as it is"):
    shown = page.run_page(run, "one")
    shown = {**shown, "scenario": {**shown["scenario"], "title": title}}
    data = page.report_data(run.study, [shown], [{"origin": "A"}])
    return data, page.report_html(data)


def sha256(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_a_report_is_one_file_that_asks_for_nothing(run, built):
    _, text = report(run)
    elements = Elements(text)
    assert not [a for _, a, _ in elements.found if "src" in a]
    assert not [a for a, _ in elements.all("link") if not a["href"].startswith("data:")]
    (policy,) = [
        a["content"]
        for a, _ in elements.all("meta")
        if a.get("http-equiv") == "Content-Security-Policy"
    ]
    (script,) = [text for a, text in elements.all("script") if a["type"] == "module"]
    ((_, style),) = elements.all("style")
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{sha256(script)}'; "
        f"style-src 'sha256-{sha256(style)}'; img-src data: blob:; base-uri 'none'; "
        "form-action 'none'"
    )
    assert text.index("charset") < text.index("Content-Security-Policy") < text.index("<style>")


def test_nothing_in_the_data_ends_its_element(run, built):
    evil = "</script><script>alert(1)</script>\u2028<!-- é"
    data, text = report(run, evil)
    elements = Elements(text)
    blocks = {a.get("id"): content for a, content in elements.all("script")}
    assert set(blocks) == {"world", "page-data", None}
    assert json.loads(blocks["page-data"]) == data
    assert json.loads(blocks["page-data"])["runs"][0]["scenario"]["title"] == evil
    assert json.loads(blocks["world"]) == {"type": "Topology"}
    assert "\u2028" not in blocks["page-data"]
    assert re.search(r"\\x3C/script>\\x3C!--", blocks[None])
    assert len(elements.all("style")) == 1
    assert elements.all("title")[0][1].startswith(f"{evil} · ")


def test_a_report_has_no_clock(run, folder, built):
    kept = page.run_page_of_folder(folder, "one")
    assert kept["finished"] is not None
    data = page.report_data(run.study, [kept])
    assert data["runs"][0]["finished"] is None
    assert data["runs"][0]["seconds"] is None
    assert data == page.report_data(run.study, [page.run_page(run, "one")])


def test_a_run_folder_gets_a_report_with_its_baseline(run, folder, built):
    baseline = page.run_page_of_folder(folder, "before")
    found = pages(run, baseline)
    assert list(found) == ["summary.md", "report.html"]
    blocks = {a.get("id"): text for a, text in Elements(found["report.html"]).all("script")}
    runs = json.loads(blocks["page-data"])["runs"]
    assert [one["run_id"] for one in runs] == ["small-as-is-2024", "before"]
    assert pages(run, baseline) == found


def test_licences_of_what_is_inside_go_with_it(run, built):
    (built / "licences.txt").write_text("d3-geo 3.1.2\n--> ISC")
    _, text = report(run)
    assert "<!--\nd3-geo 3.1.2\n- -> ISC\n-->" in text


def test_without_a_built_page_there_is_no_report(run, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "PAGE", tmp_path)
    assert page.page_folder() is None
    assert list(pages(run)) == ["summary.md"]
    with pytest.raises(ResourceError, match=r"was not built.*make page"):
        report(run)


def test_a_page_of_another_make_is_refused(run, built):
    index = built / "index.html"
    index.write_text(index.read_text().replace("app.js", "other.js"))
    with pytest.raises(ResourceError, match="build it again with `make page`"):
        report(run)


def test_an_unreadable_page_is_named(run, built, monkeypatch):
    monkeypatch.setattr(page, "page_folder", lambda: built)
    (built / "world.json").unlink()
    with pytest.raises(ResourceError, match=r"cannot read .*world\.json"):
        report(run)
