-- Access reviews. projects: a JSON array of ids, empty for all. stale_days: 0 is the server's threshold.
-- status: 0 open, 1 executed, 2 signed, 3 cancelled, 9 being filled (nobody sees it).
-- executing: the hash of the decisions that are being carried out; decisions are closed from then on.
create table reviews (
    id {text} primary key,
    name {text} not null,
    projects {text} not null,
    filter {text} not null,
    stale_days bigint not null,
    due_at bigint not null,
    started_at bigint not null,
    started_by {text} not null,
    as_of_seq bigint not null,
    as_of_hash {text} not null,
    keys bigint not null,
    in_scope bigint not null,
    status bigint not null,
    executing {text} not null,
    executed_at bigint not null,
    executed_by {text} not null,
    signed_at bigint not null,
    signed_by {text} not null,
    changed_seq bigint not null
);

create index reviews_order on reviews (started_at, id);

-- A key of a review, fixed at its start. decision: 0 undecided, 1 keep, 2 revoke, 3 rotate, 4 pause, 5 ask, 6 skip.
-- seen_…: what the reviewer saw; decided_seq: the revision of the key's last change then. outcome: empty until the
-- decision is carried out.
create table review_items (
    review_id {text} not null,
    key_id {text} not null,
    decision bigint not null default 0,
    until bigint not null default 0,
    reason {text} not null default '',
    decided_at bigint not null default 0,
    decided_by {text} not null default '',
    version bigint not null default 0,
    seen_used_at bigint not null default 0,
    seen_precision bigint not null default 0,
    seen_findings {text} not null default '',
    seen_changed bigint not null default 0,
    own_key bigint not null default 0,
    outcome {text} not null default '',
    primary key (review_id, key_id)
);
create index review_items_decision on review_items (review_id, decision, key_id);
