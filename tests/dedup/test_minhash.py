"""Signatures against datasketch."""

import itertools

import datasketch
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.dedup.config import Signatures
from llm_assets.dedup.minhash import draw_permutations, hash_bands, sign_shingles
from llm_assets.dedup.normalisation import normalise_texts
from llm_assets.dedup.shingles import Shingles, hash_shingle, hash_shingles

WORDS = st.lists(st.text(st.characters(codec="utf-8", categories=("Ll",)), min_size=1, max_size=5), min_size=1, max_size=30)
CONFIG = Signatures()


def sign(texts, config=CONFIG):
    shingles = hash_shingles(normalise_texts(pl.Series(texts, dtype=pl.String)), config.ngram)
    return sign_shingles(shingles, draw_permutations(config.permutations, config.seed))


def sketch(text, config=CONFIG):
    words = text.split(" ")
    minhash = datasketch.MinHash(config.permutations, config.seed, hashfunc=hash_shingle, scheme=config.scheme)
    count = max(1, len(words) - config.ngram + 1)
    minhash.update_batch([" ".join(words[start : start + config.ngram]).encode() for start in range(count)])
    return minhash


@given(st.lists(WORDS, min_size=1, max_size=4), st.sampled_from([CONFIG, Signatures(ngram=2, bands=3, rows=5, seed=12345)]))
@settings(max_examples=100, deadline=None)
def test_signatures_are_datasketchs_bit_for_bit(documents, config):
    normalised = normalise_texts(pl.Series([" ".join(words) for words in documents]))
    texts = [normalised.data[start:end].tobytes().decode() for start, end in itertools.pairwise(normalised.offsets)]
    signatures = sign(texts, config)
    assert signatures.dtype == np.uint32
    for text, signature in zip(texts, signatures, strict=True):
        if text:
            np.testing.assert_array_equal(signature, sketch(text, config).hashvalues)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_permutations_are_those_datasketch_draws(seed):
    np.testing.assert_array_equal(draw_permutations(112, seed), datasketch.MinHash(112, seed).permutations)


def test_a_stored_signature_works_in_datasketch():
    old, young, other = sign(
        [f"one two three four five six seven eight nine ten {end}" for end in ("eleven", "twelve")] + ["quite another text"]
    )
    minhashes = [datasketch.MinHash(hashvalues=values, seed=CONFIG.seed, scheme=CONFIG.scheme) for values in (old, young, other)]
    index = datasketch.MinHashLSH(params=(CONFIG.bands, CONFIG.rows), num_perm=CONFIG.permutations)
    index.insert("old", minhashes[0])
    assert index.query(minhashes[1]) == ["old"]
    assert index.query(minhashes[2]) == []
    assert minhashes[0].jaccard(minhashes[1]) == np.mean(old == young)


def test_documents_share_a_band_hash_just_where_they_share_the_band():
    generator = np.random.default_rng(7)
    signatures = generator.integers(0, 2, (200, 12), dtype=np.uint32)
    hashes = hash_bands(signatures, bands=4)
    whole = [[tuple(row[start : start + 3]) for start in (0, 3, 6, 9)] for row in signatures.tolist()]
    for band in range(4):
        pairs = {(row[band], hashed) for row, hashed in zip(whole, hashes[:, band].tolist(), strict=True)}
        assert len(pairs) == len({row for row, _ in pairs}) == len({hashed for _, hashed in pairs})


def test_a_document_without_words_has_datasketchs_empty_signature():
    assert sign([""])[0].tolist() == datasketch.MinHash(112, 1).hashvalues.tolist()


def test_no_document_gives_no_signature():
    signatures = sign([])
    assert signatures.shape == (0, 112)
    assert hash_bands(signatures, 14).shape == (0, 14)


def test_buckets_are_shared_as_often_as_the_published_curve_says():
    """Penedo et al. 2024: at similarity .75, 14 bands of 8 match with probability .772."""
    generator = np.random.default_rng(1)
    shared, trials = 0, 1_500
    for _ in range(trials):
        tokens = generator.integers(0, 1 << 32, 140, dtype=np.uint32)
        # 120 tokens each, 100 to 103 of them common: Jaccard 103 / 137 = .752
        offsets = np.array([0, 120, 240])
        pair = np.concatenate([tokens[:120], tokens[:103], tokens[120:137]])
        bands = hash_bands(sign_shingles(Shingles(pair, offsets), draw_permutations(112, int(tokens[0]))), 14)
        shared += bool((bands[0] == bands[1]).any())
    assert 0.73 < shared / trials < 0.82
