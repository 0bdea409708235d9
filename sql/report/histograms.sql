-- How a signal is spread over documents, and over those that passed the filters.
-- Reads: signals, passed, scales (signal, low, width, logarithmic: bins of ln(1 + value) rather than of value).
-- Grain: one row a signal and bin that holds a document, by both. What lies beyond the scale is in its first or last bin ($bins - 1).
with measured as (
    select doc, signal, value
    from signals
    unpivot (value for signal in (columns(* exclude (doc, language))))
    where doc between $first and $last
),
binned as (
    select
        measured.doc,
        measured.signal,
        greatest(0, least($bins - 1, floor((if(scales.logarithmic, ln(1 + measured.value), measured.value) - scales.low) / scales.width)))::integer as bin
    from measured
    join scales on scales.signal = measured.signal
    where not isnan(measured.value)
)
select binned.signal, binned.bin, count(*) as documents, count(passed.doc) as passed
from binned
left join passed on passed.doc = binned.doc
group by binned.signal, binned.bin
order by binned.signal, binned.bin;
