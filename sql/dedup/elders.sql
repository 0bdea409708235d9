-- Reads candidates and signatures.
-- Makes elders: of a document's candidates that meet $verify, the smallest within $scope, which removes it, else the smallest.
-- Similarity is the share of equal MinHash values, counted list by list: nothing is unnested.
-- Grain: one row a document that has an elder, elder < doc.
create temp table elders as
with
pairs as (
    select
        candidates.doc,
        candidates.elder,
        young.exact = old.exact as same,
        young.signature as young_values,
        old.signature as old_values
    from candidates
    join signatures as young on young.doc = candidates.doc
    join signatures as old on old.doc = candidates.elder
),
compared as (
    select
        doc,
        elder,
        same,
        case
            when same then 1.0::double
            else len(list_filter(list_zip(young_values, old_values), lambda pair: pair[1] = pair[2]))::double / len(young_values)
        end as similarity,
        $scope = 'all' or doc >> 48 = elder >> 48 as in_scope
    from pairs
)
select
    doc,
    elder,
    case when same then 'exact' else 'near' end as kind,
    similarity,
    in_scope as removed
from compared
where same or similarity >= $verify
qualify row_number() over (partition by doc order by in_scope desc, elder) = 1
