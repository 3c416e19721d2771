-- The order in which samples were committed, for following them: writers take turns, so a number is
-- never seen after a larger one. Samples from before have none.
create sequence samples_seq;
alter table samples add column seq bigint;
alter table samples alter column seq set default nextval('samples_seq');
create index samples_by_seq on samples (seq);
