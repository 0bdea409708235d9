-- How much of each document stands in other documents of its crawl too, line by line.
-- Reads: lines (a row a document and a line it has). Grain: one row a document that has a line, in the columns of table repetition.
-- Repeated is what an older document (a smaller doc) has, shared what any other one has.
with known as (
    select hash, min(doc) as first, count(*) as documents
    from lines
    group by hash
)
select
    lines.doc,
    sum(lines.lines)::uinteger as lines,
    sum(lines.characters)::ubigint as characters,
    coalesce(sum(lines.lines) filter (where known.first < lines.doc), 0)::uinteger as repeated_lines,
    coalesce(sum(lines.characters) filter (where known.first < lines.doc), 0)::ubigint as repeated_line_characters,
    coalesce(sum(lines.lines) filter (where known.documents > 1), 0)::uinteger as shared_lines,
    coalesce(sum(lines.characters) filter (where known.documents > 1), 0)::ubigint as shared_line_characters
from lines
join known on known.hash = lines.hash
group by lines.doc
order by lines.doc;
