"""From the corpus to token shards, the choice of those a model is trained on, and the way back from a token to its page."""
