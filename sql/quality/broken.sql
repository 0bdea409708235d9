-- Every bound that a document breaks.
-- reads: signals (a row a document: doc, language, and a double for each signal), bounds (a row a bound, by position)
-- gives: doc, position, rule, value (null where not measured), low, high, detail (why, where the bounds do not say)
-- grain: a document and a rule it breaks
-- A bound includes its ends unless they are open. NaN and null lie in none.
with
measured as (
    select doc, language, signal, value
    from signals
    unpivot include nulls (value for signal in (columns(* exclude (doc, language))))
),
rules as (
    select rule, any_value(signal) as signal, min(position) as position
    from bounds
    group by rule
),
languages as (
    select distinct language from signals
),
-- What a rule asks of a language: the bound that names it, else the one that names none, else nothing it could meet.
asked as (
    select
        rules.rule,
        rules.signal,
        rules.position,
        languages.language,
        bounds.rule is null as is_foreign,
        bounds.low,
        bounds.high,
        bounds.low_open,
        bounds.high_open
    from rules
    cross join languages
    left join bounds
        on bounds.rule = rules.rule
        and (bounds.language = languages.language or bounds.language is null)
    qualify row_number() over (
        partition by rules.rule, languages.language
        order by bounds.language nulls last
    ) = 1
)
select
    measured.doc,
    asked.position,
    asked.rule,
    measured.value,
    asked.low,
    asked.high,
    case when asked.is_foreign then measured.language end as detail
from measured
join asked
    on asked.language = measured.language
    and asked.signal = measured.signal
where asked.is_foreign
    or measured.value is null
    or isnan(measured.value)
    or measured.value < asked.low
    or measured.value > asked.high
    or (asked.low_open and measured.value = asked.low)
    or (asked.high_open and measured.value = asked.high)
