-- Changed documents by the rule that decides. Reads: deciding. Grain: one row a stage and rule, the largest first.
select
    stage,
    rule,
    count(*) filter (where gained) as gained,
    count(*) filter (where not gained) as lost
from deciding
group by stage, rule
order by count(*) desc, stage, rule;
