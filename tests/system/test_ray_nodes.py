"""Nodes that share no disk, a root in an object store, a node killed in extraction and one in signing: the bytes of one machine."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from planted_pages import write_response

from benchmarks.cluster import NodeKiller, make_root, run_stages, serve_store, start_cluster
from llm_assets.engine import LocalEngine, RayEngine
from llm_assets.verify import compare_roots

pytestmark = pytest.mark.system

FILES, PAGES = 4, 6
STAGES = ("extracting text", "signing documents")
TIMES = int(os.environ.get("LLM_ASSETS_RAY_KILLS", "1"))
"""How often it is all done anew; two nodes are killed each time."""


def write_pages(path: Path, draw: random.Random) -> None:
    """A WARC file of articles of made-up words, some of which are copies of others."""
    words = [f"w{number:x}" for number in range(500)]
    records = []
    for number in range(PAGES):
        text = "".join(f"<p>The {' '.join(draw.choices(words, k=40))} of that.</p>" for _ in range(8))
        html = f"<html><head><title>Page {number}</title></head><body><article>{text}</article></body></html>".encode()
        records.append(write_response(f"http://{path.stem}.example/{number}", html))
    path.write_bytes(b"".join(records))


@pytest.mark.parametrize("time", range(TIMES))
def test_killed_nodes_change_no_byte(time: int, tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    draw = random.Random(seed)
    folder = tmp_path / "warcs"
    folder.mkdir()
    warcs = [folder / f"site{number}.warc" for number in range(FILES)]
    for path in warcs:
        write_pages(path, draw)
    alone = make_root(tmp_path / "alone", tmp_path / "alone-state", warcs)
    run_stages(alone, LocalEngine(1))
    with serve_store() as url, start_cluster(tmp_path / "caches", 3) as cluster:
        root = make_root(f"{url}/corpus", tmp_path / "driver", warcs)
        killer = NodeKiller(cluster, draw, {stage: draw.randrange(1, FILES * PAGES * 3 // 4) for stage in STAGES})
        run_stages(root, RayEngine(cluster.address, mirror=root.mirror, progress=killer))
        print(killer.killed)
        assert len(killer.killed) == len(STAGES)
        compared = list(compare_roots(root, alone))
        assert len(compared) > 3 * FILES
        assert {each.verdict for each in compared} == {"equal"}
    caches = sorted(path.name for path in (tmp_path / "caches").iterdir())
    assert len(caches) > 1, "several nodes worked"
    assert [path for path in (tmp_path / "caches").rglob("*.parquet") if "texts" in path.parts], "nodes read texts from the store"
