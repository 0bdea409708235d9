-- Views and tables of the catalog, with their columns. Reads: the catalog itself. Grain: one row a view or table.
with relations as (
    select view_name as name, sql as definition from duckdb_views() where not internal
    union all
    select table_name, sql from duckdb_tables() where not internal
)
select
    relations.name as "view",
    list(columns.column_name order by columns.column_index) as columns,
    any_value(relations.definition) as definition
from relations
join duckdb_columns() as columns on columns.table_name = relations.name and not columns.internal
group by relations.name
order by relations.name;
