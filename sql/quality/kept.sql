-- The documents within all bounds.
-- reads: signals (a row a document), broken (sql/quality/broken)
-- gives: doc
-- grain: a document that broke no bound
select signals.doc
from signals
anti join broken on broken.doc = signals.doc
order by signals.doc
