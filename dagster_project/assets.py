"""The whole graph: from a crawl's WARC files to samples of a trained model.

Each asset is paths, one call, metadata. Partitioned by crawl down to the shards; what follows is global. Stages are
imported where they run, so that loading the graph costs no torch and no Polars.
"""

import dagster as dg

from dagster_project.external import section, side_input
from dagster_project.metadata import materialized
from dagster_project.nodes import crawls, every_crawl, made_once, node
from dagster_project.resources import Pipeline

Result = dg.MaterializeResult[None]


@dg.asset(**node("raw_crawl", "crawl", "warc"))
@made_once
def raw_crawl(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """WARC files of a crawl, numbered once and for all, as its declaration names or makes them."""
    from llm_assets.crawl.stage import collect_files
    from llm_assets.pilot import adopt_files

    with pipeline.step(context) as step:
        step.report = adopt_files(step) or collect_files(
            step.declaration, step.read_previous(), step.folder, step.source_place(), step.engine
        )
    return materialized(step)


@dg.asset(
    **node("extracted_text", "text", "trafilatura", "parquet"),
    deps=[raw_crawl, side_input("extracted_text"), *map(section, ("url_filter", "opt_outs", "prescreen", "extraction"))],
)
@made_once
def extracted_text(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """Main text of every HTML page, a row for every record, and why a page gave no text."""
    from llm_assets.extract.stage import extract_texts

    with pipeline.step(context) as step:
        recipe, lists = step.recipe, {name: step.root.input_path(name) for name in step.recipe.url_filter.block_lists}
        step.report = extract_texts(
            step.read("raw_crawl"),
            step.folder,
            step.declaration.sequence,
            recipe.url_filter,
            recipe.extraction,
            lists,
            step.engine,
            opt_outs=recipe.opt_outs,
            prescreen=recipe.prescreen,
            earlier=step.read_reusable("recipe/extraction", "recipe/prescreen"),
            sample=step.root.sample,
        )
    return materialized(step)


@dg.asset(
    **node("quality_signals", "judgement", "polars", "parquet"),
    deps=[extracted_text, side_input("quality_signals"), section("cleaning"), section("language"), section("signals")],
)
@made_once
def quality_signals(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """Everything that is measured of a document, a column a signal; nothing is decided."""
    from llm_assets.quality.stage import measure_signals

    with pipeline.step(context) as step:
        cleaning, language, signals = step.recipe.cleaning, step.recipe.language, step.recipe.signals
        model = step.root.input_path(language.model) if language.model else None
        step.report = measure_signals(step.read("extracted_text"), step.folder, cleaning, language, signals, step.engine, model)
    return materialized(step)


@dg.asset(**node("filtered_docs", "judgement", "duckdb", "parquet"), deps=[quality_signals, section("filters")])
@made_once
def filtered_docs(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """Documents within every quality bound, and for each of the others the first bound it broke."""
    from llm_assets.quality.decisions import decide_documents

    with pipeline.step(context) as step:
        step.report = decide_documents(step.read("quality_signals"), step.folder, step.recipe.filters, step.engine)
    return materialized(step)


@dg.asset(**node("minhash_signatures", "duplicates", "numba", "parquet"), deps=[extracted_text, section("cleaning"), section("signatures")])
@made_once
def minhash_signatures(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """Exact hash and MinHash signature of every extracted document's cleaned text."""
    from llm_assets.dedup.stage import sign_documents

    with pipeline.step(context) as step:
        step.report = sign_documents(step.read("extracted_text"), step.folder, step.recipe.cleaning, step.recipe.signatures, step.engine)
    return materialized(step)


seniors = dg.AssetSpec(
    "seniors",
    group_name="duplicates",
    kinds={"duckdb"},
    partitions_def=crawls,
    deps=[every_crawl(filtered_docs), every_crawl(minhash_signatures)],
    description="All that older crawls mean to a crawl: the chained digest of what its deduplication reads of them. A sensor reports it.",
)


@dg.asset(**node("deduped_docs", "duplicates", "duckdb", "parquet"), deps=[filtered_docs, minhash_signatures, seniors, section("dedup")])
@made_once
def deduped_docs(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """Documents that are nobody's copy: first seen wins, over this crawl and the older ones."""
    from llm_assets.dedup.duplicates import remove_duplicates

    with pipeline.step(context) as step:
        older = [(step.read("filtered_docs", name), step.read("minhash_signatures", name)) for name in step.older]
        step.report = remove_duplicates(
            step.read("filtered_docs"), step.read("minhash_signatures"), older, step.folder, step.recipe.dedup, step.engine
        )
    return materialized(step)


@dg.asset(
    **node("overlap_signals", "overlap", "numba", "parquet"),
    deps=[extracted_text, deduped_docs, side_input("overlap_signals"), *map(section, ("cleaning", "contamination", "repetition"))],
)
@made_once
def overlap_signals(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """What the documents left share with evaluation sets, item by item, and with each other; nothing is decided."""
    from llm_assets.overlap.stage import measure_overlaps

    with pipeline.step(context) as step:
        recipe, contamination, sequence = step.recipe, step.recipe.contamination, step.declaration.sequence
        sets = {name: step.root.input_path(name) for name in contamination.evaluation_sets}
        texts, deduped = step.read("extracted_text"), step.read("deduped_docs")
        step.report = measure_overlaps(
            texts, deduped, step.folder, sequence, recipe.cleaning, contamination, recipe.repetition, sets, step.engine
        )
    return materialized(step)


@dg.asset(
    **node("selected_docs", "overlap", "duckdb", "parquet"),
    deps=[extracted_text, minhash_signatures, deduped_docs, overlap_signals, side_input("selected_docs"), section("selection")],
)
@made_once
def selected_docs(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """Documents of the corpus: those left, without what the recipe rejects for evaluation texts in it, and what is taken down."""
    from llm_assets.overlap.selection import select_documents
    from llm_assets.takedown.matching import find_forgotten

    with pipeline.step(context) as step:
        texts, signatures, deduped, overlaps = map(step.read, ("extracted_text", "minhash_signatures", "deduped_docs", "overlap_signals"))
        forgotten = find_forgotten(texts, signatures, step.root.forgotten)
        step.report = select_documents(deduped, overlaps, step.folder, step.recipe.selection, step.engine, forgotten)
    return materialized(step)


@dg.asset(
    **node("pii_scrubbed_corpus", "corpus", "parquet", "huggingface"),
    deps=[raw_crawl, extracted_text, quality_signals, selected_docs, section("cleaning"), section("pii")],
)
@made_once
def pii_scrubbed_corpus(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """The corpus: cleaned text without personal data, in FineWeb's columns; what was redacted, by kind and place."""
    from llm_assets.pii.stage import scrub_corpus

    with pipeline.step(context) as step:
        texts, selected, signals, raw = map(step.read, ("extracted_text", "selected_docs", "quality_signals", "raw_crawl"))
        name, cleaning, pii = step.declaration.name, step.recipe.cleaning, step.recipe.pii
        step.report = scrub_corpus(texts, selected, signals, raw, step.folder, name, cleaning, pii, step.engine)
    return materialized(step)


@dg.asset(
    **node("tokenizer", "tokens", "huggingface", crawl=False),
    deps=[every_crawl(pii_scrubbed_corpus), side_input("tokenizer"), section("tokenizer")],
)
@made_once
def tokenizer(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """Byte-level BPE, trained on the crawls its section names, or taken from a file that it names."""
    from llm_assets.tokenizer.ranks import find_tokenizer
    from llm_assets.tokenizer.stage import build_tokenizer

    with pipeline.step(context) as step:
        corpora = [step.read("pii_scrubbed_corpus", name) for name in step.snapshot.tokenizer_crawls()]
        peers = {name: path for name in step.root.inputs() if (path := find_tokenizer(step.root.input_path(name)))}
        step.report = build_tokenizer(corpora, step.folder, step.recipe.tokenizer, step.engine, peers)
    return materialized(step)


@dg.asset(**node("token_shards", "tokens", "numpy"), deps=[pii_scrubbed_corpus, deduped_docs, tokenizer, section("shards")])
@made_once
def token_shards(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """Token ids of the corpus, train and validation, and where each document lies in them."""
    from llm_assets.shards.stage import pack_shards

    with pipeline.step(context) as step:
        corpus, deduped, model = map(step.read, ("pii_scrubbed_corpus", "deduped_docs", "tokenizer"))
        step.report = pack_shards(corpus, deduped, model, step.folder, step.recipe.shards, step.engine)
    return materialized(step)


@dg.asset(**node("training_set", "model", "json", crawl=False), deps=[every_crawl(token_shards), tokenizer, section("training_set")])
@made_once
def training_set(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """The shards the next model is trained on; moves when the corpus has grown by the recipe's share."""
    from llm_assets.gate import choose_shards

    with pipeline.step(context) as step:
        step.report = choose_shards(step)
    return materialized(step)


@dg.asset(**node("trace_index", "model", "numpy", crawl=False), deps=[training_set, section("trace_index")])
@made_once
def trace_index(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """Suffix arrays of the training set's tokens: where any run of them stands, and in which documents."""
    from llm_assets.gate import chosen_shards
    from llm_assets.trace.stage import index_shards

    with pipeline.step(context) as step:
        step.report = index_shards(chosen_shards(step), step.folder, step.recipe.trace_index, step.engine, step.read_reusable())
    return materialized(step)


@dg.asset(
    **node("trained_model", "model", "pytorch", "huggingface", "mlflow", crawl=False),
    deps=[training_set, tokenizer, section("model"), section("training")],
)
@made_once
def trained_model(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """A Llama-family model: a folder that transformers loads, its loss curve, its MLflow run."""
    from dagster_project.tracking.artifacts import training_logger
    from llm_assets.gate import chosen_shards
    from llm_assets.handover import adopt_model
    from llm_assets.model.device import choose_device
    from llm_assets.training.machine import Machine
    from llm_assets.training.stage import train_model

    with pipeline.step(context, system_metrics=True) as step:
        shards, tokens = chosen_shards(step), step.read("tokenizer")
        checkpoints = step.root.state / "checkpoints"
        logger = training_logger(step.root, step.recipe, step.links["mlflow_run_id"])
        step.report = adopt_model(step, shards, tokens, logger) or train_model(
            list(shards.values()),
            tokens,
            step.folder,
            step.recipe.training,
            step.recipe.model,
            Machine(choose_device(pipeline.device)),
            checkpoints,
            logger,
            on_step=lambda point: step.engine.progress("training", point.step, point.steps, "steps"),
        )
    return materialized(step)


@dg.asset(
    **node("evaluation_samples", "model", "pytorch", "json", crawl=False),
    deps=[trained_model, training_set, trace_index, section("sampling")],
)
def evaluation_samples(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Result:
    """What the model says and what of it stands in its training set, which next token it expects, how well it predicts unseen text."""
    from dagster_project.tracking.registry import judge_model
    from llm_assets.gate import chosen_shards, packed_corpora
    from llm_assets.model.device import choose_device
    from llm_assets.sampling.stage import sample_model
    from llm_assets.trace.index import open_index

    with pipeline.step(context) as step:
        shards, model, device = chosen_shards(step), step.read("trained_model"), choose_device(pipeline.device)
        corpora, index = packed_corpora(step.root, shards), open_index(step.read("trace_index"), shards)
        step.report = sample_model(model, list(shards.values()), step.folder, step.recipe.sampling, device, corpora, index)
    step.links["mlflow_model"] = judge_model(step, device)
    return materialized(step)


GRAPH = [
    raw_crawl,
    extracted_text,
    quality_signals,
    filtered_docs,
    minhash_signatures,
    deduped_docs,
    overlap_signals,
    selected_docs,
    pii_scrubbed_corpus,
    tokenizer,
    token_shards,
    training_set,
    trace_index,
    trained_model,
    evaluation_samples,
]
"""Every asset that is materialized, in topological order."""
