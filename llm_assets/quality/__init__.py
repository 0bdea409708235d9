"""Measures documents, cleans their lines, and decides which of them are worth learning from."""
