-- On which sites a code occurs, and the samples of one host.
--   code_sites  a row for each code that a site's events ever had, with the last minute in which one happened. Serves on
--               how many sites each code occurred since some time, without reading that time's rollups. last_seen has no
--               index, so that a newer one is written in place.
create table code_sites (
    code_id   integer     not null,
    site_id   bigint      not null, -- never 0: what belongs to no site is on none
    last_seen timestamptz not null, -- the start of the last minute with any, by the events' own time
    primary key (code_id, site_id)
) with (fillfactor = 70);

-- What is known already follows from the rollups that hold it; of an old bucket, its start.
insert into code_sites
select code_id, site_id, max(bucket)
from (select code_id, site_id, bucket from stats_minute
      union all select code_id, site_id, bucket from stats_hour
      union all select code_id, site_id, bucket from stats_day) as counted
where site_id <> 0
group by 1, 2
order by 1, 2;

-- The samples of one rejected host are found without going through all of its site and code.
create index samples_by_host on samples (site_id, code_id, host, time);
