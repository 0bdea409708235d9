-- Reads members and candidates, for one $band (from 1).
-- Adds to candidates: the first document in the same bucket of the band; with $scope 'crawl' also the first one within the
-- document's own crawl, where the first of all is of an older crawl. One band a query, so that memory is one band's.
-- Grain: one row a document and possible elder, elder < doc, no pair twice.
insert into candidates
with
keyed as not materialized (
    select doc, bands[$band] as bucket
    from members
    where bands is not null
),
firsts as (
    select bucket, min(doc) as first
    from keyed
    group by bucket
    having count(*) > 1
),
sharers as materialized (
    select keyed.doc, keyed.doc >> 48 as crawl, bucket, firsts.first
    from keyed
    join firsts using (bucket)
    where firsts.first < keyed.doc
),
own_firsts as (
    select bucket, crawl, min(doc) as first
    from sharers
    where $scope = 'crawl' and first >> 48 < crawl
    group by bucket, crawl
),
found as (
    select doc, first as elder
    from sharers
    union all -- an elder of the own crawl is never the first of all
    select sharers.doc, own_firsts.first as elder
    from sharers
    join own_firsts using (bucket, crawl)
    where own_firsts.first < sharers.doc
)
select doc, elder
from found
anti join candidates using (doc, elder)
