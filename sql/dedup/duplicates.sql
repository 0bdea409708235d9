-- Reads filtered (documents within all bounds, of this crawl) and elders (of every crawl).
-- Gives this crawl's documents that have an elder, removed or not.
-- Grain: one row a document, by doc.
select
    elders.doc,
    elders.elder,
    elders.kind,
    elders.similarity,
    elders.removed
from elders
semi join filtered using (doc)
order by elders.doc
