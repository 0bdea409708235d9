"""From the corpus to a byte-level BPE tokenizer, in the format of Hugging Face's tokenizers."""

END_OF_TEXT = "<|endoftext|>"
"""Stands after every document of a shard. Its id gets there by number, never from a text."""
