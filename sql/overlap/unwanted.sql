-- The documents that are to be forgotten or break a bound, each with the first reason: forgotten, contamination, repeated lines, repeated passages.
-- Reads: survivors, forgotten, contaminated, repetition, $rejecting (whether contaminated ones are rejected), $most (their bound),
-- $line_fraction and $passage_fraction (share of characters in repeated lines, of bytes in repeated passages, that is let through;
-- null for any).
-- Grain: one row such a document.
create temp table unwanted as
with broken as (
    select 0 as position, forgotten.doc, 'forgotten' as rule, null::double as value, null::double as high, forgotten.entry as detail
    from forgotten
    semi join survivors on survivors.doc = forgotten.doc
    union all
    select 1, doc, 'contamination', ngrams::double, $most::double, format('{}, item {}', evaluation, item)
    from contaminated
    where $rejecting
    union all
    select 2, repetition.doc, 'repeated_lines', repeated_line_characters / characters, $line_fraction::double, null
    from repetition
    semi join survivors on survivors.doc = repetition.doc
    where repeated_line_characters / characters > $line_fraction::double
    union all
    select 3, repetition.doc, 'repeated_passages', repeated_passage_bytes / bytes, $passage_fraction::double, null
    from repetition
    semi join survivors on survivors.doc = repetition.doc
    where bytes > 0 and repeated_passage_bytes / bytes > $passage_fraction::double
)
select doc, rule, value, high, detail
from broken
qualify row_number() over (partition by doc order by position) = 1;
