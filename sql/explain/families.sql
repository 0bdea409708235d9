-- The root of a surviving document's family of copies. Reads: survivors. Grain: one row.
select family from survivors where doc = $doc order by doc;
