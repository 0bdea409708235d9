-- What extraction made of a document's record. Reads: texts. Grain: one row.
select
    charset,
    language_hint,
    published,
    length(text) as characters,
    strlen(text) as bytes,
    length(text) - length(replace(text, chr(10), '')) + 1 as lines
from texts
where doc = $doc
order by doc;
