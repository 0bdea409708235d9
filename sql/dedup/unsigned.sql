-- Reads passed (documents within all bounds, of every crawl) and signatures (of every crawl).
-- Gives how many documents that passed have no signature, and the first of them.
-- Grain: one row.
select
    count(*) as docs,
    min(passed.doc) as first
from passed
anti join signatures using (doc)
