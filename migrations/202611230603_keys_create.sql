create table sitekeys (
    id         bigint generated always as identity primary key,
    site_id    bigint      not null references sites,
    sitekey    text        not null,
    state      text        not null default 'active',
    retires_at timestamptz,
    created_at timestamptz not null,
    constraint sitekeys_sitekey_unique unique (sitekey),
    constraint sitekeys_state_known check (state in ('active', 'retiring', 'revoked')),
    constraint sitekeys_retires_at_when_retiring check ((state = 'retiring') = (retires_at is not null))
);
create index sitekeys_by_site on sitekeys (site_id);

-- Secrets are shown once; afterwards only their hash and last four characters remain.
create table secrets (
    id          bigint generated always as identity primary key,
    site_id     bigint      not null references sites,
    secret_hash bytea       not null, -- SHA-256
    last_four   text        not null,
    state       text        not null default 'active',
    retires_at  timestamptz,
    created_at  timestamptz not null,
    constraint secrets_secret_hash_unique unique (secret_hash),
    constraint secrets_state_known check (state in ('active', 'retiring', 'revoked')),
    constraint secrets_retires_at_when_retiring check ((state = 'retiring') = (retires_at is not null))
);
create index secrets_by_site on secrets (site_id);
