-- What words are looked for in, of each audit event: beside the events, whose bytes stay as they were hashed,
-- and narrow, so that looking through all of them reads little. search: seven folded lines, see wire::filter.
create table audit_search (
    seq {whole} primary key,
    at bigint not null,
    project_id {text} not null,
    key_id {text} not null,
    search {text} not null
);

-- searchable: every event up to this one is in audit_search. Databases that have events already are filled when
-- they are opened, and again from here on should an older Keydeck have written meanwhile.
alter table audit_head add column searchable bigint not null default 0;
