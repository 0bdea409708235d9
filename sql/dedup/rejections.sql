-- Reads filtered (documents within all bounds, of this crawl) and elders (of every crawl).
-- Gives why each removed document fell: the similarity, the least the recipe asked ($verify), and its elder as a document's
-- key is written (crawl-file-record).
-- Grain: one row a removed document, by doc.
select
    elders.doc,
    'deduped_docs' as stage,
    elders.kind as rule,
    elders.similarity as value,
    $verify::double as low,
    null::double as high,
    concat_ws('-', elder >> 48, (elder >> 24) & 16777215, elder & 16777215) as detail
from elders
semi join filtered using (doc)
where elders.removed
order by elders.doc
