-- Associated domains: the hosts a site's sitekeys may be used on.
create table domains (
    id         bigint generated always as identity primary key,
    site_id    bigint      not null references sites,
    host       text        not null, -- canonical ASCII, without a port
    scope      text        not null, -- exact | subdomains | preview
    port       integer,
    created_at timestamptz not null,
    constraint domains_scope_known check (scope in ('exact', 'subdomains', 'preview')),
    constraint domains_port_range check (port between 1 and 65535),
    constraint domains_host_length check (char_length(host) between 1 and 253),
    constraint domains_unique unique nulls not distinct (site_id, host, port)
);

-- Rejected hosts an operator chose to leave out of the headline; they are still counted.
create table ignored_hosts (
    site_id    bigint      not null references sites,
    host       text        not null, -- '' stands for requests without a referer
    created_at timestamptz not null,
    primary key (site_id, host)
);
