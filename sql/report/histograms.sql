-- How a signal is spread over documents, and over those that passed the filters.
-- Reads: signals, passed, scales (signal, low, width, logarithmic: bins of ln(1 + value) rather than of value).
-- Grain: one row a signal and bin that holds a document, by both. What lies beyond the scale is in its first or last bin ($bins - 1).
with judged as (
    select signals.* exclude (doc, language), passed.doc is not null as has_passed
    from signals
    left join passed on passed.doc = signals.doc
    where signals.doc between $first and $last
),
measured as (
    select signal, value, has_passed
    from judged
    unpivot (value for signal in (columns(* exclude (has_passed))))
),
binned as (
    select
        measured.signal,
        measured.has_passed,
        greatest(0, least($bins - 1, floor((if(scales.logarithmic, ln(1 + measured.value), measured.value) - scales.low) / scales.width)))::integer as bin
    from measured
    join scales on scales.signal = measured.signal
    where not isnan(measured.value)
)
select signal, bin, count(*) as documents, count(*) filter (where has_passed) as passed
from binned
group by signal, bin
order by signal, bin;
