-- Reads compared, clusters (documents of a cluster but its oldest, the root; none unless the strategy makes clusters) and
-- signatures.
-- Makes elders: the root of a document's cluster, else of those it was compared with the smallest within scope, which removes
-- it, else the smallest.
-- Grain: one row a document that has an elder, elder < doc.
create temp table elders as
with
first_seen as (
    select doc, elder, same, similarity, in_scope as removed
    from compared
    anti join clusters using (doc)
    qualify row_number() over (partition by doc order by in_scope desc, elder) = 1
),
clustered as (
    select
        clusters.doc,
        clusters.root as elder,
        young.exact = old.exact as same,
        coalesce(share_of_equals(young.signature, old.signature), 1.0) as similarity,
        true as removed
    from clusters
    join signatures as young on young.doc = clusters.doc
    join signatures as old on old.doc = clusters.root
)
select
    doc,
    elder,
    case when same then 'exact' else 'near' end as kind,
    case when same then 1.0::double else similarity end as similarity,
    removed
from (from first_seen union all from clustered)
