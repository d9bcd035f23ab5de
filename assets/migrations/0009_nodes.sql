-- Many processes on one database. The newest migration stands where every change looks first, so that a process which
-- does not know it stops.
alter table audit_head add column schema bigint not null default 9;

-- What all nodes agree on: one row. lease_ms is 0 until the first process has chosen it.
create table cluster (
    id bigint primary key,
    lease_ms bigint not null
);

insert into cluster (id, lease_ms) values (1, 0);

-- One row for each start of a node. live: changes wait for it. forgotten: not 0 while it is being
-- removed, and gets no lease.
create table nodes (
    id {text} primary key,
    name {text} not null,
    region {text} not null,
    version {text} not null,
    address {text} not null,
    started_at bigint not null,
    seen_at bigint not null,
    lease_until bigint not null,
    live bigint not null,
    forgotten bigint not null,
    applied_seq bigint not null,
    applied_hash {text} not null,
    millirequests bigint not null
);
