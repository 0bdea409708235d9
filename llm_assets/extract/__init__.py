"""From WARC records to texts: which pages are wanted, how their bytes are read, and what of them is the main text."""
