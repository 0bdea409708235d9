"""A command line that answers in one JSON line, and inputs of a few pages and documents."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmark_inputs import SENTENCES, Run, write_lines, write_warc

from benchmarks.__main__ import main


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line and gives what it printed: one line of JSON and nothing else."""
    monkeypatch.setattr("benchmarks.measure.LEAST_CPU_SECONDS", 1e-6)

    def call(*arguments: str | Path) -> dict[str, Any]:
        monkeypatch.setattr(sys, "argv", ["benchmarks", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        (line,) = capsys.readouterr().out.splitlines()
        figures: dict[str, Any] = json.loads(line)
        return figures

    return call


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs the command line where it must refuse, before it measures anything, and gives the one line it says."""
    monkeypatch.setattr("benchmarks.__main__.measure", None)

    def call(*arguments: str | Path) -> str:
        monkeypatch.setattr(sys, "argv", ["benchmarks", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 1
        captured = capsys.readouterr()
        (line,) = captured.err.splitlines()
        assert not captured.out
        return line

    return call


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A WARC of three pages."""
    path = tmp_path / "pages.warc.gz"
    write_warc(path, [(f"http://site.example/{number}", [*SENTENCES * 4, f"Page {number} ends here."]) for number in range(3)])
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Twelve documents, none like another."""
    texts = [
        "\n".join(f"Line {line} of text {number * 100 + line**2} tells of item {chr(97 + number) * 4}." for line in range(9))
        for number in range(12)
    ]
    rows = [{"id": f"doc{number}", "text": text, "metadata": {"kind": "fresh"}} for number, text in enumerate(texts)]
    return write_lines(tmp_path / "corpus.jsonl", rows)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Four questions with two choices each."""
    rows = [{"query": f"Question: {sentence}", "choices": ["At noon.", "At night."], "gold": 1} for sentence in (*SENTENCES, "When?")]
    return write_lines(tmp_path / "questions.jsonl", rows)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A text file."""
    path = tmp_path / "book.txt"
    path.write_text("\n".join(SENTENCES * 30), encoding="utf-8")
    return path
