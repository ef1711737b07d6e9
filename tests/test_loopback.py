"""A network of its own for what would listen to everyone: tools/loopback.py."""

import os
import socket
import subprocess
import sys

import pytest

from tools import loopback

SHOW = "import socket; print([name for _, name in socket.if_nameindex()]); socket.create_server(('127.0.0.1', 0))"


def run(*command, **variables):
    command = [sys.executable, "-m", "tools.loopback", *command]
    environment = {name: value for name, value in os.environ.items() if name != loopback.VARIABLE} | variables
    return subprocess.run(command, cwd=loopback.ROOT, env=environment, capture_output=True, text=True)


def test_a_command_sees_a_loopback_and_nothing_else():
    done = run(sys.executable, "-c", SHOW)
    if done.returncode == loopback.EXIT_CODE and not loopback.REQUIRED:
        pytest.skip(done.stderr.strip())
    assert (done.returncode, done.stdout.strip()) == (0, "['lo']"), done.stderr


def test_this_process_stays_where_it_is():
    before = socket.if_nameindex()
    run(sys.executable, "-c", "")
    assert socket.if_nameindex() == before


def test_the_exit_code_is_that_of_the_command():
    assert run(sys.executable, "-c", "import sys; sys.exit(7)", RNNBOOK_OPEN_PORTS="1").returncode == 7


def test_who_allows_open_ports_gets_the_network_that_is_there():
    there = [name for _, name in socket.if_nameindex()]
    done = run(sys.executable, "-c", SHOW, RNNBOOK_OPEN_PORTS="1")
    assert (done.returncode, done.stdout.strip()) == (0, str(there))


def test_where_namespaces_are_forbidden_nothing_is_run(monkeypatch, capsys):
    def forbidden():
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.delenv(loopback.VARIABLE, raising=False)
    monkeypatch.setattr(loopback, "_unshare", forbidden)
    monkeypatch.setattr(os, "execvp", lambda *_: pytest.fail("it was run all the same"))
    assert loopback.main(["true"]) == loopback.EXIT_CODE
    said = capsys.readouterr().err
    assert "no network namespace" in said
    assert "Operation not permitted" in said
    assert "RNNBOOK_OPEN_PORTS=1" in said


def test_a_command_is_wanted(capsys):
    assert loopback.main([]) == 2
    assert "COMMAND" in capsys.readouterr().err
