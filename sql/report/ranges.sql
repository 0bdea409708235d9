-- What every signal spans. Reads: signals. Grain: one row a signal, by name.
-- NaN (a divisor of 0) is counted apart and spans nothing.
with measured as (
    select signal, value
    from signals
    unpivot include nulls (value for signal in (columns(* exclude (doc, language))))
    where doc between $first and $last
)
select
    signal,
    min(value) filter (where not isnan(value)) as least,
    max(value) filter (where not isnan(value)) as most,
    count(*) filter (where value is null or isnan(value)) as missing
from measured
group by signal
order by signal;
