"""The language model: its dimensions, its forward pass, its score on text, and its Hugging Face folder."""
