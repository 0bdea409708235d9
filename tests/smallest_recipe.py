"""The demo's recipe with a model that is there to be trained often, not to learn anything."""

SMALLEST = [
    "tokenizer.vocabulary=300",
    "model.layers=1",
    "model.width=16",
    "model.heads=1",
    "model.context=16",
    "training.steps=2",
    "training.windows=2",
    "training.validate_every=2",
    "training.checkpoint_every=2",
    "training.validation_windows=2",
    "shards.validation_fraction=0.2",
    "sampling.tokens=2",
    "sampling.windows=2",
]
