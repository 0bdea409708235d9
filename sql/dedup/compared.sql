-- Reads candidates and signatures.
-- Makes compared: the candidates that meet $verify, and whether $scope lets them take the document out.
-- Similarity is the share of equal MinHash values, counted list by list: nothing is unnested.
-- Grain: one row a document and possible elder, elder < doc.
create temp table compared as
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
measured as (
    select
        doc,
        elder,
        same,
        case when same then 1.0::double else share_of_equals(young_values, old_values) end as similarity,
        $scope = 'all' or doc >> 48 = elder >> 48 as in_scope
    from pairs
)
select doc, elder, same, similarity, in_scope
from measured
where same or similarity >= $verify
