-- How far each node has written its usage. usage_until: the last times of all requests that it has noted before this
-- moment, by the clock of the database, are written. leaving: not 0 while it writes its last usage; it serves nothing.
-- usage_fence: it has written what it had noted when it saw this number in cluster, which is raised by whoever decides
-- by last uses.
alter table nodes add column usage_until bigint not null default 0;
alter table nodes add column leaving bigint not null default 0;
alter table nodes add column usage_fence bigint not null default 0;
update nodes set usage_until = seen_at;

alter table cluster add column usage_fence bigint not null default 0;

update audit_head set schema = 12;
