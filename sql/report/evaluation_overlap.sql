-- What documents share with evaluation sets. Reads: evaluation_overlap, $crawls (names of some; null for all).
-- Grain: one row a crawl and a set.
select crawl, evaluation, items, not_sought, items_found, documents, items_in_corpus, documents_in_corpus
from evaluation_overlap
where $crawls is null or list_contains($crawls, crawl)
order by crawl, evaluation;
