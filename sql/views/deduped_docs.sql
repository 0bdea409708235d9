-- Documents left after deduplication, with the root of their family and their text as it was extracted.
-- Reads: survivors, texts. Grain: one row a document.
create view deduped_docs as
select survivors.doc, doc_id(survivors.doc) as id, survivors.family, texts.url, texts.title, texts.text
from survivors
join texts on texts.doc = survivors.doc;
