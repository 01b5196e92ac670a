"""A port that somebody else has taken."""

from __future__ import annotations

import socket


def test_a_port_that_is_taken_is_one_sentence_that_says_what_to_do(start):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = start("serve", "--no-browser", "--port", port)
    assert ended.code == 4
    assert str(port) in ended.said()
    assert "choose one with --port" in ended.err
