create table sites (
    id                  bigint generated always as identity primary key,
    name                text        not null,
    state               text        not null default 'active',
    state_before_delete text,
    state_changed_at    timestamptz not null,
    any_hostname        boolean     not null default false, -- the domain check is off
    missing_referer     text        not null default 'deny',
    version             bigint      not null default 1,     -- a write names the version it read
    sample              boolean     not null default false, -- made by the demo, removed with it
    created_at          timestamptz not null,
    constraint sites_name_length check (char_length(name) between 1 and 120),
    constraint sites_state_known check (state in ('active', 'paused', 'deleted')),
    constraint sites_missing_referer_known check (missing_referer in ('deny', 'allow')),
    constraint sites_state_before_delete_known check (
        (state = 'deleted') = (state_before_delete is not null)
        and state_before_delete in ('active', 'paused'))
);
create index sites_by_name on sites (lower(name), id);
