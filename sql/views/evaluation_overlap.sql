-- What the documents left by deduplication share with evaluation sets, and how much of it the corpus holds.
-- Reads: evaluations, contamination, corpus, crawls. Grain: one row a crawl and a set, also where nothing is shared.
create view evaluation_overlap as
with sets as (
    select crawls.sequence, crawls.crawl, evaluations.evaluation, evaluations.items, evaluations.not_sought
    from evaluations
    join crawls on crawls.sequence = evaluations.sequence
),
shared as (
    select
        contamination.doc // 281474976710656 as sequence,
        contamination.evaluation,
        count(distinct contamination.doc) as documents,
        count(distinct contamination.item) as items_found,
        count(distinct contamination.doc) filter (where corpus.doc is not null) as documents_in_corpus,
        count(distinct contamination.item) filter (where corpus.doc is not null) as items_in_corpus
    from contamination
    left join corpus on corpus.doc = contamination.doc
    group by all
)
select
    sets.crawl,
    sets.evaluation,
    sets.items,
    sets.not_sought,
    coalesce(shared.items_found, 0) as items_found,
    coalesce(shared.documents, 0) as documents,
    coalesce(shared.items_in_corpus, 0) as items_in_corpus,
    coalesce(shared.documents_in_corpus, 0) as documents_in_corpus
from sets
left join shared on shared.sequence = sets.sequence and shared.evaluation = sets.evaluation
order by sets.sequence, sets.evaluation;
