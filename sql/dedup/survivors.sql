-- Reads filtered (documents within all bounds, of this crawl) and elders (of every crawl).
-- Gives the documents that stay, the root of their family, and for how many documents of this crawl each stands: itself, and
-- those removed whose chain of elders ends with it. Ends are found by pointer jumping: each round doubles how far an end is from
-- its document, so a chain of a million copies takes twenty rounds. Elders are smaller, so it ends.
-- Grain: one row a surviving document, by doc.
with recursive
roots (doc, root) using key (doc) as (
    select doc, elder
    from elders
    union
    select near.doc, far.root
    from roots as near
    join recurring.roots as far on near.root = far.doc
),
removed as (
    select elders.doc, elders.elder
    from elders
    semi join filtered using (doc)
    where elders.removed
),
heads (doc, head) using key (doc) as (
    select doc, elder
    from removed
    union
    select near.doc, far.head
    from heads as near
    join recurring.heads as far on near.head = far.doc
),
stood_for as (
    select head as doc, count(*) as copies
    from heads
    group by head
)
select
    filtered.doc,
    coalesce(roots.root, filtered.doc) as family,
    (1 + coalesce(stood_for.copies, 0))::uinteger as cluster_size
from filtered
anti join removed on filtered.doc = removed.doc
left join roots on filtered.doc = roots.doc
left join stood_for on filtered.doc = stood_for.doc
order by filtered.doc
