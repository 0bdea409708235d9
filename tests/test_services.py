"""The programs beside this one."""

from __future__ import annotations

import socket

import pytest

from llm_assets.errors import ConfigError
from llm_assets.instance import LOOPBACK
from llm_assets.root import DataRoot
from llm_assets.services import serve_interfaces


def test_a_taken_port_is_named_before_anything_is_started(root: DataRoot) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} is taken"):
            serve_interfaces(root, port, 1, lambda: pytest.fail("nothing was started"))
