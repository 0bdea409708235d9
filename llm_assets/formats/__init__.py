"""How artefacts lie on disk: document keys, tables, manifests, WARC, token shards."""
