"""A tokenizer taken from a file: its ids stay, it gets what the shards need, and what does not fit is refused."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import tokenizers
from tiktoken import Encoding
from tiktoken.load import load_tiktoken_bpe
from transformers import AutoTokenizer

from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import Artefact
from llm_assets.report import Report
from llm_assets.tokenizer import END_OF_TEXT
from llm_assets.tokenizer.bpe import byte_characters, encode_text, end_of_text, load_tokenizer, split_pattern, token_bytes, train_bpe
from llm_assets.tokenizer.config import Tokenizer
from llm_assets.tokenizer.encoder import FASTEST, choose_engine
from llm_assets.tokenizer.given import take_tokenizer
from llm_assets.tokenizer.ranks import write_ranks
from llm_assets.tokenizer.stage import build_tokenizer

BuildCorpus = Callable[..., Artefact]
TEXTS = [f"Page {n} tells of {'birds and bees' if n % 2 else 'ships and sealing wax'} in {n * 791} words, naïve café." for n in range(60)]
GIVEN = Tokenizer(file="given")


@pytest.fixture(scope="module")
def trained() -> tokenizers.Tokenizer:
    return train_bpe(TEXTS, Tokenizer(vocabulary=320))


@pytest.fixture
def path(trained: tokenizers.Tokenizer, tmp_path: Path) -> Path:
    trained.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


@pytest.fixture
def ranks(trained: tokenizers.Tokenizer, tmp_path: Path) -> Path:
    write_ranks(trained, tmp_path / "given.tiktoken")
    return tmp_path / "given.tiktoken"


def edit(path: Path, **changes: object) -> Path:
    """The same file with other values at its top level."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return path


def build(corpus: Artefact, target: Path, others: Mapping[str, Path], config: Tokenizer = GIVEN) -> Report:
    return build_tokenizer([corpus], target, config, LocalEngine(), others)


def test_a_tokenizer_taken_keeps_its_ids(build_corpus: BuildCorpus, path: Path, trained: tokenizers.Tokenizer, tmp_path: Path):
    report = build(build_corpus([TEXTS]), tmp_path / "out", {"given": path})
    taken = load_tokenizer(tmp_path / "out/tokenizer.json")
    assert taken.get_vocab() == trained.get_vocab()
    assert [encode_text(taken, text) for text in TEXTS] == [encode_text(trained, text) for text in TEXTS]
    assert (report.figures["vocabulary"], report.warnings) == (320, ())


def test_transformers_and_tiktoken_read_what_was_taken(build_corpus: BuildCorpus, ranks: Path, tmp_path: Path):
    build(build_corpus([TEXTS]), tmp_path / "out", {"given": ranks})
    ours, theirs = load_tokenizer(tmp_path / "out/tokenizer.json"), AutoTokenizer.from_pretrained(tmp_path / "out")
    written = load_tiktoken_bpe(str(tmp_path / "out/ranks.tiktoken"))
    peer = Encoding("taken", pat_str=split_pattern(3), mergeable_ranks=written, special_tokens={END_OF_TEXT: end_of_text(ours)})
    assert (tmp_path / "out/ranks.tiktoken").read_bytes() == ranks.read_bytes()
    for text in (*TEXTS[:5], f"a page that spells {END_OF_TEXT} itself"):
        assert theirs(text)["input_ids"] == peer.encode_ordinary(text) == encode_text(ours, text)
    assert theirs.eos_token_id == end_of_text(ours)


def test_no_name_takes_no_file():
    assert Tokenizer(file="") == Tokenizer()


def test_the_corpus_is_measured_and_changes_nothing(build_corpus: BuildCorpus, path: Path, ranks: Path, tmp_path: Path):
    some = build(build_corpus([TEXTS]), tmp_path / "some", {"given": path, "same": ranks})
    none = build(build_corpus([[]], crawl=2), tmp_path / "none", {"given": path})
    assert (tmp_path / "some/tokenizer.json").read_bytes() == (tmp_path / "none/tokenizer.json").read_bytes()
    assert (some.read, some.kept, none.read) == (60, 60, 0)
    report = json.loads((tmp_path / "some/report.json").read_text())
    assert (report["taken_from"], report["sample"]["of_documents"]) == ("given", 60)
    assert report["beside"].keys() == {"same"}
    assert report["beside"]["same"]["bytes_per_token"] == report["bytes_per_token"] > 1


def test_special_tokens_that_it_lacks_get_the_ids_behind_its_own(path: Path, trained: tokenizers.Tokenizer):
    taken = take_tokenizer(path, Tokenizer(special_tokens=(END_OF_TEXT, "<|user|>")))
    assert (end_of_text(taken), taken.token_to_id("<|user|>")) == (end_of_text(trained), 320)
    taken.save(str(path))
    assert choose_engine(path, [*TEXTS, f"{END_OF_TEXT}<|user|>"]) == (FASTEST, ())
    spelled = f"one {END_OF_TEXT}<|user|> two"
    assert b"".join(token_bytes(taken)[token] for token in encode_text(taken, spelled)) == spelled.encode()


