-- Small dictionaries keep the rollups narrow. Both are bounded by the writer; what no longer fits
-- is counted under the name `other`.
create table codes (
    id   integer generated always as identity primary key,
    code text not null,
    constraint codes_code_unique unique (code),
    constraint codes_code_length check (char_length(code) between 1 and 64)
);
create table sources (
    id         integer generated always as identity primary key,
    name       text        not null,
    first_seen timestamptz not null, -- both by our clock, at receipt
    last_seen  timestamptz not null,
    constraint sources_name_unique unique (name),
    constraint sources_name_length check (char_length(name) between 1 and 120)
);

-- Which (source, id) pairs were counted, as the first 128 bits of their SHA-256; and which
-- transactions of the writer were committed, each under a random id. One partition per UTC day of
-- receipt, and one that is never dropped for replayed logs, which may be replayed again years later.
-- PostgreSQL wants the partition column in the key, so the writer also looks into the neighbouring
-- days, and holds one advisory lock so that nothing changes between its look and its insert.
create table event_ids (
    day date not null, -- -infinity for replays
    id  uuid not null,
    primary key (day, id)
) partition by list (day);
create table event_ids_replayed partition of event_ids for values in ('-infinity');

-- A capped sample of raw events per site, code and minute, for investigation. Partitioned by day.
create table samples (
    time       timestamptz not null,
    site_id    bigint      not null, -- 0: unattributed
    code_id    integer     not null,
    source_id  integer     not null,
    sitekey    text, -- as it was sent
    host       text        not null, -- as in host_hour
    referer    bytea, -- as it was sent, perhaps not UTF-8
    client     text,
    trace      text,
    user_agent text
) partition by range (time);
create index samples_by_site_and_code on samples (site_id, code_id, time);
create index samples_by_code on samples (code_id, time);
