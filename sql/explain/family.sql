-- Every document of the family that $doc belongs to: those whose chain of elders ends where its own does, the root first.
-- Reads: duplicates, documents. Grain: one row a document, by doc.
with recursive
up (doc) as (
    select $doc::ubigint
    union
    select duplicates.elder
    from up
    join duplicates using (doc)
),
family (doc) as (
    select min(doc) from up
    union
    select duplicates.doc
    from family
    join duplicates on duplicates.elder = family.doc
)
select
    family.doc,
    doc_id(family.doc) as id,
    documents.crawl,
    documents.url,
    documents.rule as fate,
    doc_id(duplicates.elder) as elder_id,
    duplicates.elder,
    duplicates.kind,
    duplicates.similarity,
    duplicates.removed
from family
left join duplicates using (doc)
left join documents using (doc)
order by family.doc;
