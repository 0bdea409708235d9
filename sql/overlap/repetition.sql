-- How much of each document stands in other documents of its crawl too, line by line and passage by passage.
-- Reads: lines (a row a document and a line it has), passages (a row a document); one that was not asked for is empty.
-- Grain: one row a document that has a line or was searched for passages, in the columns of table repetition; null is what was not
-- asked for, or not there. Repeated is what an older document (a smaller doc) has, shared what any other one has.
with known as (
    select hash, min(doc) as first, count(*) as documents
    from lines
    group by hash
),
by_line as (
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
)
select
    doc,
    by_line.lines,
    by_line.characters,
    by_line.repeated_lines,
    by_line.repeated_line_characters,
    by_line.shared_lines,
    by_line.shared_line_characters,
    passages.bytes,
    passages.repeated_passages,
    passages.repeated_passage_bytes,
    passages.shared_passages,
    passages.shared_passage_bytes
from by_line
full join passages using (doc)
order by doc;
