-- Every record that was taken for a document, with its place in its file, its title and language where they were found,
-- and its fate. Reads: records, texts, signals, verdicts, crawls. Grain: one row a document.
create view documents as
select
    records.doc,
    doc_id(records.doc) as id,
    crawls.crawl,
    records.url,
    records.status,
    records.mime,
    records.date,
    records."offset",
    records.length,
    texts.title,
    signals.language,
    signals.language_score,
    strlen(texts.text) as text_bytes,
    verdicts.stage,
    verdicts.rule,
    verdicts.value,
    verdicts.low,
    verdicts.high,
    verdicts.detail
from records
join crawls on crawls.sequence = records.doc // 281474976710656
left join texts on texts.doc = records.doc
left join signals on signals.doc = records.doc
left join verdicts on verdicts.doc = records.doc
where texts.doc is not null or verdicts.doc is not null;
