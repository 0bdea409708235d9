-- URLs of the same host or with the same end, the likest first, for whoever mistyped one. Reads: records. Grain: one row a URL.
select url
from records
where contains(lower(url), lower($host)) or contains(lower(url), lower($piece))
group by url
order by jaro_winkler_similarity(lower(url), lower($what)) desc, url
limit 5;
