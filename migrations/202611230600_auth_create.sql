-- Administrators sign in to the console; their sessions live beside them.
create table administrators (
    id            bigint generated always as identity primary key,
    email         text        not null,
    password_hash text        not null, -- Argon2id, PHC string
    created_at    timestamptz not null,
    signed_in_at  timestamptz,
    constraint administrators_email_lowercase check (email = lower(email)),
    constraint administrators_email_unique unique (email)
);

-- A set-up link makes the first administrator. Only its SHA-256 is kept; one row at most.
create table setup_links (
    token_hash bytea       primary key,
    created_at timestamptz not null
);

create table sessions (
    id         text        primary key, -- SHA-256 of the cookie value, hex: a leaked dump signs nobody in
    data       jsonb       not null,
    expires_at timestamptz not null
);
create index sessions_expires_at on sessions (expires_at);
