-- The text of a document as it was extracted. Reads: texts. Grain: one row.
select text from texts where doc = $doc order by doc;
