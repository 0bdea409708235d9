-- Redactions by kind. Reads: findings. Grain: one row a kind, the most frequent first.
select kind, count(*) as redactions, count(distinct doc) as documents
from findings
where doc between $first and $last
group by kind
order by redactions desc, kind;
