-- URLs that contain a piece of text, for whoever mistyped one. Reads: records. Grain: one row a URL.
select distinct url
from records
where contains(lower(url), lower($piece))
order by url
limit 5;
