"""Studies over HTTP: listed with their problems, read, and sent as zips that can be trusted."""

from __future__ import annotations

import io
import shutil
import stat
import zipfile

import pytest
from tests.web.conftest import ADDRESS, TestClient, look_again

from sogdia.errors import DataError, ResourceError
from sogdia.study.load import load
from sogdia.web import workspace as workspaces
from sogdia.web.app import create_app
from sogdia.web.security import Security
from sogdia.web.workspace import Workspace

ZIP = {"Content-Type": "application/zip"}


def zipped(members, method=zipfile.ZIP_DEFLATED):
    """A zip of members by name; a member may be a `ZipInfo`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def members(small_folder):
    """The files of the small study."""
    return [(path.name, path.read_bytes()) for path in sorted(small_folder.iterdir())]


@pytest.fixture
def send(client):
    """Send a study as a zip."""
    return lambda content, name="mine", **more: client.post(
        "/api/studies", params={"name": name, **more}, content=content, headers=ZIP
    )


def message(answer):
    return answer.json()["problems"][0]["message"]


def test_studies_are_listed_the_first_one_first(client):
    listed = client.get("/api/studies").json()
    assert [(study["study"], study["builtin"]) for study in listed] == [
        ("small", False),
        ("eurasia", True),
    ]
    assert listed[1]["title"].startswith("Eurasian freight corridors")
    assert all(study["problems"] == [] for study in listed)


def test_a_broken_study_is_listed_and_the_others_work(client, studies_folder):
    broken = studies_folder / "broken"
    broken.mkdir()
    (broken / "node.csv").write_text("node_id\n")
    (broken / "link.csv").write_text("link_id,length_km\na,b\n")
    (studies_folder / "damaged.zip").write_bytes(b"PK\x03\x04 and nothing more")
    look_again(client.app)
    listed = {study["study"]: study for study in client.get("/api/studies").json()}
    assert {"small", "eurasia", "broken", "damaged"} == set(listed)
    assert listed["small"]["problems"] == []
    assert {"file": "node.csv", "column": "x_coord"}.items() <= listed["broken"]["problems"][
        0
    ].items()
    assert "zip" in listed["damaged"]["problems"][0]["message"]
    answer = client.get("/api/studies/broken")
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["file"] == "node.csv"
    assert client.get("/api/studies/small/nodes").status_code == 200


def test_what_holds_no_study_is_not_listed(client, studies_folder):
    (studies_folder / "notes").mkdir()
    (studies_folder / "notes" / "note.csv").write_text("a\n")
    (studies_folder / ".hidden").mkdir()
    (studies_folder / ".hidden" / "study.toml").write_text("")
    (studies_folder / "pictures.zip").write_bytes(zipped([("a.png", b"")]))
    look_again(client.app)
    assert len(client.get("/api/studies").json()) == 2


def test_a_study_that_changes_is_loaded_again(client, studies_folder):
    before = client.get("/api/studies/small").headers["ETag"]
    path = studies_folder / "small" / "node.csv"
    path.write_text(path.read_text().replace("Poti", "Poti harbour"))
    look_again(client.app)
    assert client.get("/api/studies/small").headers["ETag"] != before
    found = client.get("/api/studies/small/nodes?node_id=GEPTI").json()
    assert found[0]["name"] == "Poti harbour"


def test_the_page_of_a_study(client):
    answer = client.get("/api/studies/small")
    content = answer.json()
    assert content["study"] == "small"
    assert content["tables"]["link"]["rows"] == 12
    again = client.get("/api/studies/small", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("smal", "there is no study 'smal'; did you mean 'small'?"),
        ("small/lnk", "there is no table 'lnk'; did you mean 'link'?"),
        ("..%2f..%2fetc", "there is"),
        ("%2e%2e/link", "there is"),
        ("%00", "there is no study"),
    ],
)
def test_a_name_that_is_not_known_is_no_path(client, path, words):
    answer = client.get(f"/api/studies/{path}")
    assert answer.status_code == 404
    assert words in message(answer)


def test_a_study_is_sent_and_found_again(client, send, members, studies_folder, tmp_path):
    answer = send(zipped(members), "Mine 2")
    assert answer.status_code == 201
    assert answer.json()["problems"] == []
    assert len(client.get("/api/studies/Mine%202/links").json()) == 12
    assert [path.name for path in (studies_folder / "uploaded-studies").iterdir()] == ["Mine 2.zip"]
    later = Workspace(studies_folder, tmp_path / "runs", "Mine 2")
    assert later.study("Mine 2").link.height == 12


def test_a_name_that_is_taken_is_kept(send, members):
    assert send(zipped(members), "eurasia").status_code == 409
    assert send(zipped(members), "small", replace=True).status_code == 409
    assert send(zipped(members)).status_code == 201
    again = send(zipped(members))
    assert again.status_code == 409
    assert "replace=true" in message(again)
    assert send(zipped(members), replace=True).status_code == 201


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../x", "x" * 65, "a\x00b", "con\n", " a", "a."]
)
def test_a_strange_name_is_refused(send, members, name):
    answer = send(zipped(members), name)
    assert answer.status_code == 422
    assert "not a name for a study" in message(answer)


def test_too_many_studies_are_refused(send, members, monkeypatch):
    monkeypatch.setattr(workspaces, "UPLOADED_STUDIES", 1)
    assert send(zipped(members), "one").status_code == 201
    answer = send(zipped(members), "two")
    assert answer.status_code == 409
    assert "1 studies were sent, and the limit is 1" in message(answer)


def test_a_study_with_problems_is_not_kept(client, send, members, studies_folder):
    broken = [(name, content) for name, content in members if name != "node.csv"]
    answer = send(zipped(broken))
    assert answer.status_code == 422
    assert {"file": "node.csv", "message": "the file is missing"} in answer.json()["problems"]
    assert list((studies_folder / "uploaded-studies").iterdir()) == []
    assert client.get("/api/studies/mine").status_code == 404


def test_a_study_without_degrees_is_refused_in_words(send, members):
    settings = dict(members)["study.toml"].decode()
    local = [pair for pair in members if pair[0] != "study.toml"]
    answer = send(zipped([*local, ("study.toml", 'crs = "local"\n' + settings)]))
    assert answer.status_code == 422
    assert "are not longitudes and latitudes (crs 'local')" in message(answer)


def link_member(name="node.csv"):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ([("../evil.csv", b"")], "climbs out"),
        ([("/etc/evil.csv", b"")], "climbs out"),
        ([("C:\\evil.csv", b"")], "climbs out"),
        ([(link_member(), b"/etc/passwd")], "is a link or a device"),
        ([("bomb.csv", bytes(100 * 1024**2))], "times its size; the limit is 200"),
        ([("bomb.csv", bytes(130 * 1024**2))], "unpacks to 130 MiB; the limit is 128 MiB"),
        ([(f"{i}.csv", b"") for i in range(1001)], "the limit is 1000"),
    ],
)
def test_a_zip_that_cannot_be_trusted_is_refused(send, members, studies_folder, extra, words):
    own = {name for name, _ in extra if isinstance(name, str)}
    kept = [pair for pair in members if pair[0] not in own and pair[0] != "node.csv"]
    answer = send(zipped([*kept, *extra]))
    assert answer.status_code == 422
    assert any(words in problem["message"] for problem in answer.json()["problems"])
    assert list((studies_folder / "uploaded-studies").iterdir()) == []


def test_another_compression_is_refused(send, members):
    answer = send(zipped(members, zipfile.ZIP_LZMA))
    assert answer.status_code == 422
    assert "not stored or deflated" in message(answer)


def test_what_is_no_zip_is_refused(send, client):
    assert "neither a folder nor a zip" in message(send(b"hello"))
    answer = client.post(
        "/api/studies?name=x", content=b"{}", headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 415


def test_a_full_disk_is_said(client, send, members, monkeypatch):
    import errno

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    answer = send(zipped(members))
    assert answer.status_code == 507
    assert "No space left" in message(answer)


def test_a_disk_that_fills_up_while_a_study_arrives(send, members, monkeypatch, workspace):
    monkeypatch.setattr(type(workspace), "new_upload", lambda self: self.folder / "no" / "file")
    assert send(zipped(members)).status_code == 503


def test_an_upload_that_cannot_be_kept(workspace, small_folder, members, monkeypatch):
    content = workspace.new_upload()
    content.write_bytes(zipped(members))

    def fail(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(content), "replace", fail)
    with pytest.raises(ResourceError, match="cannot be kept: Permission denied"):
        workspace.add("mine", content)


def test_the_study_that_was_named_wins(small_folder, tmp_path, studies_folder):
    named = shutil.copytree(small_folder, tmp_path / "eurasia")
    workspace = Workspace(studies_folder, tmp_path / "runs", str(named))
    assert workspace.default_study == "eurasia"
    assert workspace.study("eurasia").link.height == 12


def test_a_builtin_study_wins_over_a_folder_of_its_name(small_folder, studies_folder, tmp_path):
    shutil.copytree(small_folder, studies_folder / "eurasia")
    workspace = Workspace(studies_folder, tmp_path / "runs", "eurasia")
    assert workspace.source("eurasia") == "eurasia"


def test_a_study_to_begin_with_has_to_be_there(studies_folder, tmp_path):
    with pytest.raises(DataError, match=r"no study 'smoll'; did you mean 'small'"):
        Workspace(studies_folder, tmp_path / "runs", "smoll")


def test_only_the_last_studies_stay_in_memory(workspace, monkeypatch):
    monkeypatch.setattr(workspaces, "STUDIES_KEPT", 1)
    first = workspace.loaded("small")
    assert workspace.loaded("small") is first
    workspace.loaded("eurasia")
    assert workspace.loaded("small") is not first


def test_many_problems_are_counted(workspace, studies_folder):
    broken = studies_folder / "broken"
    broken.mkdir()
    (broken / "study.toml").write_text("\n".join(f"key{i} = 1" for i in range(150)))
    (broken / "node.csv").write_text("node_id,x_coord,y_coord\na,1,1\n")
    workspace.look_again()
    problems = workspace.info("broken").problems
    assert len(problems) == 101
    assert "more problems" in problems[-1].message


def test_an_unreadable_study_is_listed(workspace, monkeypatch):
    def fail(_):
        raise ResourceError("link.csv cannot be read: Permission denied")

    monkeypatch.setattr(workspaces, "inspect", fail)
    assert "Permission denied" in workspace.info("small").problems[0].message


def test_a_folder_that_is_gone_holds_no_studies(tmp_path):
    workspace = Workspace(tmp_path / "gone", tmp_path / "runs")
    assert list(workspace.listing()) == ["eurasia"]


def test_the_command_line_refuses_the_same_zips(tmp_path, members):
    path = tmp_path / "study.zip"
    path.write_bytes(zipped([*members[:-1], (link_member("x.csv"), b"/etc/passwd")]))
    with pytest.raises(DataError, match="is a link or a device"):
        load(path)


def test_a_study_may_be_named_by_its_path(small_folder, tmp_path):
    workspace = Workspace(tmp_path, tmp_path / "runs", str(small_folder))
    app = create_app(workspace, Security.of("127.0.0.1"))
    with TestClient(app, base_url=ADDRESS) as client:
        assert client.get("/api/about").json()["study"] == "small"
        assert client.get("/api/studies/small").json()["study"] == "small"


@pytest.mark.parametrize(
    ("settings", "said"),
    [(".".join(["a"] * 5000) + " = 1", "dots"), ("#" * 100_000, "64 KiB")],
)
def test_settings_that_take_long_to_read_are_refused(send, members, settings, said):
    rest = [member for member in members if member[0] != "study.toml"]
    answer = send(zipped([*rest, ("study.toml", settings)]))
    assert answer.status_code == 422
    assert said in message(answer)
