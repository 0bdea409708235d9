-- How often each document was copied. Reads: duplicates. Grain: one row a document that is someone's elder.
create view copies as
select
    elder as doc,
    doc_id(elder) as id,
    count(*) as copies,
    count(*) filter (where kind = 'exact') as exact,
    count(*) filter (where removed) as removed
from duplicates
group by elder
order by elder;
