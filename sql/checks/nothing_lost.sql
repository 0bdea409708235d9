-- Documents that did not come to exactly one end: kept, or rejected. Also those that came in, or stand at an end, more than once, or
-- that never came in.
-- Reads: documents (what came in), kept, rejections. Grain: one row a document; none when healthy.
with counted as (
    select doc, 1 as came_in, 0 as kept, 0 as rejected from documents
    union all
    select doc, 0, 1, 0 from kept
    union all
    select doc, 0, 0, 1 from rejections
)
select doc, sum(came_in)::bigint as came_in, sum(kept)::bigint as kept, sum(rejected)::bigint as rejected
from counted
group by doc
having sum(came_in) <> 1 or sum(kept) + sum(rejected) <> 1
order by doc;
