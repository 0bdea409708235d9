"""A local web page for looking around in a root: tokens, next tokens, samples, documents. It reads, and writes nothing."""
