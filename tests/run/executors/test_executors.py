"""Executors: the same outcomes whoever does the tasks, and nothing lost or left when one dies.

Jobs are in `light_tasks`, by that name: workers cannot import it as a part of `tests`.
"""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sogdia._version import __version__
from sogdia.errors import DataError, ResourceError
from sogdia.run.executors import cluster, cluster_job, cluster_worker
from sogdia.run.executors.cores import core_count, threads_of_libraries
from sogdia.run.executors.executor import EXECUTORS, DaskExecutor, TaskDefectError, executor
from sogdia.run.executors.job import OUT_OF_MEMORY, Job
from sogdia.run.executors.packing import pack, prepared

HERE = Path(__file__).parent
OF_OTHER_PROCESSES = EXECUTORS[1:]
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def tasks():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(HERE)
        yield importlib.import_module("light_tasks")


@pytest.fixture(scope="module")
def crews(tasks):
    """Two workers of each kind, for all tests."""
    with (
        executor("threads", workers=2) as threads,
        executor("local", workers=2) as local,
        executor("dask", workers=2) as dask,
    ):
        yield {"threads": threads, "local": local, "dask": dask}


def in_order(outcomes):
    return sorted(outcomes, key=lambda outcome: outcome.number)


def results(outcomes):
    return [outcome.result for outcome in in_order(outcomes)]


def pids(folder: Path, what: str) -> list[int]:
    """Return who has left a trace of something, as often as they did."""
    return sorted(int(trace.name.split("-")[1]) for trace in folder.glob(f"{what}-*"))


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def has_ended(child: int) -> bool:
    """Whether all threads of a child are gone: the first may be gone long before the last."""
    try:
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return ended is not None


def wait_until(condition) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.02)


