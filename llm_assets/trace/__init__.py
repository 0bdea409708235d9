"""From a text back to the documents a model has read it in: an index of the training shards, and the search in it."""
