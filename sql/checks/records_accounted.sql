-- Records of documents that did not come to exactly one end: a text, or a rejection. Also ends without a record, and records that stand
-- twice. A record that was looked at for opt-outs was a document; of ready text, whose rows are all documents, the ends alone tell.
-- Reads: records, texts, rejections (of extraction). Grain: one row a record; none when healthy.
with counted as (
    select doc, 1 as recorded, (opt_outs is not null)::int as is_document, 0 as texts, 0 as rejected from records
    union all
    select doc, 0, 1, 1, 0 from texts
    union all
    select doc, 0, 1, 0, 1 from rejections
)
select doc, sum(recorded)::bigint as records, sum(texts)::bigint as texts, sum(rejected)::bigint as rejections
from counted
group by doc
having sum(recorded) <> 1 or sum(texts) + sum(rejected) <> max(is_document)
order by doc;
