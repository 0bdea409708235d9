-- Where a document's tokens lie. Reads: places. Grain: one row.
select split, shard, start, length from places where doc = $doc order by split, shard, start;
