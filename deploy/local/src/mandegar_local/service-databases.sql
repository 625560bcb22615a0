-- One service's roles and database, as a query that gives the statements to run, one per row and in order.
-- Expects the settings mandegar.service, mandegar.database, mandegar.owner_password, mandegar.worker_password and
-- mandegar.web_password. Used by the local stack and, with \gexec behind it, by deploy/postgres/init-databases.sh.
with wanted as (
    select current_setting('mandegar.service') as service, current_setting('mandegar.database') as database
), roles as (
    select ordinality as n, service || '_' || suffix as role, current_setting('mandegar.' || suffix || '_password') as password
    from wanted, unnest(array['owner', 'worker', 'web']) with ordinality as kinds (suffix, ordinality)
)
select statement from (
    select n as step, format('create role %I login', role) as statement from roles
    where not exists (select from pg_roles where rolname = role)
    union all
    select 10 + n, format('alter role %I login nosuperuser nobypassrls password %L', role, password) from roles
    union all
    select 20, format('create database %I owner %I template template0 encoding ''UTF8''', database, service || '_owner') from wanted
    where not exists (select from pg_database where datname = database)
    union all
    select 21, format('revoke all on database %I from public', database) from wanted
    union all
    select 21, format('revoke connect on database %I from public', name) from unnest(array['postgres', 'template1']) as shared (name)
    where exists (select from pg_database where datname = name) and has_database_privilege('public', name, 'connect')
    union all
    select 22, format('grant connect on database %I to %I, %I', database, service || '_worker', service || '_web') from wanted
) as steps order by step
