-- Every capture of a URL, or the one document of a key. Reads: documents. Grain: one row a document.
select *
from documents
where url = $url or doc = $doc
order by doc;
