-- Which sites list a host: its name and the names above it are looked up, and preview patterns by what follows their
-- left-most label.
create index domains_by_host on domains (host);
create index domains_by_parent on domains (substr(host, strpos(host, '.') + 1)) where scope = 'preview';
