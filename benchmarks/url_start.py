"""The start of a URL filter in a process that does nothing else, as a script: CPU seconds and memory, imports included.

The filter's section is read from standard input, with the folders of its side inputs: ``{"url_filter": …, "folders": {…}}``.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from llm_assets.extract.config import UrlFilter
from llm_assets.extract.url_filter import load_judge


def measure_start() -> dict[str, float]:
    """Loads the filter, and gives CPU seconds since the process began, of which loading took some, and its peak memory."""
    asked = json.load(sys.stdin)
    imported = time.process_time()
    judge = load_judge(UrlFilter.model_validate(asked["url_filter"]), tuple((name, Path(path)) for name, path in asked["folders"].items()))
    judge.judge("http://site.example/")
    ready = time.process_time()
    return {"start_cpu_s": round(ready, 3), "load_cpu_s": round(ready - imported, 3), "start_rss_mb": round(peak_megabytes(), 1)}


def peak_megabytes() -> float:
    """Most memory that this program held, in 10^6 bytes. Linux counts in ru_maxrss what its parent held as well."""
    status = Path("/proc/self/status")
    if status.is_file():
        (line,) = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    print(json.dumps(measure_start()))
