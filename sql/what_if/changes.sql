-- Reads before and after: documents a stage lets through, as it stands and under the other recipe.
-- Makes changes. Grain: one row a document that only one of them has.
create or replace temp table changes as
select coalesce(before.doc, after.doc) as doc, before.doc is null as gained
from before
full join after on after.doc = before.doc
where before.doc is null or after.doc is null;
