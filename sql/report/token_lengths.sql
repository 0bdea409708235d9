-- Documents by length in tokens, from one power of two to the next. Reads: places. Grain: one row a power that occurs.
select floor(log2(length))::integer as power, count(*) as documents, sum(length)::bigint as tokens
from places
where doc between $first and $last and length > 0
group by power
order by power;
