-- Keys that stand more than once in a table. Reads: keys. Grain: one row a key; none when healthy.
select doc, count(*) as times
from keys
group by doc
having count(*) > 1
order by doc;
