-- Whose copy a document is. Reads: duplicates, records. Grain: one row.
select duplicates.elder, doc_id(duplicates.elder) as elder_id, records.url as elder_url, duplicates.kind, duplicates.similarity, duplicates.removed
from duplicates
left join records on records.doc = duplicates.elder
where duplicates.doc = $doc
order by duplicates.elder;
