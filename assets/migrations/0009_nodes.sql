-- Many processes on one database. The newest migration stands where every change looks first, so that a process which
-- does not know it stops.
alter table audit_head add column schema bigint not null default 9;

-- What all nodes agree on: one row. lease_ms is 0 until the first process has chosen it. A history that was accepted
-- in place of another is counted, with its head.
create table cluster (
    id bigint primary key,
    lease_ms bigint not null,
    acceptances bigint not null,
    accepted_seq bigint not null,
    accepted_hash {text} not null
);

insert into cluster (id, lease_ms, acceptances, accepted_seq, accepted_hash) values (1, 0, 0, 0, '');

-- One row for each start of a node. live: changes wait for it. forgotten: it gets no lease any more.
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
