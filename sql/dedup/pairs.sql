-- Reads candidates and signatures.
-- Makes pairs: the candidates, and whether the texts are the same. A table of its own, so that DuckDB knows how few they are.
-- Grain: one row a document and possible elder, elder < doc.
create temp table pairs as
select
    candidates.doc,
    candidates.elder,
    young.exact = old.exact as same
from candidates
join signatures as young on young.doc = candidates.doc
join signatures as old on old.doc = candidates.elder