@pytest.mark.parametrize("name", EXECUTORS)
class TestEvery:
    def test_every_task_has_the_result_of_a_plain_loop(self, crews, tasks, tmp_path, name):
        outcomes = list(crews[name].map(tasks.job(tmp_path, tasks.square, offset=7), range(300)))
        assert results(outcomes) == [number * number + 7 for number in range(300)]
        assert {outcome.attempts for outcome in outcomes} == {1}
        assert all(outcome.failure is None for outcome in outcomes)

    def test_no_tasks_have_no_outcomes(self, crews, tasks, tmp_path, name):
        assert list(crews[name].map(tasks.job(tmp_path, tasks.square), [])) == []

    def test_seconds_are_those_of_the_work(self, crews, tasks, tmp_path, name):
        (outcome,) = crews[name].map(tasks.job(tmp_path, tasks.nap), [0.1])
        assert 0.1 <= outcome.seconds < 2.0

    def test_a_task_that_raises_on_purpose_fails_alone(self, crews, tasks, tmp_path, name):
        outcomes = in_order(crews[name].map(tasks.job(tmp_path, tasks.fail_by_three), range(1, 6)))
        assert [one.result for one in outcomes] == [1, 4, None, 16, 25]
        assert [one.failure for one in outcomes] == [None] * 2 + ["3 is a multiple of three"] + [
            None
        ] * 2
        assert outcomes[2].attempts == 1

    def test_memory_that_is_used_up_is_a_failure(self, crews, tasks, tmp_path, name):
        (outcome,) = crews[name].map(tasks.job(tmp_path, tasks.want_too_much), [0])
        assert outcome.failure == OUT_OF_MEMORY

    def test_a_defect_is_raised_with_the_traceback_of_the_worker(
        self, crews, tasks, tmp_path, name
    ):
        with pytest.raises(TaskDefectError, match="task 5") as raised:
            list(crews[name].map(tasks.job(tmp_path, tasks.divide), [3, 2, 1, 4, 5, 0, 6, 7]))
        assert "in divide" in str(raised.value)
        assert "ZeroDivisionError" in str(raised.value)
        # And the next job is none the worse for it.
        assert results(crews[name].map(tasks.job(tmp_path, tasks.square), range(9))) == [
            number * number for number in range(9)
        ]

    def test_a_result_that_cannot_travel_is_a_defect(self, crews, tasks, tmp_path, name):
        outcomes = crews[name].map(tasks.job(tmp_path, tasks.return_lambda), [0])
        if name == "threads":
            assert next(outcomes).result() == 0
        else:
            with pytest.raises(TaskDefectError, match="pickle"):
                next(outcomes)

    def test_what_the_preparation_refuses_is_raised(self, crews, tasks, tmp_path, name):
        with pytest.raises(DataError, match=f"nothing is in {tmp_path.name}"):
            next(crews[name].map(tasks.job(tmp_path, tasks.square, tasks.refuse), range(4)))

    def test_each_worker_gets_and_prepares_a_job_once_the_first_alone(
        self, crews, tasks, tmp_path, name
    ):
        job = Job(tasks.Parcel(tmp_path), tasks.prepare_slowly, tasks.nap_there)
        count = len(list(crews[name].map(job, [0.002] * 100)))
        assert count == 100
        begun, ended = (
            sorted(int(trace.name.split("-")[2]) for trace in tmp_path.glob(f"{what}-*"))
            for what in ("begins", "ends")
        )
        assert len(begun) == len(ended) == 2
        assert ended[0] <= begun[1]
        if name != "threads":
            assert len(set(pids(tmp_path, "begins"))) == 2
            assert pids(tmp_path, "opens") == pids(tmp_path, "begins")

    def test_closing_cancels_what_has_not_begun(self, crews, tasks, tmp_path, name):
        outcomes = crews[name].map(tasks.job(tmp_path, tasks.nap_with_trace), [0.02] * 200)
        next(outcomes)
        outcomes.close()
        time.sleep(0.1)
        begun = len(pids(tmp_path, "begins"))
        assert begun < 50
        assert results(crews[name].map(tasks.job(tmp_path, tasks.square), range(3))) == [0, 1, 4]
        assert len(pids(tmp_path, "begins")) == begun

    def test_one_job_at_a_time(self, crews, tasks, tmp_path, name):
        job = tasks.job(tmp_path, tasks.square)
        outcomes = crews[name].map(job, range(50))
        next(outcomes)
        with pytest.raises(RuntimeError, match="one job at a time"):
            next(crews[name].map(job, range(3)))
        assert len(list(outcomes)) == 49
        assert len(list(crews[name].map(job, range(3)))) == 3

    def test_a_task_that_cannot_be_unpacked_is_a_defect(self, crews, tasks, tmp_path, name):
        outcomes = crews[name].map(tasks.job(tmp_path, tasks.keep_task), [tasks.Sealed()])
        if name == "threads":
            assert next(outcomes).failure is None
        else:
            with pytest.raises(TaskDefectError, match="it is sealed"):
                next(outcomes)

    def test_tasks_are_looked_at_as_workers_come_to_them(self, crews, tasks, tmp_path, name):
        looked_at = tasks.Endless(10**7)
        outcomes = crews[name].map(tasks.job(tmp_path, tasks.nap), looked_at)
        for _ in range(5):
            next(outcomes)
        time.sleep(0.05)
        outcomes.close()
        # Dask has most ahead: three chunks for each of two workers, of 0.5 s or 100 tasks each.
        assert looked_at.most <= 2000


@pytest.mark.parametrize("name", OF_OTHER_PROCESSES)
class TestDeath:
    def test_the_task_of_a_worker_that_died_is_done_again(self, crews, tasks, tmp_path, name):
        outcomes = list(crews[name].map(tasks.job(tmp_path, tasks.die_once), range(8)))
        assert results(outcomes) == [number * number for number in range(8)]
        assert (tmp_path / "died").exists()

    def test_a_task_that_no_worker_survives_fails_and_no_other_does(
        self, crews, tasks, tmp_path, name
    ):
        outcomes = in_order(crews[name].map(tasks.job(tmp_path, tasks.die_always), range(8)))
        assert [one.number for one in outcomes if one.failure is not None] == [3]
        assert "its worker died in each of 3 attempts" in outcomes[3].failure
        assert outcomes[3].attempts == 3
        assert [one.result for one in outcomes if one.number != 3] == [
            number * number for number in range(8) if number != 3
        ]


