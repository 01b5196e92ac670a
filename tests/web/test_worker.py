"""The worker: its messages, its jobs, how it is stopped and how it dies."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import struct
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest
from tests.web import fake_worker

from sogdia.errors import (
    CheckError,
    ConvergenceError,
    DataError,
    InfeasibleError,
    NoRouteError,
    Problem,
    ResourceError,
)
from sogdia.web import messages, worker_process
from sogdia.web.messages import decode, encode, read_message
from sogdia.web.worker import Worker, serve_parent
from sogdia.web.worker_errors import WorkerDefectError, error_of, refusal_of
from sogdia.web.worker_process import WorkerDiedError, WorkerProcess


def nothing(*_):
    """Hear of progress, and do nothing."""


def job(title="", folder="", kind="route"):
    return {"kind": kind, "scenario": {"name": "s", "title": title}, "folder": str(folder)}


@pytest.fixture
def worker(monkeypatch):
    """A function that has jobs done by a worker, which is closed at the end."""
    monkeypatch.setattr(worker_process, "COMMAND", fake_worker.COMMAND)

    def run(steps):
        async def all_steps():
            process = WorkerProcess()
            try:
                return await steps(process)
            finally:
                await process.close()

        return asyncio.run(all_steps())

    return run


class Sink(io.BytesIO):
    """Keeps what a worker says, and closes its source when all jobs have ended."""

    def __init__(self, source, jobs):
        super().__init__()
        self._source = source
        self._left = jobs

    def write(self, message):
        self._left -= "progress" not in decode(message[messages.LENGTH.size :])
        if self._left == 0:
            self._source.close()
        return super().write(message)


def pipe():
    """Both ends of a pipe, the one to read from first."""
    end, start = os.pipe()
    return os.fdopen(end, "rb"), os.fdopen(start, "wb")


def in_this_process(*jobs):
    """Have jobs done by a worker without a process, and return its messages."""
    end, start = pipe()
    sink = Sink(start, sum("id" in one for one in jobs))
    with end, start:
        for one in jobs:
            start.write(encode(one))
        start.flush()
        Worker(end, sink, fake_worker.Engines()).serve()
    return said(sink)


def said(sink):
    """Every message that was written."""
    sink.seek(0)
    found = []
    while (message := read_message(sink)) is not None:
        found.append(message)
    return found


def test_a_message_is_read_as_it_was_written():
    message = {"id": 1, "text": "Xi'an – 西安", "values": [1.5, None, True]}
    assert read_message(io.BytesIO(encode(message))) == message


def test_a_stream_that_ends_in_a_message_has_no_message():
    whole = encode({"id": 1})
    for length in range(len(whole)):
        assert read_message(io.BytesIO(whole[:length])) is None


def test_what_is_no_message_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="not a JSON object"):
        decode(b"[1]")
    with pytest.raises(ValueError, match="bytes"):
        read_message(io.BytesIO(struct.pack(">I", 2**32 - 1)))
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode({"x": float("nan")})
    monkeypatch.setattr(messages, "LONGEST_BYTES", 5)
    with pytest.raises(ValueError, match="5 can be sent"):
        encode({"text": "long"})


@pytest.mark.parametrize(
    "error",
    [
        DataError([Problem("is not there", "link.csv", 3, "mode"), Problem("alone")]),
        NoRouteError("no way", ["a rule"], [["a rule"], ["another", "and a third"]]),
        InfeasibleError("cannot be"),
        ConvergenceError("broke down"),
        ResourceError("disk full"),
        CheckError("does not add up"),
    ],
)
def test_an_error_is_the_same_after_its_way(error):
    back = error_of(decode(encode(refusal_of(error))[4:]))
    assert type(back) is type(error)
    assert str(back) == str(error)
    for detail in ("problems", "blocked_by", "relax"):
        assert getattr(back, detail, None) == getattr(error, detail, None)


def test_an_error_that_nobody_expected_is_a_defect():
    back = error_of(refusal_of(KeyError("oh")))
    assert isinstance(back, WorkerDefectError)
    assert str(back) == "a defect of Sogdia ended it: KeyError: 'oh'"


def test_jobs_are_done_in_their_order(capsys):
    heard = in_this_process({"id": 1, **job("one")}, {"id": 2, **job("refuse")})
    ends = [message for message in heard if "progress" not in message]
    assert ends[0] == {"id": 1, "done": {"what": "one"}}
    assert ends[1]["refused"]["problems"][0]["file"] == "link.csv"


def test_what_goes_wrong_is_said(capsys):
    (defect,) = [one for one in in_this_process({"id": 1, **job("defect")}) if "refused" in one]
    assert defect["refused"]["kind"] == "defect"
    assert "KeyError: 'oh'" in capsys.readouterr().err
    (full,) = [one for one in in_this_process({"id": 1, **job("no memory")}) if "refused" in one]
    assert full["refused"] == {
        "kind": "ResourceError",
        "message": "the memory of the machine is used up",
    }


def test_a_job_that_is_stopped_before_it_begins_is_not_begun():
    heard = in_this_process({"interrupt": 1}, {"id": 1, **job("wait")}, {"id": 2, **job("two")})
    ends = [message for message in heard if "progress" not in message]
    assert ends[0] == {"id": 1, "cancelled": True}
    assert ends[1]["done"] == {"what": "two"}


def test_a_job_whose_server_is_gone_is_not_begun_or_given_up(tmp_path, monkeypatch):
    forced: list[int] = []
    monkeypatch.setattr("sogdia.web.worker.os._exit", forced.append)
    sink = io.BytesIO()
    source = io.BytesIO(encode({"id": 1, **job("wait", tmp_path / "run")}))
    Worker(source, sink, fake_worker.Engines()).serve()
    assert [one for one in said(sink) if "progress" not in one] == [{"id": 1, "cancelled": True}]
    assert forced == []


def test_a_job_that_goes_on_is_stopped_when_its_server_goes(tmp_path, monkeypatch):
    monkeypatch.setattr("sogdia.web.worker.GRACE_S", 60.0)
    timers = []

    class Never:
        daemon = False

        def __init__(self, *given):
            timers.append(given)

        def start(self):
            """Nothing is stopped by force here."""

        def cancel(self):
            """Nor is there anything to cancel."""

    monkeypatch.setattr("sogdia.web.worker.Timer", Never)
    end, start = pipe()

    class Closing(io.BytesIO):
        def write(self, message):
            start.close()
            return super().write(message)

    sink = Closing()
    with end:
        start.write(encode({"id": 1, **job("wait", tmp_path / "run")}))
        start.flush()
        Worker(end, sink, fake_worker.Engines()).serve()
    assert said(sink)[-1] == {"id": 1, "cancelled": True}
    assert [given[0] for given in timers] == [60.0]
    assert list(tmp_path.iterdir()) == []


def test_the_server_gets_an_answer(worker):
    async def steps(process):
        heard = []
        answer = await process.ask(job("one"), lambda *progress: heard.append(progress))
        again = await process.ask(job("two"), nothing)
        return answer["done"], again["done"], heard

    first, second, heard = worker(steps)
    assert (first, second) == ({"what": "one"}, {"what": "two"})
    assert heard in ([], [("working", 1, 2)])


def test_progress_is_told_ten_times_a_second_at_most(worker):
    async def steps(process):
        heard = []
        begun = time.monotonic()
        await process.ask(job("much"), lambda *progress: heard.append(progress))
        return len(heard), time.monotonic() - begun

    count, seconds = worker(steps)
    assert 1 <= count <= seconds * 10 + 2


def test_a_job_stops_politely_and_leaves_nothing(worker, tmp_path):
    async def steps(process):
        begun = asyncio.Event()
        asked = asyncio.create_task(
            process.ask(job("wait", tmp_path / "run"), lambda *_: begun.set())
        )
        await begun.wait()
        await process.interrupt()
        await process.interrupt()
        answer = await asked
        number = process.process_id
        again = await process.ask(job("two"), nothing)
        return answer, number == process.process_id, again["done"]

    answer, same, again = worker(steps)
    assert answer["cancelled"] is True
    assert same
    assert again == {"what": "two"}
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_does_not_stop_is_stopped_by_force(worker, monkeypatch):
    monkeypatch.setattr(worker_process, "GRACE_S", 0.1)

    async def steps(process):
        begun = asyncio.Event()
        asked = asyncio.create_task(process.ask(job("stubborn"), lambda *_: begun.set()))
        await begun.wait()
        await process.interrupt()
        with pytest.raises(WorkerDiedError, match="SIGKILL"):
            await asked
        return await process.ask(job("two"), nothing)

    assert worker(steps)["done"] == {"what": "two"}


@pytest.mark.parametrize(
    ("how", "said"), [("die", r"was killed \(SIGKILL\)"), ("leave", "ended with status 7")]
)
def test_a_worker_that_dies_is_followed_by_another(worker, how, said):
    async def steps(process):
        with pytest.raises(WorkerDiedError, match=said):
            await process.ask(job(how), nothing)
        return await process.ask(job("two"), nothing)

    assert worker(steps)["done"] == {"what": "two"}


def test_a_worker_that_dies_between_two_jobs_is_followed_by_another(worker):
    async def steps(process):
        await process.ask(job("one"), nothing)
        os.kill(process.process_id, signal.SIGKILL)
        with suppress(WorkerDiedError):  # it may not be known yet
            await process.ask(job("two"), nothing)
        return await process.ask(job("three"), nothing)

    assert worker(steps)["done"] == {"what": "three"}


def test_a_worker_that_cannot_be_started_is_an_error_of_the_machine(worker, monkeypatch):
    monkeypatch.setattr(worker_process, "COMMAND", ("/nowhere/python",))

    async def steps(process):
        with pytest.raises(ResourceError, match="cannot be started: No such file"):
            await process.ask(job("one"), nothing)
        await process.interrupt()
        return process.process_id

    assert worker(steps) is None


def test_a_worker_that_does_not_end_is_ended(worker):
    async def steps(process):
        begun = asyncio.Event()
        asked = asyncio.create_task(process.ask(job("stubborn"), lambda *_: begun.set()))
        await begun.wait()
        await process.close()
        with pytest.raises(WorkerDiedError, match="the server stops"):
            await asked
        with pytest.raises(WorkerDiedError, match="the server stops"):
            await process.ask(job("one"), nothing)

    worker(steps)


def test_the_event_loop_learns_how_a_worker_ended_that_was_killed_twice(worker, caplog):
    """Asking the system how it ended, as `Process.kill` does, takes the answer away."""

    async def steps(process):
        await process.ask(job("one"), nothing)
        running = process._process
        for _ in range(50):
            worker_process._kill(running)
        return await running.wait()

    assert worker(steps) == -9
    assert "Unknown child process" not in caplog.text


def test_no_worker_is_left_that_was_started_while_the_server_stopped(worker):
    async def steps(process):
        asked = asyncio.create_task(process.ask(job("wait", "/nowhere"), nothing))
        await asyncio.sleep(0)
        await process.close()
        with pytest.raises(WorkerDiedError):
            await asked
        return process.process_id

    assert worker(steps) is None


@contextmanager
def started():
    """A worker's process with its streams."""
    with subprocess.Popen(
        fake_worker.COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield process, process.stdin, process.stdout


@pytest.mark.parametrize("what", ["", "wait"])
def test_a_worker_goes_when_the_server_does(tmp_path, what):
    with started() as (process, stdin, stdout):
        if what:
            stdin.write(encode({"id": 1, **job(what, tmp_path / "run")}))
            stdin.flush()
            assert read_message(stdout) is not None
        stdin.close()
        assert process.wait(timeout=20) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_stubborn_worker_goes_too():
    with started() as (process, stdin, stdout):
        stdin.write(encode({"id": 1, **job("stubborn")}))
        stdin.flush()
        assert read_message(stdout) is not None
        stdin.close()
        assert process.wait(timeout=20) == 1


def test_what_is_printed_does_not_stand_between_the_messages(monkeypatch):
    read_end, write_end = os.pipe()
    os.write(write_end, encode({"id": 1, **job("one")}))
    os.close(write_end)
    answers, sink = os.pipe()
    own = {0: read_end, 1: sink}
    moved: list[tuple[int, int]] = []
    monkeypatch.setattr("sogdia.web.worker.os.dup", own.__getitem__)
    monkeypatch.setattr("sogdia.web.worker.os.dup2", lambda *ends: moved.append(ends))
    monkeypatch.setattr("sogdia.web.worker.os.nice", lambda _: 0)
    monkeypatch.setattr("sys.stdout", None)
    serve_parent(fake_worker.Engines())
    assert sys.stdout is sys.stderr
    assert [target for _, target in moved] == [0, 1]
    assert moved[1] == (2, 1)
    with os.fdopen(answers, "rb") as stream:
        message = read_message(stream)
    assert message is not None
    assert message["id"] == 1
