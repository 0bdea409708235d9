"""The graph: Dagster assets over the stages of ``llm_assets``. Paths, one call, metadata; no logic."""
