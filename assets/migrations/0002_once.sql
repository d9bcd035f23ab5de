-- What was made under an idempotency key: forgotten after 24 hours. It holds an id, never a secret.
create table once (
    scope {text} not null,
    route {text} not null,
    key {text} not null,
    fingerprint {text} not null,
    made {text} not null,
    at bigint not null,
    primary key (scope, route, key)
);

create index once_at on once (at);
