-- What decides of each changed document: of a lost one the rule that would take it, of a gained one the rule that took it.
-- Reads: changes, rejections_before, rejections_after (of the filters and of deduplication).
-- Makes deciding. Grain: one row a changed document; no rule where it was never decided.
create or replace temp table deciding as
with rejections as (
    select true as gained, rejections_before.* from rejections_before
    union all
    select false, rejections_after.* from rejections_after
)
select
    changes.doc,
    changes.gained,
    rejections.stage,
    rejections.rule,
    rejections.value,
    rejections.low,
    rejections.high,
    rejections.detail
from changes
left join rejections on rejections.doc = changes.doc and rejections.gained = changes.gained;
