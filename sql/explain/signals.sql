-- Everything measured of a document. Reads: signals. Grain: one row.
select * from signals where doc = $doc order by doc;
