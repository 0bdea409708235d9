-- Domains, the $most largest. Reads: texts, corpus, macro domain_of. Grain: one row a domain, by extracted documents.
select domain_of(texts.url) as domain, count(*) as extracted, count(corpus.doc) as kept
from texts
left join corpus on corpus.doc = texts.doc
where texts.doc between $first and $last
group by domain
order by extracted desc, domain
limit $most;
