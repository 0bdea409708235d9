"""Stages on a Ray cluster beside the local engine, on real pages: wall and CPU seconds, and whether every byte is the same.

    python -m benchmarks.cluster pages.warc.gz --files 6 --nodes 1 2 3

Nodes are processes of this machine, one core each, as Ray's own tests make them; each has a folder of its own. With ``--store`` the root
of the cluster's runs lies in an S3 server on loopback (extra ``dev``), and nodes share no disk with who asks. CPU seconds are user and
system of this process and all below it, Ray's own processes among them.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psutil

from llm_assets.engine import Engine, LocalEngine, RayEngine
from llm_assets.engine.ray_cluster import QUIET
from llm_assets.engine.ray_node import CACHE
from llm_assets.formats.manifest import hash_file
from llm_assets.formats.parquet import write_rows
from llm_assets.formats.tables import FILES
from llm_assets.recipe import find_recipe, put_recipe, read_recipe
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.step import begin_step
from llm_assets.verify import compare_roots

CRAWL = "pages"
STORE_BYTES = 100 << 20
NOTICE = {"RAY_health_check_initial_delay_ms": "0", "RAY_health_check_period_ms": "500", "RAY_health_check_failure_threshold": "3"}
"""Settings of a cluster that notices a lost node within two seconds. Ray's own take 15 to 20, and nothing else of a run changes."""


@contextmanager
def start_cluster(folder: Path, nodes: int, *, jobs: bool = False) -> Iterator[Any]:
    """Nodes of one core, the head among them, each with a cache of its own below ``folder``.

    With ``jobs`` there is a server of jobs, and nodes are given the time to answer that Ray gives them.
    """
    os.environ.update(QUIET if jobs else QUIET | NOTICE)
    import ray
    from ray.cluster_utils import Cluster

    head = {**_describe_node(folder, 0), "include_dashboard": jobs, "dashboard_agent_listen_port": None}  # whichever port is free
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for number in range(1, nodes):
            cluster.add_node(**_describe_node(folder, number))
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()  # type: ignore[no-untyped-call]  # no types are told


def _describe_node(folder: Path, number: int) -> dict[str, Any]:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # as in a shell where the environment is active
    told = {CACHE: str(folder / f"node {number}"), "PATH": programs}
    return {"num_cpus": 1, "object_store_memory": STORE_BYTES, "env_vars": told}


