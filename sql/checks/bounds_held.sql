-- Documents that passed without meeting every rule, and rejections of documents that meet the rule told, or whose value was another.
-- Counts the rules that a document meets, where sql/quality/broken lists those it breaks: one of them in error is told by the other.
-- Reads: signals, bounds, passed, rejections (of the filters). Grain: one row a fault; none when healthy.
with
measured as (
    select doc, language, signal, value
    from signals
    unpivot (value for signal in (columns(* exclude (doc, language))))
),
-- A language's own bound stands in for the rule's general one.
own as (
    select distinct rule, language from bounds where language is not null
),
met as (
    select measured.doc, bounds.rule, measured.value
    from measured
    join bounds on bounds.signal = measured.signal
    left join own on own.rule = bounds.rule and own.language = measured.language
    where bounds.language is not distinct from own.language
        and not isnan(measured.value)
        and case when bounds.low is null then true when bounds.low_open then measured.value > bounds.low else measured.value >= bounds.low end
        and case when bounds.high is null then true when bounds.high_open then measured.value < bounds.high else measured.value <= bounds.high end
),
rules as (
    select rule, any_value(signal) as signal from bounds group by rule
),
faults as (
    select passed.doc, 'passed, but meets fewer rules than there are' as fault, null as rule, count(distinct met.rule)::double as value
    from passed
    left join met on met.doc = passed.doc
    group by passed.doc
    having count(distinct met.rule) <> (select count(*) from rules)
    union all
    select rejections.doc, 'rejected, but meets the rule told of it', rejections.rule, rejections.value
    from rejections
    join met on met.doc = rejections.doc and met.rule = rejections.rule
    union all
    select rejections.doc, 'rejected by a rule that the recipe has not', rejections.rule, rejections.value
    from rejections
    anti join rules on rules.rule = rejections.rule
    union all
    select rejections.doc, 'rejected with another value than was measured', rejections.rule, rejections.value
    from rejections
    join rules on rules.rule = rejections.rule
    left join measured on measured.doc = rejections.doc and measured.signal = rules.signal
    where measured.value is distinct from rejections.value
)
select doc, fault, rule, value
from faults
order by doc, fault, rule;
