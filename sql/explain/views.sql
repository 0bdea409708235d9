-- Views and tables of the catalog. Reads: the catalog itself. Grain: one row a view or table.
select view_name as "view", 'view' as kind, sql as definition
from duckdb_views()
where not internal
union all
select table_name, 'table', sql
from duckdb_tables()
where not internal
order by "view";
