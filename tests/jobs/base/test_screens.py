"""The port of the MLflow UI that the last screen names."""

from __future__ import annotations

import socket

from mxt.jobs.base import screens


def test_a_port_that_somebody_listens_on_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        first = screens._free_port()
        taken.bind(("127.0.0.1", first))
        taken.listen()
        assert screens._free_port() != first
