"""Help on everything, usage errors that end with 2, and completion."""

import pytest

from sogdia import __version__

COMMANDS = (
    *("assign", "route", "run", "simulate", "supply", "serve"),
    *("compare", "stress", "invest", "sweep", "runs"),
    *("import", "export", "check", "show", "studies", "scenarios"),
)


def test_the_version(sogdia):
    assert sogdia("--version").out == f"sogdia {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(sogdia, command):
    done = sogdia(command, "--help")
    assert done.code == 0
    assert f"Usage: sogdia {command}" in done.out


@pytest.mark.parametrize(
    "command",
    [
        *("assign", "route", "run", "simulate", "supply", "serve", "check", "show"),
        *("compare", "stress", "invest", "sweep"),
    ],
)
def test_help_shows_examples(sogdia, command):
    lines = [line.strip() for line in sogdia(command, "-h").out.splitlines()]
    assert any(line.startswith(f"sogdia {command} ") for line in lines[lines.index("Examples") :])


def test_help_documents_the_exit_codes(sogdia):
    text = sogdia("--help").out
    assert [code for code in ("0", "1", "2", "3", "4", "130") if f"\n {code:>3}  " in text] == [
        "0",
        "1",
        "2",
        "3",
        "4",
        "130",
    ]


@pytest.mark.parametrize(
    "arguments", [["fly"], ["run", "--speed", "9"], ["show", "small"], ["run", "--year", "soon"]]
)
def test_wrong_usage_ends_with_2(sogdia, arguments):
    done = sogdia(*arguments)
    assert done.code == 2
    assert "Usage: sogdia" in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("sogdia sh", "show"),
        ("sogdia run eur", "eurasia"),
        ("sogdia show eurasia obs", "observation"),
        ("sogdia run eurasia --scenario red", "red-sea-diversion"),
        ("sogdia route eur", "eurasia"),
    ],
)
def test_the_shell_completes(sogdia, monkeypatch, typed, offered):
    monkeypatch.setenv("_SOGDIA_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
    assert offered in sogdia().out.split()
