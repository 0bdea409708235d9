"""Trains the model on token shards. ``python -m llm_assets.training`` runs it where nothing else of this project is installed."""
