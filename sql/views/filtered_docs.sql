-- Documents within every quality bound, with their text as it was extracted. Reads: passed, texts. Grain: one row a document.
create view filtered_docs as
select passed.doc, doc_id(passed.doc) as id, texts.url, texts.title, texts.text
from passed
join texts on texts.doc = passed.doc;
