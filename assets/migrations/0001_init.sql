-- One text for SQLite and PostgreSQL: {text} is text compared bytewise, {blob} is bytes.
-- Times are milliseconds since 1970, and 0 says never; an empty text says none: plain not-null columns
-- that an index can order. `folded` is the lower-case form in which names compare.

-- Every write moves this one row first: it takes the write lock, numbers the event and holds the chain's end.
create table audit_head (
    id bigint primary key,
    seq bigint not null,
    hash {text} not null
);

insert into audit_head (id, seq, hash)
values (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- `body` are the bytes that were hashed; the columns beside it only find them.
create table audit_events (
    seq bigint primary key,
    at bigint not null,
    actor {text} not null,
    action {text} not null,
    project_id {text} not null,
    key_id {text} not null,
    body {text} not null,
    hash {text} not null
);

create index audit_events_project on audit_events (project_id, seq);
create index audit_events_key on audit_events (key_id, seq);
create index audit_events_actor on audit_events (actor, seq);
create index audit_events_action on audit_events (action, seq);
create index audit_events_at on audit_events (at, seq);

create table projects (
    id {text} primary key,
    name {text} not null,
    folded {text} not null,
    created_at bigint not null,
    archived_at bigint not null,
    changed_seq bigint not null,
    live_version bigint not null,
    rules bigint not null,
    rules_seq bigint not null
);

create unique index projects_name on projects (folded) where archived_at = 0;
create index projects_order on projects (archived_at, folded, id);

-- status: 0 active, 1 revoked. mode: 0 live, 1 test. idle_since: the last use, or else the creation.
-- changed_seq: the revision of the last change. search: folded name, creator, mask and id, a line each.
create table api_keys (
    id {text} primary key,
    project_id {text} not null references projects (id),
    name {text} not null,
    folded {text} not null,
    mode bigint not null,
    handle {text} not null,
    last4 {text} not null,
    algorithm bigint not null,
    salt {blob} not null,
    digest {blob} not null,
    status bigint not null,
    created_at bigint not null,
    created_by {text} not null,
    last_used_at bigint not null,
    last_used_from {text} not null,
    idle_since bigint not null,
    revoked_at bigint not null,
    revoked_by {text} not null,
    revoke_reason {text} not null,
    changed_seq bigint not null,
    rotated_from {text} not null,
    refused_since_revoked bigint not null,
    last_refused_at bigint not null,
    search {text} not null
);

create unique index api_keys_name on api_keys (project_id, folded) where status = 0;
create index api_keys_handle on api_keys (handle, last4);
create index api_keys_by_name on api_keys (status, folded, id);
create index api_keys_by_creation on api_keys (status, created_at, id);
create index api_keys_by_use on api_keys (status, last_used_at, id);
create index api_keys_by_idle on api_keys (status, idle_since, id);
create index api_keys_project_name on api_keys (project_id, status, folded, id);
create index api_keys_project_creation on api_keys (project_id, status, created_at, id);
create index api_keys_project_use on api_keys (project_id, status, last_used_at, id);
create index api_keys_project_idle on api_keys (project_id, status, idle_since, id);
-- Holds all that a filter on words and modes reads, so that it never touches the rows it refuses.
create index api_keys_search on api_keys (status, project_id, mode, search, id);

-- Version 0 is the draft. A list is cut into numbered chunks, so that a page reads no more than it shows.
create table rule_chunks (
    project_id {text} not null references projects (id),
    version bigint not null,
    number bigint not null,
    rules {text} not null,
    primary key (project_id, version, number)
);

create table deployments (
    project_id {text} not null references projects (id),
    version bigint not null,
    created_at bigint not null,
    created_by {text} not null,
    rules bigint not null,
    shadowed {text} not null,
    primary key (project_id, version)
);

create table tokens (
    id {text} primary key,
    name {text} not null,
    folded {text} not null,
    role bigint not null,
    handle {text} not null,
    last4 {text} not null,
    algorithm bigint not null,
    salt {blob} not null,
    digest {blob} not null,
    created_at bigint not null,
    created_by {text} not null,
    revoked_at bigint not null,
    revoked_by {text} not null,
    changed_seq bigint not null
);

create unique index tokens_name on tokens (folded) where revoked_at = 0;
create index tokens_handle on tokens (handle);
create index tokens_order on tokens (created_at, id);

create table usage_days (
    key_id {text} not null references api_keys (id),
    day bigint not null,
    allowed bigint not null,
    limited bigint not null,
    refused bigint not null,
    primary key (key_id, day)
);

-- The address `others` sums the callers that made room.
create table key_callers (
    key_id {text} not null references api_keys (id),
    address {text} not null,
    first_at bigint not null,
    last_at bigint not null,
    allowed bigint not null,
    refused bigint not null,
    primary key (key_id, address)
);
