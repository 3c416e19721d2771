-- What changed the same thing since, and what one request did.
create index audit_entries_by_subject on audit_entries (site_id, subject, id);
create index audit_entries_by_request on audit_entries (request_id) where request_id is not null;
