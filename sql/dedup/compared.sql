-- Reads pairs and signatures.
-- Makes compared: the pairs that meet $verify, and whether $scope lets the elder take the document out.
-- Similarity is the share of equal MinHash values, counted list by list: nothing is unnested. The values are what takes memory
-- here, and the same text is equal without a look at them.
-- Grain: one row a document and possible elder, elder < doc.
create temp table compared as
with
measured as (
    select doc, elder, same, 1.0::double as similarity
    from pairs
    where same
    union all
    select
        different.doc,
        different.elder,
        false as same,
        share_of_equals(young.signature, old.signature) as similarity
    from (select doc, elder from pairs where not same) as different
    join signatures as young on young.doc = different.doc
    join signatures as old on old.doc = different.elder
)
select
    doc,
    elder,
    same,
    similarity,
    $scope = 'all' or doc >> 48 = elder >> 48 as in_scope
from measured
where same or similarity >= $verify
