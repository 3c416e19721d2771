-- For how many days each table keeps its rows, as the server that started last was told; other
-- commands and other servers go by it. A table holds everything from its `since` on: before that
-- the retention was shorter once. One row.
create table retention (
    one              boolean     primary key default true,
    minute_days      integer     not null,
    hour_days        integer     not null,
    host_hour_days   integer     not null,
    sample_days      integer     not null,
    minute_since     timestamptz, -- null: always
    hour_since       timestamptz,
    host_hour_since  timestamptz,
    changed_at       timestamptz not null,
    constraint retention_one check (one)
);

-- The last run of the job that makes partitions ahead and drops old ones, by whichever server. One
-- row.
create table upkeep (
    one          boolean     primary key default true,
    ran_at       timestamptz not null,
    took_ms      bigint      not null,
    made         integer     not null, -- partitions
    dropped      integer     not null,
    error        text, -- null: it went well
    succeeded_at timestamptz, -- the last run that went well
    constraint upkeep_one check (one)
);
