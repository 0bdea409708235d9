import math

import pytest

from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table, write_rows
from llm_assets.formats.tables import DOCS, REJECTIONS, TEXTS
from llm_assets.quality import FILTERS
from llm_assets.quality.bounds import Bound, Filter
from llm_assets.quality.c4 import C4
from llm_assets.quality.cleaning import Cleaning
from llm_assets.quality.config import Signals
from llm_assets.quality.decisions import decide_documents
from llm_assets.quality.gopher import GopherQuality
from llm_assets.quality.language import Language, LanguageFilter
from llm_assets.quality.signals import SIGNALS
from llm_assets.quality.stage import iterate_texts, measure_signals

PROSE = """The heron by the canal waits for hours before it moves, and walkers often take it for a post.
When the tide turns, small fish come up with the brackish water and the bird has its only meal of the day.
Nobody here remembers a winter without frost on the reeds. Last year was the first, and the herons stayed.
My neighbour keeps a notebook of their comings and goings, which she inherited from an aunt together with the house.
She says that what surprised her most is how little they quarrel. “They have room enough,” she told me."""
GERMAN = "Es regnete den ganzen Tag, und niemand wollte vor dem Abendessen das Haus verlassen."
PAGES = [PROSE, "", GERMAN, PROSE.replace("heron", "{heron}"), "too short to keep", PROSE.replace("heron", "stork")]


@pytest.fixture
def texts(tmp_path):
    for part in range(2):
        rows = [{"doc": part << 24 | record, "url": "https://example.org/", "text": page} for record, page in enumerate(PAGES)]
        write_rows(tmp_path / "texts" / "texts" / f"{part:05}.parquet", rows, TEXTS)
    return Artefact.of_folder(tmp_path / "texts")


@pytest.fixture
def signals(texts, tmp_path):
    measure_signals(texts, tmp_path / "signals", Cleaning(), Language(), Signals(), LocalEngine())
    return Artefact.of_folder(tmp_path / "signals")


def decide(signals, target, filters, workers=1):
    report = decide_documents(signals, target, filters, LocalEngine(workers))
    output = Artefact.of_folder(target)
    docs = read_table(output.table("docs"), DOCS)["doc"].to_pylist()
    return report, docs, read_table(output.table("rejections"), REJECTIONS).to_pylist()


def digests(artefact):
    return [entry.sha256 for entry in artefact.files]


def test_there_is_a_row_of_signals_for_every_document_in_its_part(texts, signals, tmp_path):
    assert [part.name for part in signals.table("signals")] == ["00000.parquet", "00001.parquet"]
    table = read_table(signals.table("signals"), SIGNALS)
    assert table["doc"].to_pylist() == read_table(texts.table("texts"), TEXTS, ["doc"])["doc"].to_pylist()
    report = measure_signals(texts, tmp_path / "again", Cleaning(), Language(), Signals(), LocalEngine())
    assert (report.read, report.kept) == (12, 12)
    assert report.figures == {"bytes": 2 * sum(len(page.encode()) for page in PAGES), "words": sum(table["words"].to_pylist())}
    assert digests(Artefact.of_folder(tmp_path / "again")) == digests(signals)


def test_every_document_is_kept_or_rejected_for_the_first_bound_it_broke(signals, tmp_path):
    filters = {name: chosen() for name, chosen in FILTERS.items()}
    report, docs, rejections = decide(signals, tmp_path / "filtered", filters)
    part = 1 << 24
    assert docs == [0, 5, part, part + 5]
    assert [(row["doc"], row["rule"]) for row in rejections[:4]] == [
        (1, "language.score"),
        (2, "language.score"),
        (3, "c4.curly_brackets"),
        (4, "gopher_repetition.top_2_gram_character_fraction"),
    ]
    assert (report.read, report.kept) == (12, 4)
    assert report.rejected == {"c4.curly_brackets": 2, "gopher_repetition.top_2_gram_character_fraction": 2, "language.score": 4}


def test_a_rejection_tells_the_value_the_bound_and_what_they_cannot_say(signals, tmp_path):
    _, _, rejections = decide(signals, tmp_path / "filtered", {"language": LanguageFilter(), "c4": C4(min_sentences=0)})
    (german,) = [row for row in rejections if row["doc"] == 2]
    assert german.pop("value") > 0.9
    assert german == {"doc": 2, "stage": "filtered_docs", "rule": "language.score", "low": None, "high": None, "detail": "de"}
    (code,) = [row for row in rejections if row["doc"] == 3]
    expected = {"doc": 3, "stage": "filtered_docs", "rule": "c4.curly_brackets", "value": 2.0, "low": None, "high": 0.0, "detail": None}
    assert code == expected


def test_the_order_of_filters_decides_the_reason_and_not_who_is_kept(signals, tmp_path):
    quality, c4 = GopherQuality(), C4()
    _, docs, rejections = decide(signals, tmp_path / "one", {"c4": c4, "gopher_quality": quality})
    _, same, others = decide(signals, tmp_path / "two", {"gopher_quality": quality, "c4": c4})
    assert docs == same
    assert {row["doc"]: row["rule"] for row in rejections}[4] == "c4.sentences"
    assert {row["doc"]: row["rule"] for row in others}[4] == "gopher_quality.words"


def test_nan_is_reported_as_the_value_that_lies_in_no_bound(signals, tmp_path):
    class AnyLength(Filter):
        """Wants words of any length, but words."""

        signals = ()

        def bounds(self):
            yield Bound("mean_word_length")

    _, _, rejections = decide(signals, tmp_path / "filtered", {"any": AnyLength()})
    assert [row["doc"] for row in rejections] == [1, 1 << 24 | 1]
    assert math.isnan(rejections[0]["value"])


def test_without_filters_every_document_is_kept(signals, tmp_path):
    report, docs, rejections = decide(signals, tmp_path / "filtered", {})
    assert (len(docs), rejections, report.kept) == (12, [], 12)


@pytest.mark.parametrize("size", [1, 400, 100_000])
def test_batches_are_bounded_by_bytes_and_lose_no_document(texts, size, monkeypatch):
    monkeypatch.setattr("llm_assets.quality.stage.BATCH_BYTES", size)
    (part, _) = texts.table("texts")
    frames = list(iterate_texts(part))
    assert [text for frame in frames for text in frame["text"]] == PAGES
    assert all(frame.height == 1 or frame["text"].str.len_bytes().sum() <= size for frame in frames)


def test_a_crawl_without_documents_gives_empty_tables(tmp_path):
    nothing = Artefact(tmp_path, ())
    assert measure_signals(nothing, tmp_path / "signals", Cleaning(), Language(), Signals(), LocalEngine()).read == 0
    report, docs, rejections = decide(nothing, tmp_path / "filtered", {"c4": C4()})
    assert (report.read, docs, rejections) == (0, [], [])


def test_the_number_of_threads_decides_no_byte(signals, tmp_path):
    filters = {"c4": C4()}
    decide(signals, tmp_path / "one", filters)
    decide(signals, tmp_path / "two", filters, workers=2)
    assert digests(Artefact.of_folder(tmp_path / "one")) == digests(Artefact.of_folder(tmp_path / "two"))


def test_a_bound_on_what_is_not_measured_is_refused_by_name(signals, tmp_path):
    class Unmeasured(Filter):
        """Asks for what nobody measures."""

        signals = ()

        def bounds(self):
            yield Bound("beauty", low=1)

    with pytest.raises(ConfigError, match="bounds on beauty"):
        decide(signals, tmp_path / "filtered", {"unmeasured": Unmeasured()})
