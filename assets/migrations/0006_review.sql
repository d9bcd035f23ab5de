-- Who a key belongs to, what it is for, and what was decided about it. An empty text says none, 0 says never.
-- owner_search: the owner as words are looked for in it.
alter table api_keys add column owner {text} not null default '';
alter table api_keys add column owner_search {text} not null default '';
alter table api_keys add column purpose {text} not null default '';
alter table api_keys add column reviewed_at bigint not null default 0;
alter table api_keys add column reviewed_by {text} not null default '';
alter table api_keys add column keep_until bigint not null default 0;

-- A paused key keeps status 0, since it keeps its name and its place in plans and lists: paused_at says that it is
-- paused. An older Keydeck would accept it, and does not open a database with this migration.
alter table api_keys add column paused_at bigint not null default 0;
alter table api_keys add column paused_by {text} not null default '';
alter table api_keys add column pause_reason {text} not null default '';
alter table api_keys add column refused_since_paused bigint not null default 0;
-- The first request that was refused since the last pause or the revocation.
alter table api_keys add column refused_from bigint not null default 0;

-- first_used_at: unknown (0) of keys that were used before this migration. woke_at: the latest use after 30 idle days,
-- idle since woke_from. network_at: when network was first seen, the latest one that was new.
alter table api_keys add column first_used_at bigint not null default 0;
alter table api_keys add column woke_at bigint not null default 0;
alter table api_keys add column woke_from bigint not null default 0;
alter table api_keys add column network_at bigint not null default 0;
alter table api_keys add column network {text} not null default '';

-- Networks (/24, /48) that a key was used from, at most 256 of them.
create table key_networks (
    key_id {text} not null references api_keys (id),
    network {text} not null,
    first_at bigint not null,
    primary key (key_id, network)
);

create index api_keys_replacements on api_keys (rotated_from) where rotated_from <> '';
create index api_keys_paused on api_keys (project_id, paused_at, id) where paused_at <> 0;
create index api_keys_owner on api_keys (status, owner_search, id);

-- What is stale is counted from these alone, and paused keys are left out.
drop index api_keys_by_idle;
drop index api_keys_project_idle;
create index api_keys_by_idle on api_keys (status, idle_since, id, paused_at);
create index api_keys_project_idle on api_keys (project_id, status, idle_since, id, paused_at);
