"""What the views are told of a root that has everything, one at a time and many at once."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
from planted_pages import ADDRESS, MEMORABLE, PLANTED, SCRIPT, SHORT
from starlette.testclient import TestClient

from llm_assets.catalog import read_catalog
from llm_assets.errors import ConfigError
from llm_assets.explain import tell_lives
from llm_assets.explorer import holdings as held
from llm_assets.explorer.holdings import Holdings
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot
from llm_assets.sampling.generate import open_model
from llm_assets.sampling.next_token import next_tokens
from llm_assets.tokenizer.bpe import encode_text, train_bpe
from llm_assets.tokenizer.config import Tokenizer
from llm_assets.tokenizer.ranks import write_ranks

TEXT = "The river, naïve 🙂\n\tand <b>so</b> on"


def lines_of(client: TestClient, **asked: object) -> str:
    answer = client.post("/api/generate", json=asked)
    assert answer.status_code == 200
    return "".join(json.loads(line)["text"] for line in answer.text.splitlines())


def test_the_tokens_are_those_of_the_projects_tokenizer(post, planted: DataRoot) -> None:
    _, tokenizer = open_model(planted.artefact("trained_model").folder, "cpu")
    told = post("tokens", text=TEXT)
    assert [token["id"] for token in told["tokens"]] == encode_text(tokenizer, TEXT)
    assert bytes.fromhex(" ".join(token["bytes"] for token in told["tokens"])) == TEXT.encode()
    assert told["bytes"] == len(TEXT.encode())


def test_a_tokenizer_that_was_added_can_be_named(bare: TestClient, root: DataRoot, tmp_path: Path) -> None:
    other = train_bpe(["birds and bees " * 9], Tokenizer(vocabulary=270))
    write_ranks(other, tmp_path / "ranks.tiktoken")
    root.add_input("other", tmp_path / "ranks.tiktoken")
    assert bare.get("/api/tokenizers").json() == {"tokenizers": ["other"]}
    told = bare.post("/api/tokens", json={"text": "birds", "tokenizer": "other"}).json()
    assert [token["id"] for token in told["tokens"]] == encode_text(other, "birds")


def test_a_tokenizer_that_is_not_there_is_told_with_those_that_are(client: TestClient) -> None:
    answer = client.post("/api/tokens", json={"text": "a", "tokenizer": "gpt5"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "there is no tokenizer 'gpt5'; there are: project"


def test_the_bars_are_what_the_command_next_prints(post, planted: DataRoot) -> None:
    model, tokenizer = open_model(planted.artefact("trained_model").folder, "cpu")
    expected = next_tokens(model, tokenizer, "The river", 12)
    told = post("next", text="The river")
    assert [bar["token"] for bar in told["candidates"]] == [bar.token for bar in expected.candidates]
    assert [bar["probability"] for bar in told["candidates"]] == pytest.approx([bar.probability for bar in expected.candidates])
    assert told["window"] == list(expected.window)


def test_going_on_with_a_token_puts_it_at_the_end_of_the_window(post) -> None:
    first = post("next", text="The river")["candidates"][0]
    after = post("next", text="The river", chosen=[first["token"]])
    assert after["window"][-1] == first["text"]


def test_top_k_leaves_so_many_bars_and_they_share_all_the_probability(post) -> None:
    bars = post("next", text="The river", top_k=3)["candidates"]
    assert len(bars) == 3
    assert sum(bar["probability"] for bar in bars) == pytest.approx(1)


def test_a_low_temperature_makes_the_likeliest_token_likelier(post) -> None:
    cold, warm = (post("next", text="The river", temperature=each)["candidates"][0] for each in (0.2, 1.5))
    assert cold["token"] == warm["token"]
    assert cold["probability"] > warm["probability"]
    assert post("next", text="The river", temperature=0)["candidates"] == [cold | {"probability": 1.0}]


def test_a_token_that_the_model_does_not_have_is_refused(client: TestClient) -> None:
    assert client.post("/api/next", json={"text": "a", "chosen": [10**6]}).status_code == 400


def test_a_seed_gives_the_same_sample_again(client: TestClient) -> None:
    asked = {"text": "The river", "tokens": 20, "seed": 5}
    assert lines_of(client, **asked) == lines_of(client, **asked) != lines_of(client, **asked | {"seed": 6})


def test_a_sentence_of_the_training_set_leads_home(post, get) -> None:
    told = post("trace", text=f"I said: {MEMORABLE} And more.")
    run = max(told["runs"], key=lambda run: run["tokens"])
    assert MEMORABLE in run["text"]
    assert {source["id"] for source in run["sources"]} <= {f"0-0-{PLANTED}", f"0-0-{PLANTED + 2}"}
    assert "".join(piece["text"] for piece in told["pieces"]) == f"I said: {MEMORABLE} And more."
    assert get("document", key=run["sources"][0]["id"])["place"]["split"] == "train"


def test_a_sentence_that_nobody_wrote_has_no_run(post) -> None:
    assert post("trace", text="Zebras quietly photocopy umbrellas behind glaciers.")["runs"] == []


def test_documents_are_found_by_url_by_key_and_by_text(get) -> None:
    def keys(words: str, by: str) -> list[str]:
        return [row["id"] for row in get("documents", words=words, by=by)["documents"]]

    assert keys(f"/PAGE/{PLANTED}", "url")[0] == f"0-0-{PLANTED}"
    assert keys("0-0-7", "url") == ["0-0-7"]
    assert keys("eleven grey HERONS", "text") == [f"0-0-{PLANTED}", f"0-0-{PLANTED + 2}"]
    assert keys("' or 1=1 --", "text") == []


def test_a_found_text_shows_the_words_among_what_stands_around_them(get) -> None:
    (row, _) = get("documents", words="eleven grey herons", by="text")["documents"]
    assert "counted eleven grey herons on" in row["excerpt"]
    assert len(row["excerpt"]) < 200


def test_the_journey_is_what_the_command_explain_tells(get, planted: DataRoot) -> None:
    with read_catalog(planted.catalog) as connection:
        (life,) = tell_lives(connection, planted, read_recipe(planted.recipe), f"0-0-{SHORT}")
    told = get("document", key=f"0-0-{SHORT}")
    assert told["capture"]["rule"] == life.capture["rule"]
    assert [(each["rule"], each["measured"], each["asked"]) for each in told["judged"]] == [
        (each.rule, each.measured, each.asked) for each in life.judged
    ]
    assert told["broken"] == [each.rule for each in life.broken] != []
    assert told["reason"] == life.reason


def test_the_funnel_counts_every_document_once(get, planted: DataRoot) -> None:
    with read_catalog(planted.catalog) as connection:
        verdicts = connection.table("verdicts").count("*").fetchall()[0][0]
    assert sum(row["documents"] for row in get("funnel")["funnel"]) == verdicts


def test_a_page_that_bears_a_script_is_told_as_the_text_it_is(client: TestClient) -> None:
    answer = client.get("/api/document", params={"key": f"0-0-{PLANTED}"})
    assert answer.headers["content-type"] == "application/json"
    assert SCRIPT in answer.json()["capture"]["title"]
    assert SCRIPT in answer.json()["text"]


def test_an_address_is_shown_nowhere(client: TestClient) -> None:
    found = client.get("/api/documents", params={"words": "of its author", "by": "text"}).text
    journey = client.get("/api/document", params={"key": f"0-0-{PLANTED}"}).text
    window = client.post("/api/next", json={"text": f"write to {ADDRESS}"}).text
    traced = client.post("/api/trace", json={"text": f"{MEMORABLE} {ADDRESS}"}).text
    assert "of its author" in found
    for answer in (found, journey, window, traced):
        assert ADDRESS not in answer
        assert "company-mail" not in answer


def test_what_was_redacted_cannot_be_searched_for(get) -> None:
    assert get("documents", words=ADDRESS, by="text")["documents"] == []


@pytest.mark.parametrize("key", ["", "1", "0-0-1' or 1=1", "0-0-99999999999"])
def test_a_key_that_is_none_is_refused(client: TestClient, key: str) -> None:
    assert client.get("/api/document", params={"key": key}).status_code == 422


def test_a_document_that_is_not_there_is_told(client: TestClient) -> None:
    answer = client.get("/api/document", params={"key": "0-0-999"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "there is no document 0-0-999 in the catalog"


def test_a_query_that_takes_too_long_is_ended(planted: DataRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "QUERY_SECONDS", 0.2)
    opened = Holdings(planted, lambda: read_recipe(planted.recipe))
    with pytest.raises(ConfigError, match="took longer than"), opened.catalog() as connection:
        connection.sql("select count(*) from range(1000000) a, range(1000000) b").fetchall()
    with opened.catalog() as connection:
        assert connection.sql("select 1").fetchall() == [(1,)]


def test_nothing_can_be_written_through_the_catalog(planted: DataRoot) -> None:
    with (
        Holdings(planted, lambda: read_recipe(planted.recipe)).catalog() as connection,
        pytest.raises(duckdb.InvalidInputException, match="read-only"),
    ):
        connection.execute("create table mine (a int)")


def test_twenty_at_once_are_answered(client: TestClient) -> None:
    start = threading.Barrier(20)

    def visit(number: int) -> list[int]:
        start.wait()
        return [
            client.post("/api/tokens", json={"text": f"text {number}"}).status_code,
            client.post("/api/next", json={"text": f"text {number}"}).status_code,
            client.get("/api/documents", params={"words": "the", "by": "text"}).status_code,
            client.post("/api/generate", json={"text": "The", "tokens": 5, "seed": number}).status_code,
            client.get("/api/document", params={"key": f"0-0-{number}"}).status_code,
        ]

    with ThreadPoolExecutor(20) as pool:
        assert {status for statuses in pool.map(visit, range(20)) for status in statuses} == {200}
