-- Words are looked for after full case folding and without combining marks; names are unique after full case
-- folding and NFC alone. Two forms: `search` and `folded`. What an older Keydeck has written is brought into both
-- when a database is opened.
alter table projects add column search {text} not null default '';
update projects set search = folded;

-- How far that is, for each table. place: rows up to this one are done, while done is 0. revision: what changed up
-- to it is done; goal: what it becomes when done. alike: names that another row has too, since they differ only in
-- a way that is no difference any more.
create table folding (
    noun {text} primary key,
    place {text} not null,
    done bigint not null,
    revision bigint not null,
    goal bigint not null,
    alike bigint not null
);
