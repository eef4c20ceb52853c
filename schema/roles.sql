-- The roles of Holdfast and its database.  Run once by a superuser:
--
--   psql -v ON_ERROR_STOP=1 [-v dbname=holdfast] -f roles.sql postgres
--
-- (dist/embedded-db does it.)  May be run again.  No role has a password: on
-- the embedded cluster each is bound to an operating-system user by peer
-- authentication; a site with its own PostgreSQL uses peer or certificates.
-- What each role may do inside the database is granted by the migrations.

\if :{?dbname}
\else
\set dbname holdfast
\endif

do $$
declare
	r text;
begin
	foreach r in array array['hf_owner', 'hf_release', 'hf_web', 'hf_admin']
	loop
		if not exists (select from pg_roles where rolname = r) then
			execute format('create role %I login', r);
		end if;
		execute format('alter role %I login nosuperuser nocreatedb '
		    'nocreaterole noreplication nobypassrls', r);
	end loop;
end
$$;

-- The tap waits for these functions: a plan is made once a connection, and a
-- plan made while a table was small must not read all of it when it has grown.
alter role hf_release set plan_cache_mode = force_generic_plan;
alter role hf_release set enable_seqscan = off;
alter role hf_release set jit = off;
alter role hf_release set lock_timeout = '2s';
alter role hf_release set idle_in_transaction_session_timeout = '10s';
alter role hf_web set default_transaction_read_only = on;
alter role hf_web set statement_timeout = '5s';
alter role hf_web set idle_in_transaction_session_timeout = '10s';

select format('create database %I owner hf_owner encoding ''UTF8'' '
    'template template0 lc_collate ''C'' lc_ctype ''C.UTF-8''', :'dbname')
where not exists (select from pg_database where datname = :'dbname') \gexec

revoke all on database :"dbname" from public;
grant connect on database :"dbname" to hf_owner, hf_release, hf_web, hf_admin;
\connect :dbname
revoke all on schema public from public;
