-- The trail: who changed what, written in the transaction of the change itself.
create table audit_entries (
    id         bigint generated always as identity primary key,
    at         timestamptz not null,
    actor      text        not null, -- an e-mail, `token:<name>`, `cli` or `console`
    action     text        not null, -- noun.verb, as in domain.added
    site_id    bigint,                -- no reference: the trail outlives what it tells of
    subject    text        not null, -- what it was done to, in the operator's words
    before     jsonb,
    after      jsonb,
    undoes     bigint      references audit_entries, -- the entry this one took back
    request_id text,
    address    text,
    constraint audit_entries_undone_once unique (undoes)
);
create index audit_entries_by_site on audit_entries (site_id, id desc);
create index audit_entries_by_time on audit_entries (at);
