-- What was decided, in numbers. Reads: survivors, contaminated. Grain: one row.
select
    (select count(*) from survivors) as read,
    (select count(*) from contaminated) as contaminated
order by read;
