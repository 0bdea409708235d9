-- Documents whose title or text holds some words, with what stands around them. What is looked through is the corpus, so that nobody
-- finds by it what was redacted. Reads: corpus. Grain: one row a document, by doc, at most $most.
with found as (
    select doc, id, dump as crawl, url, title, language, text, strpos(lower(text), lower($words)) as place
    from corpus
    where contains(lower(text), lower($words)) or contains(lower(title), lower($words))
    order by doc
    limit $most
)
select
    doc,
    id,
    crawl,
    url,
    title,
    language,
    'pii_scrubbed_corpus' as stage,
    'kept' as rule,
    text[greatest(1, place - $around):place + length($words) + $around] as excerpt,
    place - $around > 1 as cut_before,
    place + length($words) + $around < length(text) as cut_behind
from found
order by doc;
