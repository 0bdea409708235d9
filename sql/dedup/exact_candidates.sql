-- Reads members.
-- Makes candidates: the first document with the same normalised text, if $exact; with $scope 'crawl' also the first one
-- within the document's own crawl, where the first of all is of an older crawl.
-- Grain: one row a document and possible elder, elder < doc.
create temp table candidates as
with
firsts as (
    select exact, min(doc) as first
    from members
    where $exact
    group by exact
    having count(*) > 1
),
copies as materialized (
    select members.doc, members.crawl, exact, firsts.first
    from members
    join firsts using (exact)
    where firsts.first < members.doc
),
own_firsts as (
    select exact, crawl, min(doc) as first
    from copies
    where $scope = 'crawl' and first >> 48 < crawl
    group by exact, crawl
)
select doc, first as elder
from copies
union
select copies.doc, own_firsts.first as elder
from copies
join own_firsts using (exact, crawl)
where own_firsts.first < copies.doc
