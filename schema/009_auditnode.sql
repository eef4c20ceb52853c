-- The stored hashes of the audit log again, so that a lookup of one uses the
-- index on its side of the union.
drop view hf.admin_audit_node;
create view hf.admin_audit_node as
select 0::smallint as level, l.seq as at, encode(l.hash, 'hex') as node from hf.audit_leaf l
union all select n.level, n.at, encode(n.hash, 'hex') from hf.audit_node n;
grant select on hf.admin_audit_node to hf_admin;
