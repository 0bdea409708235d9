-- Documents by what became of them. Reads: verdicts, texts.
-- Grain: one row a stage and rule; no stage for documents under way (their later stages were not materialized).
with fates as (
    select stage, rule from verdicts where doc between $first and $last
    union all
    select null, null
    from texts
    anti join verdicts on verdicts.doc = texts.doc
    where texts.doc between $first and $last
)
select stage, rule, count(*) as documents
from fates
group by stage, rule
order by stage, documents desc, rule;