@contextmanager
def serve_store() -> Iterator[str]:
    """The URL of a bucket in an S3 server on loopback; the environment names the server."""
    import boto3  # type: ignore[import-untyped]  # no types are shipped
    import s3fs  # type: ignore[import-untyped]  # no types are shipped
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else a line a request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    told = {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    os.environ.update({**told, "AWS_DEFAULT_REGION": "us-east-1", "NO_PROXY": "127.0.0.1"})
    try:
        s3fs.S3FileSystem.clear_instance_cache()  # a file system is kept by its arguments, and would speak to an older server
        boto3.client("s3").create_bucket(Bucket="corpus")
        yield "s3://corpus"
    finally:
        server.stop()


def make_root(home: str | Path, state: Path, warcs: Sequence[Path]) -> DataRoot:
    """A root with the FineWeb recipe and one crawl, whose files lie in the root."""
    root = DataRoot.at(home, state)
    put_recipe(root.recipe, find_recipe("fineweb").read_text(encoding="utf-8"), root.put_text)
    root.add_crawl(CRAWL, "warc_files", {"path": str(warcs[0].parent)})
    with begin_step(root, read_recipe(root.recipe), LocalEngine(), "raw_crawl", CRAWL) as step:
        rows = []
        for number, path in enumerate(warcs):
            name = f"{number:02}{''.join(path.suffixes)}"
            shutil.copyfile(path, step.folder / name)
            rows.append({"file": number, "location": name, "bytes": path.stat().st_size, "sha256": hash_file(path), "removed": False})
        write_rows(step.folder / "files.parquet", rows, FILES)
        step.report = Report("raw_crawl", len(rows), len(rows), unit="files")
    return root


def run_stages(root: DataRoot, engine: Engine) -> None:
    """Extraction, signals and signatures: what maps over files, and costs the most."""
    from llm_assets.dedup.stage import sign_documents
    from llm_assets.extract.stage import extract_texts
    from llm_assets.quality.stage import measure_signals

    recipe = read_recipe(root.recipe)
    filters = recipe.url_filter.model_copy(update={"block_lists": ()})
    with begin_step(root, recipe, engine, "extracted_text", CRAWL) as step:
        step.report = extract_texts(step.read("raw_crawl"), step.folder, 0, filters, recipe.extraction, {}, step.engine)
    with begin_step(root, recipe, engine, "quality_signals", CRAWL) as step:
        texts = step.read("extracted_text")
        step.report = measure_signals(texts, step.folder, recipe.cleaning, recipe.language, recipe.signals, step.engine)
    with begin_step(root, recipe, engine, "minhash_signatures", CRAWL) as step:
        step.report = sign_documents(step.read("extracted_text"), step.folder, recipe.cleaning, recipe.signatures, step.engine)


def count_cpu() -> float:
    """CPU seconds so far of this process and all below it, those that have ended among them."""
    total = 0.0
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.Error:  # it ended meanwhile, and its parent counts it
            continue
    return total


class NodeKiller:
    """Whom a stage tells how far it is, and who kills a node without warning, once in each stage, when so many documents are done."""

    def __init__(self, cluster: Any, draw: random.Random, moments: Mapping[str, int]) -> None:
        self._cluster, self._draw = cluster, draw
        self._moments = dict(moments)
        self.killed: list[str] = []

    def __call__(self, label: str, done: int, total: int | None, unit: str = "files", detail: str = "", /) -> None:
        """See :class:`Progress`. ``moments`` has the number of documents by label."""
        if unit == "documents" and done != total and done >= self._moments.get(label, 1 << 62):
            node = self._draw.choice(sorted(self._cluster.worker_nodes, key=lambda node: str(node.unique_id)))
            self._cluster.remove_node(node, allow_graceful=False)
            del self._moments[label]
            self.killed.append(f"{label}: {done} of {total} {unit}, {detail}")


def main() -> None:
    """Reads the command line and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--files", type=int, default=6, help="how often the file is in the crawl")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--nodes", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--store", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        _compare(Path(scratch), [given.pages] * given.files, given.workers, given.nodes, store=given.store)


def _compare(scratch: Path, warcs: Sequence[Path], workers: Sequence[int], nodes: Sequence[int], *, store: bool) -> None:
    print("| engine | wall s | CPU s | equal to the first |\n|---|---|---|---|", flush=True)
    first: DataRoot | None = None

    def tell(name: str, root: DataRoot, engine: Engine) -> None:
        nonlocal first
        began, before = time.monotonic(), count_cpu()
        run_stages(root, engine)
        wall, cpu = time.monotonic() - began, count_cpu() - before
        first = first or root
        verdict = "yes" if all(each.equal for each in compare_roots(root, first)) else "NO"
        print(f"| {name} | {wall:.1f} | {cpu:.1f} | {verdict} |", flush=True)

    for count in workers:
        tell(f"local, {count} workers", make_root(scratch / f"local{count}", scratch / f"state{count}", warcs), LocalEngine(count))
    for count in nodes:
        with serve_store() if store else nullcontext(None) as url, start_cluster(scratch / f"caches{count}", count) as cluster:
            root = make_root(f"{url}/{count}" if url else scratch / f"ray{count}", scratch / f"state-ray{count}", warcs)
            home = None if url else root.home
            tell(f"ray, {count} nodes{', S3' if url else ''}", root, RayEngine(cluster.address, home=home, mirror=root.mirror))


if __name__ == "__main__":
    main()
