-- Documents whose URL holds some words, or the one of a key; all where there are no words.
-- Reads: documents. Grain: one row a document, by doc, at most $most.
select doc, id, crawl, url, title, language, stage, rule
from documents
where $words = '' or id = $words or contains(lower(url), lower($words))
order by doc
limit $most;
