-- Reads compared.
-- Gives the pairs that $strategy 'cluster' joins: all that are in scope; none for another strategy.
-- Grain: one row a pair, by doc and elder.
select doc, elder
from compared
where $strategy = 'cluster' and in_scope
order by doc, elder
