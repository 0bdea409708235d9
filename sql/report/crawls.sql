-- What is left of each crawl, stage by stage. Reads: crawls, records, texts, passed, survivors, corpus, places.
-- Grain: one row a crawl, by sequence.
with counts as (
    select doc >> 48 as sequence, 1 as records, 0 as texts, 0 as passed, 0 as survivors, 0 as kept, 0 as tokens from records
    union all
    select doc >> 48, 0, 1, 0, 0, 0, 0 from texts
    union all
    select doc >> 48, 0, 0, 1, 0, 0, 0 from passed
    union all
    select doc >> 48, 0, 0, 0, 1, 0, 0 from survivors
    union all
    select doc >> 48, 0, 0, 0, 0, 1, 0 from corpus
    union all
    select doc >> 48, 0, 0, 0, 0, 0, length from places
)
select
    crawls.crawl,
    crawls.source,
    coalesce(sum(counts.records), 0)::bigint as records,
    coalesce(sum(counts.texts), 0)::bigint as extracted,
    coalesce(sum(counts.passed), 0)::bigint as passed,
    coalesce(sum(counts.survivors), 0)::bigint as deduplicated,
    coalesce(sum(counts.kept), 0)::bigint as kept,
    coalesce(sum(counts.tokens), 0)::bigint as tokens
from crawls
left join counts on counts.sequence = crawls.sequence
where crawls.sequence between $first >> 48 and $last >> 48
group by crawls.sequence, crawls.crawl, crawls.source
order by crawls.sequence;
