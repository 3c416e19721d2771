-- An incident: unusually many events of one code, or none at all where some usually come, on one site or
-- across sites. It holds what was found when it was last looked at, so that it reads the same for ever.
create table incidents (
    id              bigint generated always as identity primary key,
    code            text,                     -- none: silence
    site_id         bigint,                   -- none: across sites; 0: events that belong to no site
    class           text             not null,
    onset           timestamptz      not null, -- the first unusual minute
    detected_at     timestamptz      not null,
    unusual_at      timestamptz      not null, -- the end of the last unusual minute
    closed_at       timestamptz,
    count           bigint           not null, -- events from the onset on
    expected        double precision not null, -- how many of them are usual
    explanation     jsonb            not null,
    fixed_at        timestamptz,
    fixed_by        bigint references audit_entries, -- the change that fixed it
    acknowledged_at timestamptz,
    acknowledged_by text,
    assignee        text,
    snoozed_until   timestamptz,
    planned         boolean          not null default false, -- an operator called it expected
    constraint incidents_class_known
        check (class in ('fixable', 'attack', 'noise', 'platform', 'silence')),
    constraint incidents_closed_after_onset check (closed_at is null or closed_at >= onset)
);
create unique index incidents_open_once
    on incidents (coalesce(code, ''), coalesce(site_id, -1)) where closed_at is null;
create index incidents_by_onset on incidents (onset desc, id desc);
create index incidents_by_site on incidents (site_id, id desc);

-- What happened to an incident, in order.
create table incident_steps (
    id          bigint generated always as identity primary key,
    incident_id bigint      not null references incidents,
    at          timestamptz not null,
    step        text        not null, -- as in `detected`, `acknowledged`, `note`
    actor       text        not null, -- an e-mail, or `sitekeeper`
    told        text        not null,
    constraint incident_steps_told_length check (char_length(told) <= 4000)
);
create index incident_steps_by_incident on incident_steps (incident_id, id);

-- How easily a site's incidents are opened; one without a row is normal.
create table incident_sensitivities (
    site_id     bigint primary key references sites,
    sensitivity text not null,
    constraint incident_sensitivities_known check (sensitivity in ('low', 'normal', 'high'))
);
