-- A database into which another one is being moved, by `keydeck migrate`. While there is a row, nobody uses the database.
-- source: how people call the other one. source_seq, source_hash: its audit head when the migration began. place: the
-- table and the key of the last row that is here, as JSON.
create table moving (
    id bigint primary key,
    source {text} not null,
    source_seq bigint not null,
    source_hash {text} not null,
    place {text} not null
);

update audit_head set schema = 10;
