-- The beginning of a document's text as it was extracted, and how long it is. Reads: texts. Grain: one row.
select text[1:$most] as text, length(text) as characters from texts where doc = $doc order by doc;
