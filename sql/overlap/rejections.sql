-- Why documents are kept out of the corpus. Reads: unwanted, $stage.
-- Grain: one row a rejected document, in the columns of every table of rejections.
select doc, $stage as stage, rule, value, null::double as low, high, detail
from unwanted
order by doc;
