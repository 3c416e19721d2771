-- Bearer tokens of the machine API. Only the SHA-256 of a token is kept.
create table tokens (
    id           bigint generated always as identity primary key,
    name         text        not null,
    token_hash   bytea       not null,
    last_four    text        not null,
    scopes       text[]      not null,
    created_at   timestamptz not null,
    last_used_at timestamptz,
    revoked_at   timestamptz,
    constraint tokens_name_length check (char_length(name) between 1 and 120),
    constraint tokens_token_hash_unique unique (token_hash)
);
