-- Tags group sites in the list. A pause can say why, and end by itself.
alter table sites
    add column tags         text[] not null default '{}',
    add column pause_reason text,
    add column starts_at    timestamptz, -- when a paused site starts by itself
    add constraint sites_tags_few check (cardinality(tags) <= 20),
    add constraint sites_pause_reason_length check (char_length(pause_reason) between 1 and 200),
    add constraint sites_paused_only check (
        state = 'paused' or state_before_delete = 'paused'
        or (pause_reason is null and starts_at is null));
create index sites_starting on sites (starts_at) where starts_at is not null;
create index sites_by_tag on sites using gin (tags);
