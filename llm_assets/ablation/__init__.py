"""Ablations: is a rule of the recipe worth it? Variants of the corpus, the same budget on each, compared on the same held-out text."""
