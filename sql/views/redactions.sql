-- Redactions by crawl, field and kind. Reads: findings, crawls. Grain: one row a crawl, field and kind.
create view redactions as
select crawls.crawl, findings.field, findings.kind, count(*) as redactions, count(distinct findings.doc) as documents
from findings
join crawls on crawls.sequence = findings.doc // 281474976710656
group by all
order by all;
