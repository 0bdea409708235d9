-- The documents of the corpus. Reads: survivors, contaminated, $rejecting (whether those are rejected).
-- Grain: one row a document.
select survivors.doc
from survivors
left join contaminated on contaminated.doc = survivors.doc
where contaminated.doc is null or not $rejecting
order by survivors.doc;
