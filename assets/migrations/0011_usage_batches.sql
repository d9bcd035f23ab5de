-- The last batch of usage that each start of a node has written, in the transaction of the batch: one whose commit was
-- not heard of is sent again, and counts once. at: when it was written.
create table usage_batches (
    node {text} primary key,
    batch bigint not null,
    at bigint not null
);

update audit_head set schema = 11;
