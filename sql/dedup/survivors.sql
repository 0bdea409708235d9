-- Reads filtered (documents within all bounds, of this crawl) and elders (of every crawl).
-- Gives the documents that stay, and the root of their family. Roots are found by pointer jumping: each round doubles how far
-- a root is from its document, so a chain of a million copies takes twenty rounds. Elders are smaller, so it ends.
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
    select doc
    from elders
    where removed
)
select
    filtered.doc,
    coalesce(roots.root, filtered.doc) as family
from filtered
anti join removed on filtered.doc = removed.doc
left join roots on filtered.doc = roots.doc
order by filtered.doc
