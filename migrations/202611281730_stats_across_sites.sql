-- Rollups for questions over all sites at once.
--   sitekeys_*   by site, sitekey and code, and by site and sitekey alone (code_id 0). Serves rankings
--                and lists of sites and of sitekeys. Takes the place of sites_*, and adds weeks, which
--                begin on UTC Mondays.
--   code_host_*  hosts by code over all sites, and of all errors together (code_id -1). Bounded for
--                each code and bucket: those with the fewest events are folded into one row without a
--                site (site_id -1), whose host is '*', or '' or '?' as in host_*.
create table sitekeys_hour (
    bucket     timestamptz not null,
    code_id    integer     not null,
    site_id    bigint      not null,
    sitekey_id bigint      not null,
    count      bigint      not null,
    primary key (bucket, code_id, site_id, sitekey_id)
) partition by range (bucket);

create table sitekeys_day (
    bucket     timestamptz not null,
    code_id    integer     not null,
    site_id    bigint      not null,
    sitekey_id bigint      not null,
    count      bigint      not null,
    primary key (bucket, code_id, site_id, sitekey_id)
) with (fillfactor = 80);

create table sitekeys_week (
    bucket     timestamptz not null,
    code_id    integer     not null,
    site_id    bigint      not null,
    sitekey_id bigint      not null,
    count      bigint      not null,
    primary key (bucket, code_id, site_id, sitekey_id)
) with (fillfactor = 80);

create table code_host_hour (
    bucket     timestamptz not null,
    code_id    integer     not null,
    host       text        not null,
    site_id    bigint      not null,
    count      bigint      not null,
    first_seen timestamptz not null,
    last_seen  timestamptz not null,
    primary key (bucket, code_id, host, site_id)
) partition by range (bucket);

create table code_host_day (
    bucket     timestamptz not null,
    code_id    integer     not null,
    host       text        not null,
    site_id    bigint      not null,
    count      bigint      not null,
    first_seen timestamptz not null,
    last_seen  timestamptz not null,
    primary key (bucket, code_id, host, site_id)
) with (fillfactor = 80);

-- What is known already is counted again from the rollups that hold it, into partitions like theirs.
do $$
declare
    part record;
begin
    for part in
        select child.relname::text as name, parent.relname::text as parent,
               case parent.relname when 'stats_hour' then 'sitekeys_hour' else 'code_host_hour' end as target,
               pg_get_expr(child.relpartbound, child.oid) as bounds
        from pg_inherits
        join pg_class as child on child.oid = inhrelid
        join pg_class as parent on parent.oid = inhparent
        where inhparent in ('stats_hour'::regclass, 'host_hour'::regclass)
    loop
        execute format('create table %I (like %I including all) with (fillfactor = 80)',
                       replace(part.name, part.parent, part.target), part.target);
        execute format('alter table %I attach partition %I %s',
                       part.target, replace(part.name, part.parent, part.target), part.bounds);
    end loop;
end
$$;

insert into sitekeys_hour
select bucket, code_of.id, site_id, sitekey_id, sum(count)
from stats_hour cross join lateral (values (code_id), (0)) as code_of (id)
group by 1, 2, 3, 4
order by 1, 2, 3, 4;

insert into sitekeys_day
select bucket, code_of.id, site_id, sitekey_id, sum(count)
from stats_day cross join lateral (values (code_id), (0)) as code_of (id)
group by 1, 2, 3, 4
order by 1, 2, 3, 4;

insert into sitekeys_week
select date_bin('7 days', bucket, '1970-01-05 00:00+00'), code_id, site_id, sitekey_id, sum(count)
from sitekeys_day
group by 1, 2, 3, 4
order by 1, 2, 3, 4;

-- Hosts beyond the first so many of a bucket and code fold into one; a host of '*' belongs to no site.
insert into code_host_hour
with counted as (
    select bucket, code_of.id as code_id, host, site_id, sum(count) as count,
           min(first_seen) as first_seen, max(last_seen) as last_seen
    from host_hour
    cross join lateral (
        select host_hour.code_id as id
        union all select -1 where host_hour.code_id not in (select id from codes where code = 'ok')) as code_of
    group by 1, 2, 3, 4),
ranked as (
    select *, host = '*' or row_number() over (
        partition by bucket, code_id, host in ('', '?', '*') order by count desc, host, site_id)
            > case when host in ('', '?') then 250 else 500 end as folded
    from counted)
select bucket, code_id, case when folded and host not in ('', '?') then '*' else host end,
       case when folded then -1 else site_id end, sum(count), min(first_seen), max(last_seen)
from ranked
group by 1, 2, 3, 4
order by 1, 2, 3, 4;

insert into code_host_day
with counted as (
    select bucket, code_of.id as code_id, host, site_id, sum(count) as count,
           min(first_seen) as first_seen, max(last_seen) as last_seen
    from host_day
    cross join lateral (
        select host_day.code_id as id
        union all select -1 where host_day.code_id not in (select id from codes where code = 'ok')) as code_of
    group by 1, 2, 3, 4),
ranked as (
    select *, host = '*' or row_number() over (
        partition by bucket, code_id, host in ('', '?', '*') order by count desc, host, site_id)
            > case when host in ('', '?') then 500 else 1000 end as folded
    from counted)
select bucket, code_id, case when folded and host not in ('', '?') then '*' else host end,
       case when folded then -1 else site_id end, sum(count), min(first_seen), max(last_seen)
from ranked
group by 1, 2, 3, 4
order by 1, 2, 3, 4;

-- One host on whichever site.
create index host_hour_by_name on host_hour (host, bucket);
create index host_day_by_name on host_day (host, bucket);

-- A server of the release before adds to these and not to the new ones. Without them it takes no event,
-- and its senders send again: nothing is counted by halves.
drop table sites_hour;
drop table sites_day;