def test_a_gap_among_the_ids_is_left_alone(path: Path):
    state = json.loads(path.read_text())
    (last,) = [name for name, token in state["model"]["vocab"].items() if token == 319]
    state["model"]["vocab"][last] = 400
    taken = take_tokenizer(edit(path, model=state["model"]), Tokenizer(special_tokens=(END_OF_TEXT, "<|user|>")))
    assert (taken.token_to_id(last), taken.token_to_id("<|user|>")) == (400, 401)
    assert len(token_bytes(taken)) == 402


def test_the_digit_run_of_the_recipe_splits_ranks_which_tell_none(ranks: Path):
    assert len(encode_text(take_tokenizer(ranks, Tokenizer(max_digits=1)), "7777777")) == 7
    words = take_tokenizer(ranks, Tokenizer(max_digits=2)).pre_tokenizer.pre_tokenize_str("77777")
    assert [word for word, _ in words] == ["77", "77", "7"]


def test_what_a_file_cuts_off_or_puts_around_a_text_is_left_out(path: Path, trained: tokenizers.Tokenizer):
    framed = tokenizers.Tokenizer.from_file(str(path))
    framed.post_processor = tokenizers.processors.TemplateProcessing(f"{END_OF_TEXT} $A", None, [(END_OF_TEXT, 0)])
    framed.enable_truncation(4)
    framed.enable_padding(length=9)
    framed.save(str(path))
    taken = take_tokenizer(path, Tokenizer())
    assert taken.encode(TEXTS[0]).ids == encode_text(trained, TEXTS[0])


def test_ranks_are_left_out_where_ids_are_in_another_order_than_merges(build_corpus: BuildCorpus, path: Path, tmp_path: Path):
    state = json.loads(path.read_text())
    swap = {300: 310, 310: 300}
    state["model"]["vocab"] = {name: swap.get(token, token) for name, token in state["model"]["vocab"].items()}
    report = build(build_corpus([TEXTS]), tmp_path / "out", {"given": edit(path, model=state["model"])})
    assert not (tmp_path / "out/ranks.tiktoken").exists()
    assert "ranks.tiktoken is left out" in report.warnings[0]


def test_a_tokenizer_that_changes_texts_is_told(build_corpus: BuildCorpus, path: Path, tmp_path: Path):
    lower = edit(path, normalizer={"type": "Lowercase"})
    report = build(build_corpus([[*TEXTS[:9], "all small"]]), tmp_path / "out", {"given": lower})
    assert report.warnings == ("of the first 10 documents, 9 do not come back from their tokens exactly: this tokenizer changes texts",)


def test_a_special_token_that_a_text_can_spell_is_refused(path: Path):
    alphabet = {character: token for token, character in enumerate(byte_characters())}
    whole = tokenizers.Tokenizer(tokenizers.models.BPE({**alphabet, END_OF_TEXT: 256}, [], ignore_merges=True))
    whole.add_special_tokens([END_OF_TEXT])
    whole.save(str(path))
    with pytest.raises(DataError, match=r"a text that spells its special token <\|endoftext\|> gets that token's id 256"):
        take_tokenizer(path, Tokenizer())


@pytest.mark.parametrize("listed", [True, False])
def test_a_token_of_the_recipe_that_is_ordinary_in_the_file_becomes_special(path: Path, listed: bool):
    (added,) = json.loads(path.read_text())["added_tokens"]
    taken = take_tokenizer(edit(path, added_tokens=[{**added, "special": False}] if listed else []), Tokenizer())
    assert end_of_text(taken) == added["id"]
    assert added["id"] not in encode_text(taken, f"a page that spells {END_OF_TEXT} itself")
    assert token_bytes(taken)[added["id"]] == b""


@pytest.mark.parametrize("model", [tokenizers.models.WordLevel({"a": 0}, "a"), tokenizers.models.BPE({"日": 0}, [])])
def test_what_is_not_byte_level_bpe_is_refused(path: Path, model: tokenizers.models.Model):
    tokenizers.Tokenizer(model).save(str(path))
    with pytest.raises(DataError, match=r"tokenizer\.json.*only byte-level BPE can be taken"):
        take_tokenizer(path, Tokenizer())


def test_a_side_input_that_is_no_tokenizer_is_told_with_those_that_are(build_corpus: BuildCorpus, path: Path, tmp_path: Path):
    with pytest.raises(ConfigError, match=r"side input 'given' is no tokenizer; .*: other"):
        build(build_corpus([TEXTS]), tmp_path / "out", {"other": path})


@pytest.mark.shared_data
def test_gpt_2_is_taken_with_its_published_ids(shared_data: Path):
    taken = take_tokenizer(shared_data / "tokenizer" / "gpt2_vocab.bpe", Tokenizer())
    assert encode_text(taken, "hello world") == [31373, 995]
    assert len(token_bytes(taken)) == 50_257
    assert end_of_text(taken) == 50_256
