-- How many documents each rule took, in the order of the stages, and how many were kept in the end.
-- Reads: verdicts. Grain: one row a crawl, stage and rule.
create view funnel as
select
    crawl,
    case stage
        when 'extracted_text' then 1
        when 'filtered_docs' then 2
        when 'deduped_docs' then 3
        when 'selected_docs' then 4
        else case rule when 'kept' then 6 else 5 end
    end as step,
    stage,
    rule,
    count(*) as documents
from verdicts
group by crawl, stage, rule
order by crawl, step, documents desc, rule;
