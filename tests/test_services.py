"""The programs beside this one."""

from __future__ import annotations

import socket

import pytest

from llm_assets.errors import ConfigError
from llm_assets.root import DataRoot
from llm_assets.services import LOOPBACK, environment, serve_interfaces


def test_a_taken_port_is_named_before_anything_is_started(root: DataRoot) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} is taken"):
            serve_interfaces(root, port, 1, lambda: pytest.fail("nothing was started"))


def test_a_child_gets_the_root_and_reports_to_nobody(root: DataRoot) -> None:
    variables = environment(root, mlflow_port=5001)
    assert variables["LLM_ASSETS_HOME"] == str(root.home)
    assert variables["DAGSTER_HOME"].startswith(str(root.state))
    assert variables["LLM_ASSETS_MLFLOW_UI"].endswith(":5001")
    assert variables["DO_NOT_TRACK"] == "1"
    assert "telemetry:\n  enabled: false" in (root.state / "dagster/dagster.yaml").read_text()
