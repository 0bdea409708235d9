-- The hosts that most of a corpus comes from. Reads: corpus. Grain: one row a host, $most of them.
select lower(regexp_extract(url, '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]+)', 1)) as host, count(*) as documents
from corpus
group by host
having host <> ''
order by documents desc, host
limit $most;
