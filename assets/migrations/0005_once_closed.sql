-- Idempotency keys that were closed: no request may create anything with one of them any more, on any route. They are
-- kept for 30 days, and so is what was created with a key (table once); a repeat is answered for 24 hours only.
create table once_closed (
    scope {text} not null,
    key {text} not null,
    at bigint not null,
    primary key (scope, key)
);

create index once_closed_at on once_closed (at);
create index once_key on once (scope, key);
