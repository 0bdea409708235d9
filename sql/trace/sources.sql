-- Documents of the corpus by their keys. Reads: corpus. Grain: one row a document.
select doc, id, dump as crawl, url, title
from corpus
where doc in (select unnest($docs::ubigint[]))
order by doc;
