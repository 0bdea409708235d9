import json
from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from llm_assets.engine import LocalEngine
from llm_assets.errors import DataError
from llm_assets.formats.manifest import Artefact
from llm_assets.tokenizer import END_OF_TEXT
from llm_assets.tokenizer.bpe import load_tokenizer
from llm_assets.tokenizer.compression import escape_bytes, name_domain
from llm_assets.tokenizer.config import Tokenizer
from llm_assets.tokenizer.stage import build_tokenizer

BuildCorpus = Callable[..., Artefact]
ENGINE = LocalEngine()
TEXTS = [f"Document {n} tells of {'birds and bees' if n % 2 else 'ships and sealing wax'} in {n * 7} words." for n in range(60)]


def train(corpora: list[Artefact], target: Path, **fields: object) -> Path:
    build_tokenizer(corpora, target, Tokenizer(**{"vocabulary": 320, **fields}), ENGINE)
    return target


def test_the_folder_loads_in_transformers_and_gives_the_same_ids(build_corpus: BuildCorpus, tmp_path: Path):
    target = train([build_corpus([TEXTS])], tmp_path / "out")
    ours, theirs = load_tokenizer(target / "tokenizer.json"), AutoTokenizer.from_pretrained(target)
    assert theirs.eos_token_id == ours.token_to_id(END_OF_TEXT)
    for text in (*TEXTS[:5], f"a page that spells {END_OF_TEXT} itself", " . , don ' t  two\n\nlines é 日本"):
        ids = ours.encode(text).ids
        assert theirs(text)["input_ids"] == ids
        assert theirs.decode(ids) == text


def test_how_documents_lie_in_parts_and_crawls_changes_nothing(build_corpus: BuildCorpus, tmp_path: Path):
    whole = train([build_corpus([TEXTS], crawl=1)], tmp_path / "whole")
    parts = train([build_corpus([TEXTS[:7], [], TEXTS[7:30]], crawl=2), build_corpus([TEXTS[30:]], crawl=3)], tmp_path / "parts")
    for name in ("tokenizer.json", "tokenizer_config.json", "report.json"):
        assert (whole / name).read_bytes() == (parts / name).read_bytes()


def test_the_number_of_workers_changes_nothing(build_corpus: BuildCorpus, tmp_path: Path):
    corpus = build_corpus([TEXTS[:30], TEXTS[30:]])
    config = Tokenizer(vocabulary=300, sample_bytes=1_500)
    for workers in (1, 2):
        build_tokenizer([corpus], tmp_path / str(workers), config, LocalEngine(workers))
    for name in ("tokenizer.json", "report.json"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_a_sample_is_bounded_drawn_by_seed_and_counted(build_corpus: BuildCorpus, tmp_path: Path):
    corpus = build_corpus([TEXTS])
    config = Tokenizer(vocabulary=300, sample_bytes=500)
    report = build_tokenizer([corpus], tmp_path / "a", config, ENGINE)
    assert report.read == 60
    assert report.kept + report.rejected["not_sampled"] == 60
    assert 500 <= report.figures["sample_bytes"] < 500 + max(map(len, TEXTS))
    build_tokenizer([corpus], tmp_path / "b", config.model_copy(update={"seed": 1}), ENGINE)
    assert (tmp_path / "a/tokenizer.json").read_bytes() != (tmp_path / "b/tokenizer.json").read_bytes()


def test_the_report_counts_bytes_and_tokens_of_each_language(build_corpus: BuildCorpus, tmp_path: Path):
    german = ["Ein Schiff fährt über das Meer."] * 3
    target = train([build_corpus([TEXTS]), build_corpus([german], crawl=2, language="de")], tmp_path / "out")
    report = json.loads((target / "report.json").read_text())
    tokenizer = load_tokenizer(target / "tokenizer.json")
    assert report["languages"]["de"]["bytes"] == sum(len(text.encode()) for text in german)
    assert report["languages"]["de"]["tokens"] == sum(len(tokenizer.encode(text).ids) for text in german)
    assert report["documents"] == 63
    assert report["bytes_per_token"] == pytest.approx(report["bytes"] / report["tokens"], abs=1e-4)
    assert report["vocabulary"] == 320
    assert len(report["longest_tokens"][0]) >= len(report["longest_tokens"][-1])


def test_the_report_counts_domains_and_tokens_that_are_never_used(build_corpus: BuildCorpus, tmp_path: Path):
    target = train([build_corpus([TEXTS])], tmp_path / "out")
    report = json.loads((target / "report.json").read_text())
    assert report["domains"] == {"a.invalid": {name: report[name] for name in ("documents", "bytes", "tokens", "bytes_per_token")}}
    tokenizer = load_tokenizer(target / "tokenizer.json")
    used = {token for text in TEXTS for token in tokenizer.encode(text).ids}
    assert report["dead_tokens"] == 320 - len(used) - 1  # end-of-text has no bytes and is not counted
    assert len(report["longest_dead_tokens"]) == 32


def test_others_are_measured_beside_it_on_the_same_documents(build_corpus: BuildCorpus, tmp_path: Path):
    corpus = build_corpus([TEXTS])
    first = train([corpus], tmp_path / "first")
    peers = {"json": first / "tokenizer.json", "ranks": first / "ranks.tiktoken"}
    build_tokenizer([corpus], tmp_path / "out", Tokenizer(vocabulary=280), ENGINE, peers)
    alone, beside = (json.loads((folder / "report.json").read_text()) for folder in (first, tmp_path / "out"))
    same = alone["bytes_per_token"]
    expected = {"bytes_per_token": same, "languages": {"en": same}, "domains": {"a.invalid": same}}
    assert beside["beside"] == {"json": expected, "ranks": expected}
    assert beside["bytes_per_token"] < alone["bytes_per_token"]


@pytest.mark.parametrize(("url", "domain"), [("https://A.example:8/x", "a.example"), ("", ""), ("http://[x", ""), ("mailto:<EMAIL>", "")])
def test_a_domain_is_the_host_of_a_url(url: str, domain: str):
    assert name_domain(url) == domain


def test_too_little_text_for_the_vocabulary_is_a_warning_that_tells_the_size_reached(build_corpus: BuildCorpus, tmp_path: Path):
    report = build_tokenizer([build_corpus([["abab abab"]])], tmp_path / "out", Tokenizer(vocabulary=5_000), ENGINE)
    reached = load_tokenizer(tmp_path / "out/tokenizer.json").get_vocab_size()
    assert reached < 300
    assert f"5,000: it became {reached:,}" in report.warnings[0]


@pytest.mark.parametrize("parts", [[], [[]], [["", ""]]])
def test_a_corpus_without_text_is_refused_with_what_to_do(build_corpus: BuildCorpus, tmp_path: Path, parts: list[list[str]]):
    with pytest.raises(DataError, match="relax the filters or add a crawl"):
        build_tokenizer([build_corpus(parts)], tmp_path / "out", Tokenizer(), ENGINE)


@pytest.mark.parametrize(
    ("raw", "shown"), [(b"plain", "plain"), (b"\n\t", r"\n\t"), (b"\xff\xc3", r"\xff\xc3"), ("é\u202e".encode(), r"é\u202e")]
)
def test_a_token_is_shown_escaped(raw: bytes, shown: str):
    assert escape_bytes(raw) == shown
