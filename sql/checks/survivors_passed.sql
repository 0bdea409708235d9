-- Survivors of deduplication that never passed the filters, or whose family's root did not.
-- Reads: survivors, passed, elders (keys that passed in older crawls). Grain: one row a document; none when healthy.
select survivors.doc, survivors.family
from survivors
where survivors.doc not in (select doc from passed)
    or survivors.family not in (select doc from passed union all select doc from elders)
order by survivors.doc;
