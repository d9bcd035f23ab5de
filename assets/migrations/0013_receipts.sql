-- What the answer to a change said of the nodes: known only after the commit, so it is no part of the chained event.
-- revision: the last event of the change; first_seq: the first one. slowest_node is empty where no node confirmed it.
-- expired: the names of nodes whose lease had ended instead, as JSON.
create table receipts (
    revision bigint primary key,
    first_seq bigint not null,
    confirmed_by bigint not null,
    nodes bigint not null,
    slowest_node {text} not null,
    slowest_ms bigint not null,
    expired {text} not null
);

update audit_head set schema = 13;
