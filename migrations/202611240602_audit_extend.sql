-- One click can change many sites: their entries share the number of the first, and are taken back together.
alter table audit_entries add column batch bigint references audit_entries;
create index audit_entries_by_batch on audit_entries (batch) where batch is not null;
create index audit_entries_by_actor on audit_entries (actor, id desc);
create index audit_entries_by_action on audit_entries (action, id desc);
