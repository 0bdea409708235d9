-- Why documents are kept out of the corpus. Reads: contaminated, $rejecting, $stage, $rule, $most (the bound).
-- Grain: one row a rejected document, in the columns of every table of rejections.
select
    doc,
    $stage as stage,
    $rule as rule,
    ngrams::double as value,
    null::double as low,
    $most::double as high,
    format('{}, item {}', evaluation, item) as detail
from contaminated
where $rejecting
order by doc;
