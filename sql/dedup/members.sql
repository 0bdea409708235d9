-- Reads passed (documents within all bounds, of every crawl) and signatures (of every crawl).
-- Makes members: what buckets are built from, without the wide signature.
-- Grain: one row a document that passed.
create temp table members as
select
    signatures.doc,
    signatures.doc >> 48 as crawl,
    signatures.exact,
    signatures.bands
from signatures
semi join passed using (doc)
