-- Texts that were extracted but have neither a verdict in the filters nor passed them, or both.
-- Reads: texts, passed, rejections (of the filters). Grain: one row a document; none when healthy.
select texts.doc, (passed.doc is not null)::int + (rejections.doc is not null)::int as fates
from texts
left join passed on passed.doc = texts.doc
left join rejections on rejections.doc = texts.doc
where (passed.doc is not null) = (rejections.doc is not null)
order by texts.doc;
