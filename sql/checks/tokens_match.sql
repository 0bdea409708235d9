-- Where what is told of documents and what the shards hold differ: documents that do not begin where the one before ends, shards that
-- hold more or fewer tokens than their documents, documents that do not end with the end-of-text, and such within one.
-- Reads: places, shards (tokens of each), ends (place of each end-of-text). Grain: one row a fault; none when healthy.
with
laid as (
    select doc, split, shard, start, length, lag(start + length, 1, 0) over (partition by split, shard order by start) as ended
    from places
),
filled as (
    select split, shard, sum(length)::ubigint as tokens from places group by split, shard
),
faults as (
    select split, shard, doc, start as place, 'a document begins elsewhere than the one before ends' as fault
    from laid
    where start <> ended
    union all
    select split, shard, null, coalesce(shards.tokens, 0), 'a shard holds more or fewer tokens than its documents'
    from shards
    full join filled using (split, shard)
    where shards.tokens is distinct from filled.tokens
    union all
    select split, shard, doc, coalesce(ends.place, laid.start), 'an end-of-text is missing, or within a document'
    from (select doc, split, shard, start, start + length - 1 as place from laid) as laid
    full join ends using (split, shard, place)
    where laid.doc is null or ends.place is null
)
select split, shard, doc, place, fault
from faults
order by split, shard, place, fault, doc;
