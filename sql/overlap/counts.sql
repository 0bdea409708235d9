-- What was decided, in numbers. Reads: survivors, contaminated, unwanted. Grain: one row.
select
    (select count(*) from survivors) as read,
    (select count(*) from contaminated) as contaminated,
    (select count(*) from unwanted where rule = 'forgotten') as forgotten,
    (select count(*) from unwanted where rule = 'contamination') as contamination,
    (select count(*) from unwanted where rule = 'repeated_lines') as repeated_lines,
    (select count(*) from unwanted where rule = 'repeated_passages') as repeated_passages
order by read;
