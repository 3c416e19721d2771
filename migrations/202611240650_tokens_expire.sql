-- A token can be made for a time. Past it, it is refused as if it were revoked, and still listed.
alter table tokens add column expires_at timestamptz; -- the first instant at which it is refused; never, if null
