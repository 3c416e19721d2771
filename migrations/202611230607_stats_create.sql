-- Rollups. Every event is counted once in each family, at each size of bucket that its retention
-- still holds:
--   stats_*   everything: site, sitekey, code, source. Serves whatever names a site.
--   totals_*  all sites together, by code and source. Its size does not depend on the sites.
--   sites_*   by site and code, and by site alone (code_id 0). Serves rankings and lists of sites.
-- site_id and sitekey_id are 0 where an event has none; buckets begin at UTC minutes, hours and days.
-- Partitions are made and dropped by our own job: minutes by day, hours by month.
-- Counts are updated in place all the time: the free space lets PostgreSQL do that without touching
-- an index (it cannot be set on a partitioned table, so the job sets it on each partition).
create table stats_minute (
    bucket     timestamptz not null,
    site_id    bigint      not null,
    code_id    integer     not null,
    sitekey_id bigint      not null,
    source_id  integer     not null,
    count      bigint      not null,
    primary key (bucket, site_id, code_id, sitekey_id, source_id)
) partition by range (bucket);

create table stats_hour (
    bucket     timestamptz not null,
    site_id    bigint      not null,
    code_id    integer     not null,
    sitekey_id bigint      not null,
    source_id  integer     not null,
    count      bigint      not null,
    primary key (bucket, site_id, code_id, sitekey_id, source_id)
) partition by range (bucket);

create table stats_day (
    bucket     timestamptz not null,
    site_id    bigint      not null,
    code_id    integer     not null,
    sitekey_id bigint      not null,
    source_id  integer     not null,
    count      bigint      not null,
    primary key (bucket, site_id, code_id, sitekey_id, source_id)
) with (fillfactor = 80);

create table totals_minute (
    bucket    timestamptz not null,
    code_id   integer     not null,
    source_id integer     not null,
    count     bigint      not null,
    primary key (bucket, code_id, source_id)
) partition by range (bucket);

create table totals_hour (
    bucket    timestamptz not null,
    code_id   integer     not null,
    source_id integer     not null,
    count     bigint      not null,
    primary key (bucket, code_id, source_id)
) partition by range (bucket);

create table totals_day (
    bucket    timestamptz not null,
    code_id   integer     not null,
    source_id integer     not null,
    count     bigint      not null,
    primary key (bucket, code_id, source_id)
) with (fillfactor = 80);

create table sites_hour (
    bucket  timestamptz not null,
    code_id integer     not null,
    site_id bigint      not null,
    count   bigint      not null,
    primary key (bucket, code_id, site_id)
) partition by range (bucket);

create table sites_day (
    bucket  timestamptz not null,
    code_id integer     not null,
    site_id bigint      not null,
    count   bigint      not null,
    primary key (bucket, code_id, site_id)
) with (fillfactor = 80);

-- Hosts in their own rollups: a referer is attacker-controlled, so each site, code and bucket holds
-- a bounded number of hosts, and all others are counted together in a row whose host is '*'.
-- host '': no referer; '?': a referer without a usable host.
create table host_hour (
    bucket     timestamptz not null,
    code_id    integer     not null,
    site_id    bigint      not null,
    host       text        not null,
    count      bigint      not null,
    first_seen timestamptz not null, -- both by the events' own time
    last_seen  timestamptz not null,
    primary key (bucket, code_id, site_id, host)
) partition by range (bucket);

create table host_day (
    bucket     timestamptz not null,
    code_id    integer     not null,
    site_id    bigint      not null,
    host       text        not null,
    count      bigint      not null,
    first_seen timestamptz not null,
    last_seen  timestamptz not null,
    primary key (bucket, code_id, site_id, host)
) with (fillfactor = 80);
create index host_day_by_host on host_day (site_id, code_id, host);
