-- Reads passed (documents within all bounds, of every crawl) and signatures (of every crawl).
-- Makes candidates: the first document with the same normalised text, if $exact; with $scope 'crawl' also the first one
-- within the document's own crawl, where the first of all is of an older crawl.
-- Grain: one row a document and possible elder, elder < doc.
create temp table candidates as
with
keyed as materialized (
    select signatures.doc, signatures.exact
    from signatures
    semi join passed using (doc)
    where $exact
),
firsts as (
    select exact, min(doc) as first
    from keyed
    group by exact
    having count(*) > 1
),
copies as materialized (
    select keyed.doc, keyed.doc >> 48 as crawl, exact, firsts.first
    from keyed
    join firsts using (exact)
    where firsts.first < keyed.doc
),
own_firsts as (
    select exact, crawl, min(doc) as first
    from copies
    where $scope = 'crawl' and first >> 48 < crawl
    group by exact, crawl
)
select doc, first as elder
from copies
union all -- an elder of the own crawl is never the first of all
select copies.doc, own_firsts.first as elder
from copies
join own_firsts using (exact, crawl)
where own_firsts.first < copies.doc
