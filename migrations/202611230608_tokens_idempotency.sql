-- What a POST of the machine API was answered, by its Idempotency-Key, so that sending it again does
-- nothing again. Kept for a day; each new key sweeps those that are older.
create table idempotency_keys (
    token_id     bigint      not null references tokens,
    key          text        not null,
    request_hash bytea       not null, -- SHA-256 of what was asked
    status       smallint,             -- null until it is answered
    etag         text,
    location     text,
    body         jsonb,                -- secrets are left out
    created_at   timestamptz not null,
    primary key (token_id, key),
    constraint idempotency_keys_key_length check (char_length(key) between 1 and 255)
);
create index idempotency_keys_created_at on idempotency_keys (created_at);
