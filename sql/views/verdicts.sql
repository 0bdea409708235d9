-- The fate of every document: the rule that rejected it, or that it was kept.
-- Reads: rejections, corpus, crawls. Grain: one row a document; a document still under way (its later stages not
-- materialized) has none.
create view verdicts as
with fates as (
    select doc, stage, rule, value, low, high, detail from rejections
    union all
    select doc, 'pii_scrubbed_corpus', 'kept', null, null, null, null from corpus
)
select
    fates.doc,
    doc_id(fates.doc) as id,
    crawls.crawl,
    fates.stage,
    fates.rule,
    fates.value,
    fates.low,
    fates.high,
    fates.detail
from fates
join crawls on crawls.sequence = fates.doc // 281474976710656;
