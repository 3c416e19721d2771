alter table domains add column created_by text; -- as in audit_entries.actor; unknown for older entries
