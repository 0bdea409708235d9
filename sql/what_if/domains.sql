-- Changed documents by domain, the $most largest. Reads: changes, texts, macro domain_of. Grain: one row a domain.
select
    domain_of(texts.url) as domain,
    count(*) filter (where changes.gained) as gained,
    count(*) filter (where not changes.gained) as lost
from changes
join texts on texts.doc = changes.doc
group by domain
order by count(*) desc, domain
limit $most;
