-- Families with documents in more than one split. Reads: places, survivors. Grain: one row a family; none when healthy.
select survivors.family, count(distinct places.split) as splits
from places
join survivors on survivors.doc = places.doc
group by survivors.family
having count(distinct places.split) > 1
order by survivors.family;
