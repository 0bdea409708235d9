-- Documents a stage lets through, as it stands and under the other recipe.
-- Reads: crawls (sequence, crawl), before, after, changes. Grain: one row a crawl, by sequence.
with counts as (
    select doc >> 48 as sequence, 1 as before, 0 as after, 0 as gained, 0 as lost from before
    union all
    select doc >> 48, 0, 1, 0, 0 from after
    union all
    select doc >> 48, 0, 0, gained::int, (not gained)::int from changes
)
select
    crawls.crawl,
    coalesce(sum(counts.before), 0)::bigint as before,
    coalesce(sum(counts.after), 0)::bigint as after,
    coalesce(sum(counts.gained), 0)::bigint as gained,
    coalesce(sum(counts.lost), 0)::bigint as lost
from crawls
left join counts on counts.sequence = crawls.sequence
group by crawls.sequence, crawls.crawl
order by crawls.sequence;
