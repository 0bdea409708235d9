-- The documents that share more with an evaluation set than is allowed, each with the item it shares most with.
-- Reads: survivors, contamination, $most (places of a document at which n-grams of one item may begin).
-- Grain: one row such a document.
create temp table contaminated as
select contamination.doc, contamination.evaluation, contamination.item, contamination.ngrams
from contamination
semi join survivors on survivors.doc = contamination.doc
where contamination.ngrams > $most
qualify row_number() over (
    partition by contamination.doc
    order by contamination.ngrams desc, contamination.evaluation, contamination.item
) = 1;
