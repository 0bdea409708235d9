"""Reading a WARC file: every record parsed, its payload decoded. Judged by nothing but that it ends."""

from __future__ import annotations

from itertools import islice

from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.formats.warc import read_records


def prepare(trial: Trial) -> Work[tuple[int, int]]:
    """Records of the input and bytes of their payloads."""

    def read() -> tuple[int, int]:
        records = payload = 0
        for record in islice(read_records(trial.input), trial.limit):
            records += 1
            payload += len(record.payload)
        return records, payload

    records, size = read()
    return Work(records, size, read, read, lambda _: {})
