-- The documents of the corpus. Reads: survivors, unwanted. Grain: one row a document.
select survivors.doc
from survivors
anti join unwanted on unwanted.doc = survivors.doc
order by survivors.doc;
