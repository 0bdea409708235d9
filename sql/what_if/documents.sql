-- Every changed document. Reads: changes. Grain: one row a document, by doc.
select doc, gained from changes order by doc;
