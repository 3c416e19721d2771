-- Operators name their keys; a rotation remembers which key took over from which, so that the two can be compared and
-- the rotation taken back.
alter table sitekeys
    add column label      text not null default '',
    add column created_by text,                       -- as in audit_entries.actor; unknown for older keys
    add column replaces   bigint references sitekeys,
    add column revoked_at timestamptz,
    add constraint sitekeys_label_length check (char_length(label) <= 60);
alter table secrets
    add column label        text not null default '',
    add column created_by   text,
    add column replaces     bigint references secrets,
    add column revoked_at   timestamptz,
    add column last_used_at timestamptz,              -- last seen by /v1/keypair/check
    add constraint secrets_label_length check (char_length(label) <= 60);
