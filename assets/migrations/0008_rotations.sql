-- The guided rotation of a key: one row a key. state: 0 under way, 1 finished, 2 cancelled.
create table key_rotations (
    key_id {text} primary key,
    state bigint not null,
    quiet_seconds bigint not null,
    started_at bigint not null,
    started_by {text} not null,
    ended_at bigint not null,
    ended_by {text} not null,
    changed_seq bigint not null
);
