-- Who is told of incidents, and how. A webhook's address and its signing secret are what the sender needs to be able to
-- send, so they stand here as they are.
create table alert_rules (
    id          bigint generated always as identity primary key,
    name        text        not null,
    kind        text        not null,
    destination text        not null,               -- an address, or e-mail addresses with commas between them
    secret      text,                               -- signs webhooks
    site_id     bigint references sites on delete cascade, -- samples are deleted for good
    tag         text,                               -- without either: all sites
    classes     text[]      not null,
    quiet_from  smallint,                           -- minutes of the day, UTC
    quiet_to    smallint,
    enabled     boolean     not null default true,
    created_at  timestamptz not null,
    constraint alert_rules_name_length check (char_length(name) between 1 and 120),
    constraint alert_rules_name_unique unique (name),
    constraint alert_rules_kind_known check (kind in ('webhook', 'slack', 'email')),
    constraint alert_rules_destination_length check (char_length(destination) between 1 and 2000),
    constraint alert_rules_secret_of_webhooks check ((kind = 'webhook') = (secret is not null)),
    constraint alert_rules_sites_one_way check (site_id is null or tag is null),
    constraint alert_rules_classes_some check (cardinality(classes) between 1 and 10),
    constraint alert_rules_quiet_hours check (
        (quiet_from is null) = (quiet_to is null)
        and quiet_from between 0 and 1439 and quiet_to between 0 and 1439 and quiet_from <> quiet_to)
);

-- What waits to be sent: one row an incident and rule, which says the present state. A newer state replaces it.
create table alert_outbox (
    id            bigint generated always as identity primary key,
    rule_id       bigint      not null references alert_rules on delete cascade,
    incident      bigint      not null,
    notice        jsonb       not null,
    revision      integer     not null default 1, -- counts the states; a sender forgets only what it sent
    held          boolean     not null default false, -- maintenance kept it back
    attempts      smallint    not null default 0,
    due_at        timestamptz not null,
    claimed_until timestamptz,                    -- a process is sending it; it may have died
    constraint alert_outbox_one unique (rule_id, incident)
);
create index alert_outbox_due on alert_outbox (due_at);

-- What the receivers of a rule were told last of an incident that is open.
create table alert_told (
    rule_id  bigint      not null references alert_rules on delete cascade,
    incident bigint      not null,
    notice   jsonb       not null,
    told_at  timestamptz not null,
    primary key (rule_id, incident)
);

-- Every try to send, the newest 200 of each rule. Words of ours only: neither the address nor the answer.
create table alert_deliveries (
    id       bigint generated always as identity primary key,
    rule_id  bigint      not null references alert_rules on delete cascade,
    incident bigint,                -- none for a test
    said     text        not null,
    at       timestamptz not null,
    attempt  smallint    not null,
    status   smallint,
    problem  text,                  -- none: delivered
    took_ms  integer     not null,
    next_at  timestamptz,           -- when it is tried again
    constraint alert_deliveries_said_known check (said in ('opened', 'updated', 'resolved', 'test'))
);
create index alert_deliveries_by_rule on alert_deliveries (rule_id, id desc);

-- Times in which incidents are recorded, but nobody is told.
create table maintenance_windows (
    id         bigint generated always as identity primary key,
    name       text        not null,
    site_id    bigint references sites on delete cascade, -- all sites, if none
    starts_at  timestamptz not null,
    ends_at    timestamptz not null,
    reason     text        not null,
    created_at timestamptz not null,
    constraint maintenance_windows_name_length check (char_length(name) between 1 and 120),
    constraint maintenance_windows_reason_length check (char_length(reason) <= 200),
    constraint maintenance_windows_order check (starts_at < ends_at)
);
create index maintenance_windows_by_end on maintenance_windows (ends_at);
