"""From the corpus to a byte-level BPE tokenizer, in the format of Hugging Face's tokenizers."""
