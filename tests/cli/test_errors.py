"""Every kind of failure has its exit code and its line, and never a traceback of ours."""

import pytest

from sogdia import cli
from sogdia.errors import (
    CheckError,
    ConvergenceError,
    DataError,
    InfeasibleError,
    Problem,
    ResourceError,
)

PROBLEMS = DataError(
    [
        Problem("-3 is not >= 0", "link.csv", 17, "capacity_kt_y"),
        Problem("the file is missing", "node.csv"),
    ]
)


@pytest.fixture
def failing(monkeypatch, sogdia):
    """Run a command that fails with the given error."""

    def run(error):
        def fail(**_):
            raise error

        monkeypatch.setattr(cli, "app", fail)
        return sogdia("check", "small")

    return run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PROBLEMS, 2),
        (InfeasibleError("no path"), 3),
        (ConvergenceError("it diverges"), 3),
        (ResourceError("cannot write x: No space left on device"), 4),
        (CheckError("flow is lost at state 3"), 1),
    ],
)
def test_errors_on_purpose_are_their_own_words(failing, error, code):
    done = failing(error)
    assert done.code == code
    assert done.err == f"{error}\n"
    assert done.out == ""


def test_every_problem_has_its_line(failing):
    assert failing(PROBLEMS).err.splitlines() == [
        "link.csv, row 17, column capacity_kt_y: -3 is not >= 0",
        "node.csv: the file is missing",
    ]


def test_a_defect_is_shown_for_the_report(failing):
    done = failing(ZeroDivisionError("by zero"))
    assert done.code == 1
    assert "ZeroDivisionError: by zero" in done.err
    assert done.err.splitlines()[-1].startswith("This is a defect of Sogdia")


def test_out_of_memory_is_the_machine_refusing(failing):
    done = failing(MemoryError())
    assert (done.code, done.err) == (4, "out of memory\n")


def test_an_interruption_ends_with_130(sogdia, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("sogdia.study.load.inspect", interrupt)
    done = sogdia("check", "small")
    assert done.code == 130
    assert "Traceback" not in done.err
