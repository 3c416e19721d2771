-- Hosts over longer times, and of errors over shorter ones.
--   hosts           every host that ever came to a site, when it first did, and whether the gate ever denied it.
--                   Serves when a host was first seen, which hosts are new, and searching by name. As bounded as
--                   host_*, from which it follows.
--   code_host_week  as code_host_day, by weeks, which begin on UTC Mondays.
--   host_minute     as host_hour, by minutes, and of errors only. Serves what drives an incident, which begins at some
--                   minute. Its partitions are made and dropped by our own job, by day.
create table hosts (
    site_id    bigint      not null,
    host       text        not null, -- never '', '?' or '*'
    first_seen timestamptz not null, -- by the events' own time
    denied     boolean     not null,
    primary key (site_id, host)
);
create index hosts_denied_by_first_seen on hosts (first_seen desc) where denied;

create table code_host_week (
    bucket     timestamptz not null,
    code_id    integer     not null,
    host       text        not null,
    site_id    bigint      not null,
    count      bigint      not null,
    first_seen timestamptz not null,
    last_seen  timestamptz not null,
    primary key (bucket, code_id, host, site_id)
) with (fillfactor = 80);

create table host_minute (
    bucket     timestamptz not null,
    code_id    integer     not null,
    site_id    bigint      not null,
    host       text        not null,
    count      bigint      not null,
    first_seen timestamptz not null,
    last_seen  timestamptz not null,
    primary key (bucket, code_id, site_id, host)
) partition by range (bucket);

-- What is known already follows from the rollups that hold it.
insert into hosts
select site_id, host, min(first_seen),
       bool_or(code_id in (select id from codes where code in
           ('no_sitekey', 'sitekey_invalid', 'site_deleted', 'site_paused', 'referer_denied')))
from (select site_id, code_id, host, first_seen from host_day
      union all select site_id, code_id, host, first_seen from host_hour) as seen
where host not in ('', '?', '*')
group by 1, 2
order by 1, 2;

insert into code_host_week
with counted as (
    select date_bin('7 days', bucket, '1970-01-05 00:00+00') as bucket, code_id, host, site_id, sum(count) as count,
           min(first_seen) as first_seen, max(last_seen) as last_seen
    from code_host_day
    group by 1, 2, 3, 4),
ranked as (
    select *, site_id = -1 or row_number() over (
        partition by bucket, code_id, host in ('', '?', '*') order by count desc, host, site_id)
            > case when host in ('', '?') then 500 else 1000 end as folded
    from counted)
select bucket, code_id, case when folded and host not in ('', '?') then '*' else host end,
       case when folded then -1 else site_id end, sum(count), min(first_seen), max(last_seen)
from ranked
group by 1, 2, 3, 4
order by 1, 2, 3, 4;
