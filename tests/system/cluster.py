"""As much of a Kubernetes cluster as launching a run asks for: an API that takes jobs, and what the chart makes of the values."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

VALUES = Path(__file__).parents[2] / "deploy/kubernetes/values.yaml"


@dataclass
class Cluster:
    """An API server on loopback. ``jobs`` holds what it was asked to run, as Kubernetes' own manifests."""

    address: str
    jobs: list[dict[str, Any]] = field(default_factory=list)

    def write_kubeconfig(self, path: Path) -> Path:
        """The file by which a client finds it."""
        named = {"name": "test"}
        content = {
            "clusters": [{**named, "cluster": {"server": self.address}}],
            "users": [{**named, "user": {}}],
            "contexts": [{**named, "context": {"cluster": "test", "user": "test"}}],
            "current-context": "test",
        }
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return path


@contextmanager
def open_cluster() -> Iterator[Cluster]:
    """Takes jobs until the body ends, and starts none."""

    class Api(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            job = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known = self.path == "/apis/batch/v1/namespaces/corpus/jobs"
            if known:
                cluster.jobs.append(job)
            answer = json.dumps(job if known else {"message": self.path}).encode()
            self.send_response(201 if known else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    cluster = Cluster(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield cluster
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def code_location(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values' one code location."""
    (location,) = values["dagster-user-deployments"]["deployments"]
    return dict(location)


def container_context(location: Mapping[str, Any]) -> dict[str, Any]:
    """What the chart tells a code server to pass on to its runs."""
    return {
        "k8s": {
            "image_pull_policy": location["image"]["pullPolicy"],
            "env_secrets": [secret["name"] for secret in location["envSecrets"]],
            "volumes": location["volumes"],
            "volume_mounts": location["volumeMounts"],
            "env": location["env"],
            "namespace": "corpus",
            "service_account_name": "dagster",
        }
    }


def instance_settings(values: Mapping[str, Any], home: Path, kubeconfig: Path) -> dict[str, Any]:
    """The ``dagster.yaml`` that the chart makes of the values, but for where the API server is found."""
    server, launcher = values["postgresql"], values["runLauncher"]["config"]["k8sRunLauncher"]
    return {
        "telemetry": values["telemetry"],
        "storage": {
            "postgres": {
                "postgres_db": {
                    "username": server["postgresqlUsername"],
                    "password": {"env": "DAGSTER_PG_PASSWORD"},
                    "hostname": server["postgresqlHost"],
                    "db_name": server["postgresqlDatabase"],
                    "port": server["service"]["port"],
                    "scheme": server["postgresqlScheme"],
                }
            }
        },
        "run_launcher": {
            "module": "dagster_k8s",
            "class": values["runLauncher"]["type"],
            "config": {
                "load_incluster_config": False,
                "kubeconfig_file": str(kubeconfig),
                "job_namespace": "corpus",
                "image_pull_policy": launcher["imagePullPolicy"],
                "service_account_name": "dagster",
                "dagster_home": str(home),
                "instance_config_map": "dagster-instance",
                "postgres_password_secret": values["global"]["postgresqlSecretName"],
                "resources": launcher["resources"],
                "run_k8s_config": {"pod_spec_config": launcher["runK8sConfig"]["podSpecConfig"]},
            },
        },
    }
