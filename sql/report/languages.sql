-- Languages, the $most largest. Reads: signals, corpus. Grain: one row a language, by extracted documents.
select signals.language, count(*) as extracted, count(corpus.doc) as kept
from signals
left join corpus on corpus.doc = signals.doc
where signals.doc between $first and $last
group by signals.language
order by extracted desc, signals.language
limit $most;
