-- Counts on their way into the rollups. A transaction of the writer leaves one row: what it has counted, added up by
-- minute, site, sitekey, code, source and host, one place in each array a key. Whoever answers a sender has committed it
-- together with the ids; the poster adds what waits to every rollup and deletes it, in one transaction.
--
-- Rows are read by their order and deleted young, so the table stays small; its arrays change hands once and are not worth
-- compressing.
create table journal (
    seq        bigint generated always as identity primary key,
    entered_at timestamptz   not null, -- by our clock
    keys       integer       not null, -- the length of the arrays
    minutes    timestamptz[] not null,
    sites      bigint[]      not null,
    sitekeys   bigint[]      not null,
    codes      integer[]     not null,
    sources    integer[]     not null,
    hosts      text[]        not null, -- as in host_hour
    counts     bigint[]      not null,
    first_seen timestamptz[] not null, -- both by the events' own time
    last_seen  timestamptz[] not null
) with (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 2000,
    toast.autovacuum_vacuum_cost_delay = 0
);
alter table journal
    alter column minutes set storage external,
    alter column sites set storage external,
    alter column sitekeys set storage external,
    alter column codes set storage external,
    alter column sources set storage external,
    alter column hosts set storage external,
    alter column counts set storage external,
    alter column first_seen set storage external,
    alter column last_seen set storage external;
