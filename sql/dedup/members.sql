-- Reads passed (documents within all bounds, of every crawl) and signatures (of every crawl).
-- Makes members: the buckets of each document, and nothing wide beside them.
-- Grain: one row a document that passed.
create temp table members as
select
    signatures.doc,
    signatures.bands
from signatures
semi join passed using (doc)
