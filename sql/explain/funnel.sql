-- The funnel, of one crawl or of all. Reads: funnel. Grain: one row a crawl, stage and rule.
select crawl, stage, rule, documents
from funnel
where $crawl is null or crawl = $crawl
order by crawl, step, documents desc, rule;
