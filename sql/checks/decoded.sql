-- Which documents are decoded, where their tokens lie without their end-of-text, and what they should be as text.
-- Reads: places, corpus, $documents (how many at most: every n-th by key). Grain: one row a document, sorted by its place.
with numbered as (
    select *, row_number() over (order by doc, split, shard, start) - 1 as number, count(*) over () as places
    from places
),
chosen as (
    select doc, split, shard, start, (length - 1)::bigint as tokens
    from numbered
    where number % greatest(ceil(places / $documents::double)::bigint, 1) = 0
)
select chosen.doc, chosen.split, chosen.shard, chosen.start, chosen.tokens, corpus.text
from chosen
join corpus on corpus.doc = chosen.doc
order by chosen.split, chosen.shard, chosen.start;
