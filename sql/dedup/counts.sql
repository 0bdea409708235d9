-- Reads filtered (documents within all bounds, of this crawl) and elders (of every crawl).
-- Gives how many documents came in, were removed as exact or near copies, or were kept although they have an elder.
-- Grain: one row.
select
    count(*) as read,
    count(*) filter (where elders.removed and elders.kind = 'exact') as exact,
    count(*) filter (where elders.removed and elders.kind = 'near') as near,
    count(*) filter (where not elders.removed) as kept_copies
from filtered
left join elders using (doc)
