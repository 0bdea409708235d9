-- Drops members, once every band has been looked at: what follows needs the memory.
drop table members
