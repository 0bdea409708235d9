-- Why each rejected document was rejected: the first bound it broke, in the order of the recipe.
-- reads: broken (sql/quality/broken), $stage
-- gives: the columns of every table of rejections
-- grain: a document that broke at least one bound
select
    doc,
    $stage as stage,
    rule,
    value,
    low,
    high,
    detail
from broken
qualify row_number() over (partition by doc order by position) = 1
order by doc
