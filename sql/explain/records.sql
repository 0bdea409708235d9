-- The record of a key, whether a document or not. Reads: records. Grain: one row.
select type, url from records where doc = $doc order by doc;
