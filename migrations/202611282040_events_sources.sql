-- The token under which a source was first named: no token may take the places of all others. Null: it was
-- named by one of our own commands, or before this was noted.
alter table sources add column token_id bigint;
