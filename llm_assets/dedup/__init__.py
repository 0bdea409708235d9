"""Duplicates: what a document looks like to others (signatures), and which elder it is a copy of."""