class TestDriver:
    # A Dask cluster takes seconds to start and to end, and is tried once.
    @pytest.mark.parametrize(
        ("name", "how"),
        [("local", signal.SIGINT), ("local", signal.SIGKILL), ("dask", signal.SIGKILL)],
    )
    def test_no_worker_outlives_the_driver(self, tmp_path, name, how):
        code = (
            "import sys, light_tasks; from pathlib import Path;"
            "from sogdia.run.executors.executor import executor;"
            "light_tasks.drive(executor(sys.argv[1], workers=2), Path(sys.argv[2]))"
        )
        driver = subprocess.Popen(
            [sys.executable, "-c", code, name, str(tmp_path)],
            env=os.environ | {"PYTHONPATH": str(HERE)},
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        with driver:
            wait_until(lambda: len(pids(tmp_path, "begins")) == 2)
            workers = pids(tmp_path, "begins")
            assert all(is_running(pid) for pid in workers)
            # As a terminal does it: Ctrl-C is for the whole group.
            os.killpg(driver.pid, how) if how == signal.SIGINT else driver.kill()
            assert driver.stderr is not None
            said = driver.stderr.read().decode()
            driver.wait(PATIENCE_S)
        wait_until(lambda: not any(is_running(pid) for pid in workers))
        assert said.count("Traceback") == (1 if how == signal.SIGINT else 0)


class TestProcesses:
    def test_only_the_task_that_a_worker_did_is_blamed(self, crews, tasks, tmp_path):
        outcomes = in_order(crews["local"].map(tasks.job(tmp_path, tasks.die_once), range(100)))
        assert [one.number for one in outcomes if one.attempts > 1] == [3]
        assert outcomes[3].attempts == 2

    def test_a_worker_keeps_within_its_memory(self, tasks, tmp_path):
        with executor("local", workers=1, memory_gib=0.125) as crew:
            outcomes = in_order(crew.map(tasks.job(tmp_path, tasks.swell), [1, 150, 2]))
        assert [one.result for one in outcomes] == [2**20, None, 2 * 2**20]
        assert "more than the 0.125 GiB that a worker may use" in outcomes[1].failure

    def test_a_worker_gets_its_share_of_the_cores(self, crews, tasks, tmp_path):
        names = list(threads_of_libraries(2))
        found = results(crews["local"].map(tasks.job(tmp_path, tasks.environment), names))
        assert found == [str(max(core_count() // 2, 1))] * len(names)

    def test_workers_that_cannot_begin_are_not_tried_for_ever(self, crews, tasks, tmp_path):
        job = tasks.job(tmp_path, tasks.square, tasks.die_at_once)
        with pytest.raises(ResourceError, match=r"3 worker processes died .*ended with code 7"):
            next(crews["local"].map(job, [1]))

    def test_an_idle_worker_that_died_is_replaced_unseen(self, crews, tasks, tmp_path):
        job = tasks.job(tmp_path, tasks.process_id)
        for pid in set(results(crews["local"].map(job, range(4)))):
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda pid=pid: has_ended(pid))
        outcomes = list(crews["local"].map(job, range(4)))
        assert {outcome.attempts for outcome in outcomes} == {1}

    def test_no_function_of_a_script(self, crews, tasks, tmp_path, monkeypatch):
        monkeypatch.setattr(tasks.square, "__module__", "__main__")
        with pytest.raises(TypeError, match="square: workers import no function from a script"):
            crews["local"].map(tasks.job(tmp_path, tasks.square), [1])


class TestCluster:
    @pytest.fixture
    def cluster(self):
        """A cluster that somebody else runs: in this process, to be quick."""
        distributed = pytest.importorskip("distributed")
        with distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            processes=False,
            dashboard_address="127.0.0.1:0",
            protocol="tcp",
        ) as cluster:
            yield cluster

    def test_one_that_is_there_is_used_by_its_address(self, cluster, tasks, tmp_path):
        with executor("dask", address=cluster.scheduler_address) as crew:
            assert crew.workers == 2
            outcomes = crew.map(tasks.job(tmp_path, tasks.square), range(20))
            assert results(outcomes) == [number * number for number in range(20)]

    def test_one_that_goes_away_leaves_what_is_finished(self, cluster, tasks, tmp_path):
        with executor("dask", address=cluster.scheduler_address) as crew:
            outcomes = crew.map(tasks.job(tmp_path, tasks.nap), [0.02] * 500)
            assert next(outcomes).result == 0.02
            cluster.close()
            with pytest.raises(ResourceError, match="is gone; what has finished is kept"):
                list(outcomes)

    def test_one_without_workers_is_not_waited_for_for_ever(
        self, cluster, tasks, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(cluster_job, "NO_WORKERS_S", 0.1)
        monkeypatch.setattr(cluster_job, "_PAUSE_S", 0.1)
        cluster.scale(0)
        wait_until(lambda: not cluster.scheduler.workers)
        with (
            executor("dask", address=cluster.scheduler_address) as crew,
            pytest.raises(ResourceError, match=r"no worker for 0\.1 s"),
        ):
            list(crew.map(tasks.job(tmp_path, tasks.square), range(3)))

    def test_a_scheduler_that_is_not_there_is_missed_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        start = time.monotonic()
        with pytest.raises(ResourceError, match=f"no Dask scheduler answers at tcp://.*:{port}"):
            executor("dask", address=f"tcp://127.0.0.1:{port}").__enter__()
        assert time.monotonic() - start < 2.0

    def test_a_server_that_says_nothing_is_no_scheduler(self, monkeypatch):
        monkeypatch.setattr(cluster, "CONNECT_S", 0.1)
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
            with pytest.raises(ResourceError, match="no Dask scheduler answers"):
                executor("dask", address=address).__enter__()

    @pytest.mark.parametrize("address", ["nowhere", "host:8786", "tcp://host", "tcp://host:x"])
    def test_what_is_no_address_is_refused(self, address):
        with pytest.raises(DataError, match=r"is no address .* tcp://host:8786"):
            executor("dask", address=address).__enter__()

    def test_workers_of_another_version_are_refused(self, tasks, tmp_path):
        job = tasks.job(tmp_path, tasks.square)
        _, _, good = prepared(pack(job))
        assert good.refusal is None
        chunk = cluster_worker.Chunk("digest", "0.0", ())
        (answer,) = cluster_worker.work_off(pack(job), chunk)
        with pytest.raises(ResourceError, match=rf"has Sogdia {__version__}.*has 0\.0: install"):
            pickle.loads(answer).check()


class TestChoice:
    def test_an_unknown_name_is_refused_with_those_that_there_are(self):
        with pytest.raises(DataError, match="'ray': choose one of threads, local, dask"):
            executor("ray")

    @pytest.mark.parametrize(
        ("name", "options", "words"),
        [
            ("threads", {"workers": 0}, "at least 1"),
            ("local", {"address": "tcp://host:8786"}, "only 'dask' has"),
            ("threads", {"memory_gib": 1.0}, "share their memory"),
            ("dask", {"address": "tcp://host:8786", "workers": 3}, "leave them out"),
        ],
    )
    def test_an_option_that_it_does_not_have_is_refused(self, name, options, words):
        with pytest.raises(DataError, match=words):
            executor(name, **options)

    def test_dask_is_asked_for_where_it_is_missing(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "distributed", None)
        with pytest.raises(ResourceError, match=r"pip install 'sogdia\[cluster\]'"):
            DaskExecutor().__enter__()
