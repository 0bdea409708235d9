-- What a corpus holds by crawl and language. Reads: corpus. Grain: one row a crawl and language.
select dump as crawl, language, count(*) as documents, cast(sum(strlen(text)) as ubigint) as text_bytes
from corpus
group by dump, language
order by crawl, documents desc, language;
