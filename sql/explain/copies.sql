-- How often a document was copied. Reads: copies. Grain: one row.
select copies, exact, removed from copies where doc = $doc order by doc;
