-- Documents of the corpus without a place in the shards, or with a place but not in the corpus.
-- Reads: corpus, places. Grain: one row a document; none when healthy.
select coalesce(corpus.doc, places.doc) as doc, corpus.doc is not null as in_corpus, places.doc is not null as in_shards
from corpus
full join places on places.doc = corpus.doc
where corpus.doc is null or places.doc is null
order by doc;
