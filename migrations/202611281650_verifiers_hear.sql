-- In which minutes of an hour a source was heard of, by our clock: its rhythm, which tells a silence
-- from a pause. Bit 0 is the first minute. At most one write a minute and source; hours older than
-- the two weeks before a source's last sign of life are deleted by the hourly job.
create table source_hours (
    source_id integer     not null,
    hour      timestamptz not null,
    minutes   bigint      not null,
    primary key (source_id, hour)
);

-- How far the newest event of a batch lay ahead of our clock when it arrived, in milliseconds, for
-- the last minutes in which a source was heard of, oldest first: below 0 it lay behind.
alter table sources add column leads integer[] not null default '{}';
