-- Copies by how alike their elder they are, in steps of a tenth. Reads: duplicates. Grain: one row a kind and step.
select kind, floor(similarity * 10 + 1e-9) / 10 as similarity, count(*) as documents, count(*) filter (where removed) as removed
from duplicates
where doc between $first and $last
group by all
order by kind, similarity desc;
