//! The address of a database, its file, its connections, its migrations.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, Once, OnceLock};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Connection as _, Error, Executor as _, SqlSafeStr as _};
use tokio::sync::Notify;

use super::fail::{Cause, fail};
use super::migrations::MIGRATIONS;
use super::nodes::Tables;
use super::receipts::Unwritten;
use super::{Dialect, Options, SqlStore, postgres, refold, search};
use crate::store::changes::{Changes, DEFAULT_LEASE};
use crate::store::lease::LONGEST_LEASE;
use crate::store::owner::{Identity, Known, Owner};
use crate::store::{Result, StoreError, reserve};
use crate::wire::text;

/// What each SQLite connection begins with: readers beside one writer, and a commit that is on the disk
/// when it is answered.
const PRAGMAS: &str = "pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = full; \
                       pragma foreign_keys = on; \
                       pragma temp_store = memory;";
/// The first connection finds out whether another program holds the file; nobody should wait long for that.
const FIRST_PATIENCE: &str = "pragma busy_timeout = 1500";
/// What it goes on with once the file is known to be Keydeck's: the mode is written into the file.
const FIRST_PRAGMAS: &str = "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; \
                             pragma temp_store = memory;";
/// What the connection that writes adds: a batch of usage touches many pages of several indexes. With too few of them
/// in memory it reads and writes some more than once. In KiB, when negative.
const WRITER_CACHE: &str = "pragma cache_size = -32768";
const SQLITE_READERS: u32 = 4;
const POSTGRES_READERS: u32 = 8;
/// One beside the writer of changes, for the batches of usage: those take no audit head.
const POSTGRES_WRITERS: u32 = 2;
/// For leases and acknowledgements, which wait for nothing else.
const POSTGRES_NODES: u32 = 3;
/// What each PostgreSQL connection begins with. Not every database that speaks like PostgreSQL has these settings.
const SETTINGS: [&str; 3] = [
    // A process that is stopped in the middle of a change must not stop all others for long: the database ends it.
    "set idle_in_transaction_session_timeout = '3s'",
    // For statements alone; a transaction says its level itself.
    "set default_transaction_isolation = 'read committed'",
    // Counts over a million keys run for less time than it takes to compile them.
    "set jit = off",
];
/// How often migrations are tried that another process may be running.
const MIGRATION_TRIES: u32 = 25;
const BETWEEN_TRIES: Duration = Duration::from_millis(200);
/// How long a read waits for a connection before it says that the database does not answer.
const POSTGRES_PATIENCE: Duration = Duration::from_secs(5);
/// How long the first connection may take. Without a limit, an address that does not answer blocks for minutes.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// Writes stand in one line, which may be long while the database is well; still shorter than a request.
const POSTGRES_WRITERS_PATIENCE: Duration = Duration::from_secs(20);
/// The address of a SQLite file, whatever characters its path holds.
pub fn sqlite_url(path: &Path) -> String {
    const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');
    format!("sqlite://{}", utf8_percent_encode(&path.to_string_lossy(), &KEPT))
}

/// Makes the databases known to sqlx.
pub(super) fn drivers() {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
}

/// What comes of a database into which another one is being moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unfinished {
    /// It is refused.
    Refuse,
    /// It is opened, to go on.
    Allow,
}

pub(super) async fn open(url: &str, options: Options, unfinished: Unfinished) -> Result<SqlStore> {
    drivers();
    let Options { thresholds, lease, nodeless, owner } = options;
    let place = Address::of(url)?;
    let (read, write, dialect, owner, anchor, claim, nodes) = match &place {
        Address::Memory => {
            let pool = lasting().max_connections(1).connect_lazy_with(parse(url)?);
            let mut db = pool.acquire().await.map_err(|error| place.explain(error))?;
            place.migrate(&mut db, unfinished).await?;
            drop(db);
            (pool.clone(), pool, Dialect::Sqlite, None, None, None, None)
        }
        Address::File(path) => {
            let owner = match owner {
                Some(owner) => owner,
                None => Owner::acquire(path)?,
            };
            let (read, write, anchor) = open_file(&owner, unfinished).await?;
            (read, write, Dialect::Sqlite, Some(owner), Some(anchor), None, None)
        }
        Address::Postgres(_) => {
            let address = parse(url)?;
            let connecting = tokio::time::timeout(CONNECT_PATIENCE, AnyConnection::connect_with(&address));
            let connected = connecting.await.map_err(|_| {
                StoreError::Unreachable(format!(
                    "{} does not answer; check its address and the network",
                    place.name()
                ))
            })?;
            let mut db = connected.map_err(|error| place.explain(error))?;
            settle(&mut db).await;
            if let Some(sentence) = postgres::too_old(&place.name(), &mut db).await {
                return Err(StoreError::Unusable(sentence));
            }
            if let Some(sentence) = postgres::foreign(&place.name(), &mut db).await {
                return Err(StoreError::Unusable(sentence));
            }
            if !claimed(&mut db).await {
                return Err(StoreError::Served(place.name().into_owned()));
            }
            place.migrate_with_others(&mut db, unfinished).await?;
            let pool = |size, patience| {
                let pool =
                    lasting().acquire_timeout(patience).max_connections(size).after_connect(|db, _| {
                        Box::pin(async move {
                            settle(db).await;
                            Ok(())
                        })
                    });
                pool.test_before_acquire(true).connect_lazy_with(address.clone())
            };
            let read = pool(POSTGRES_READERS, POSTGRES_PATIENCE);
            let write = pool(POSTGRES_WRITERS, POSTGRES_WRITERS_PATIENCE);
            let nodes = pool(POSTGRES_NODES, POSTGRES_PATIENCE);
            (read, write, Dialect::Postgres, None, None, Some(db), Some(nodes))
        }
    };
    let found = async {
        let lease = agreed_lease(&write, lease, nodeless, &place).await?;
        let newest: i64 = sqlx::query_scalar("select seq from audit_head where id = 1")
            .fetch_one(&read)
            .await
            .map_err(|error| place.explain(error))?;
        Ok::<_, StoreError>((lease, newest.unsigned_abs()))
    };
    let found = match found.await {
        // A pool tries again in silence; one more try says why it got none.
        Err(StoreError::Unavailable(Error::PoolTimedOut)) if nodes.is_some() => {
            let error = match AnyConnection::connect_with(&parse(url)?).await {
                Ok(_) => Error::PoolTimedOut,
                Err(error) => error,
            };
            Err(place.explain(error))
        }
        found => found,
    };
    let (lease, newest) = match &found {
        Ok(found) => *found,
        Err(_) => (DEFAULT_LEASE, 0),
    };
    let changes = match &nodes {
        Some(_) => Changes::shared(newest, lease),
        None => Changes::new(newest, lease),
    };
    let shared = nodes.map(|pool| {
        let (changes, url) = (Arc::clone(&changes), url.to_owned());
        Arc::new(Tables {
            pool,
            changes,
            url,
            own: Notify::new(),
            noting: Arc::default(),
            unfit: OnceLock::new(),
        })
    });
    let (owner, anchor, claim) =
        (Mutex::new(owner), tokio::sync::Mutex::new(anchor), tokio::sync::Mutex::new(claim));
    let (unheard, loss) = (AtomicBool::new(false), OnceLock::new());
    let receipts = Unwritten::default();
    let store = SqlStore {
        read,
        write,
        dialect,
        changes,
        unheard,
        thresholds,
        owner,
        anchor,
        loss,
        receipts,
        shared,
        claim,
    };
    let found = match (found, &store.shared) {
        (Ok(_), Some(tables)) => tables.look().await,
        (found, _) => found.map(|_| ()),
    };
    match found {
        Ok(()) => Ok(store),
        Err(error) => {
            // In order, so that SQLite has closed the file before the owner closes its descriptor.
            store.close().await;
            Err(error)
        }
    }
}

/// Gives a PostgreSQL connection its settings.
async fn settle(db: &mut AnyConnection) {
    for setting in SETTINGS {
        let _ = db.execute(setting).await;
    }
}

/// Whether no process of a version is there that must be alone; none such comes while the connection lasts. Versions
/// from this one on need no such lock, so a database that has none is no obstacle.
async fn claimed(db: &mut AnyConnection) -> bool {
    let taken: std::result::Result<i32, Error> = sqlx::query_scalar(
        "select pg_try_advisory_lock_shared(hashtext('keydeck'), hashtext(current_schema()))::int",
    )
    .fetch_one(db)
    .await;
    taken.map_or(true, |taken| taken == 1)
}

/// The length of a lease: one for all processes of a database, chosen by the first that has a node.
async fn agreed_lease(
    write: &AnyPool,
    wanted: Option<Duration>,
    nodeless: bool,
    place: &Address,
) -> Result<Duration> {
    let explain = |error| place.explain(error);
    let mut agreed: i64 = sqlx::query_scalar("select lease_ms from cluster where id = 1")
        .fetch_one(write)
        .await
        .map_err(explain)?;
    if agreed == 0 && nodeless {
        // A node may come while this process runs: it is waited for as long as its lease may last.
        return Ok(LONGEST_LEASE);
    }
    if agreed == 0 {
        let ms = i64::try_from(wanted.unwrap_or(DEFAULT_LEASE).as_millis()).unwrap_or(i64::MAX);
        // Of two that start at once one is first.
        sqlx::query("update cluster set lease_ms = $1 where id = 1 and lease_ms = 0")
            .bind(ms)
            .execute(write)
            .await
            .map_err(explain)?;
        agreed = sqlx::query_scalar("select lease_ms from cluster where id = 1")
            .fetch_one(write)
            .await
            .map_err(explain)?;
    }
    let agreed = Duration::from_millis(agreed.unsigned_abs());
    match wanted {
        Some(wanted) if wanted != agreed => Err(StoreError::OtherLease { agreed, wanted }),
        _ => Ok(agreed),
    }
}

async fn open_file(owner: &Owner, unfinished: Unfinished) -> Result<(AnyPool, AnyPool, AnyConnection)> {
    let path = owner.path();
    let place = Address::File(path.to_owned());
    if path.to_str().is_none() {
        return Err(StoreError::Unusable(format!(
            "{}: the path is not UTF-8; choose another file",
            path.display()
        )));
    }
    // The owner has created the file with its mode, which SQLite gives to its -wal and -shm.
    let address = parse(&sqlite_url(path))?;
    let (first, known) = loop {
        let mut first = AnyConnection::connect_with(&address).await.map_err(|error| place.explain(error))?;
        match prepare(&mut first, owner, &place, unfinished).await {
            Ok(known) => break (first, known),
            Err(error) => {
                // In order, so that SQLite has closed the file before the owner closes its descriptor.
                let _ = first.close().await;
                // A server that starts on a full disk must be able to revoke.
                if !matches!(error, StoreError::Full) || !reserve::give_back(owner) {
                    return Err(error);
                }
            }
        }
    };
    if let Err(error) = owner.remember_wal(known) {
        // The database at the path is not ours any more: SQLite then leaves it alone.
        let _ = first.close().await;
        return Err(error);
    }
    let identity = Identity::at(path).ok().flatten();
    let pool = |size, more: Option<&'static str>| {
        let path = path.to_owned();
        lasting().max_connections(size).after_connect(move |db, _| {
            let path = path.clone();
            Box::pin(async move {
                // SQLite opens by path: another file that is there now must not be mixed with this one.
                if Identity::at(&path)? != identity {
                    return Err(Error::WorkerCrashed);
                }
                db.execute(PRAGMAS).await?;
                if let Some(more) = more {
                    db.execute(more).await?;
                }
                Ok(())
            })
        })
    };
    let readers = pool(SQLITE_READERS, None).connect_lazy_with(address.clone());
    Ok((readers, pool(1, Some(WRITER_CACHE)).connect_lazy_with(address), first))
}

/// Finds out whether a file is Keydeck's and can be written, and brings its tables up to date.
async fn prepare(
    db: &mut AnyConnection,
    owner: &Owner,
    place: &Address,
    unfinished: Unfinished,
) -> Result<Known> {
    db.execute(FIRST_PATIENCE).await.map_err(|error| place.explain(error))?;
    if let Some(refused) = foreign(db, place).await? {
        owner.leave_no_trace();
        return Err(refused);
    }
    // A write that is taken back tells whether the file can be written; the lock alone does not.
    let mut probe = db.begin_with(Dialect::Sqlite.begin()).await.map_err(|error| place.explain(error))?;
    probe.execute("pragma user_version = 1").await.map_err(|error| place.explain(error))?;
    probe.rollback().await.map_err(|error| place.explain(error))?;
    db.execute(FIRST_PRAGMAS).await.map_err(|error| place.explain(error))?;
    place.migrate(db, unfinished).await?;
    known(db).await.map_err(|error| place.explain(error))
}

/// By what the file is known again.
async fn known(db: &mut AnyConnection) -> std::result::Result<Known, Error> {
    let head_page: i64 =
        sqlx::query_scalar("select rootpage from sqlite_master where type = 'table' and name = 'audit_head'")
            .fetch_one(&mut *db)
            .await?;
    let schema: i64 = sqlx::query_scalar("pragma schema_version").fetch_one(&mut *db).await?;
    let head = sqlx::query_scalar("select hash from audit_head where id = 1").fetch_one(db).await?;
    Ok(Known { head_page: head_page.unsigned_abs(), schema: schema as u32, head })
}

/// Why a file is none of Keydeck's; nothing of it is changed to find that out.
pub(super) async fn foreign(db: &mut AnyConnection, place: &Address) -> Result<Option<StoreError>> {
    let tables = sqlx::query_scalar(
        "select count(*) > 0 and sum(name = '_sqlx_migrations') = 0 from sqlite_master where type = 'table'",
    );
    match tables.fetch_one(db).await {
        Ok(0_i64) => Ok(None),
        Ok(_) => Ok(Some(StoreError::Unusable(format!(
            "{} is the database of another program; choose another file",
            place.name()
        )))),
        Err(Error::Database(cause)) if Cause::of(cause.as_ref()) == Cause::NotADatabase => {
            Ok(Some(place.explain(Error::Database(cause))))
        }
        Err(error) => Err(place.explain(error)),
    }
}

/// Pools whose connections stay: nothing wakes up to close them.
fn lasting() -> AnyPoolOptions {
    AnyPoolOptions::new().max_lifetime(None).idle_timeout(None).test_before_acquire(false)
}

pub(super) fn parse(url: &str) -> Result<AnyConnectOptions> {
    use sqlx::ConnectOptions as _;
    if !url.starts_with("sqlite:") {
        postgres::check_url(url)?;
    }
    let options: AnyConnectOptions = url.parse().map_err(|_| StoreError::Address)?;
    // Statements are for nobody's log: their parameters are names and hashes.
    Ok(options.disable_statement_logging())
}

/// Where a database is.
#[derive(Debug)]
pub(super) enum Address {
    Memory,
    File(PathBuf),
    /// Host and database, without the login.
    Postgres(String),
}

impl Address {
    pub(super) fn of(url: &str) -> Result<Address> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path == ":memory:" {
                return Ok(Address::Memory);
            }
            if path.is_empty() || path.contains(['?', '#']) {
                return Err(StoreError::Address);
            }
            let path = percent_decode_str(path).decode_utf8().map_err(|_| StoreError::Address)?;
            return Ok(Address::File(PathBuf::from(path.into_owned())));
        }
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
        let rest = rest.ok_or(StoreError::Address)?;
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        Ok(Address::Postgres(host.to_owned()))
    }

    pub(super) fn name(&self) -> Cow<'_, str> {
        match self {
            Address::Memory => Cow::Borrowed("the in-memory database"),
            Address::File(path) => path.to_string_lossy(),
            Address::Postgres(host) => Cow::Owned(format!("the database {host}")),
        }
    }

    /// Brings the tables up to date, and what is found by them.
    async fn migrate(&self, db: &mut AnyConnection, unfinished: Unfinished) -> Result<()> {
        self.migrate_tables(db).await?;
        let source: Option<String> = sqlx::query_scalar("select source from moving where id = 1")
            .fetch_optional(&mut *db)
            .await
            .map_err(|error| self.explain(error))?;
        match (source, unfinished) {
            (None, _) => {}
            // What is found by them is copied, too.
            (Some(_), Unfinished::Allow) => return Ok(()),
            (Some(source), Unfinished::Refuse) => {
                return Err(StoreError::Conflict(format!(
                    "{} is the unfinished target of a migration from {source}; run `keydeck migrate` again to \
                     finish it",
                    self.name()
                )));
            }
        }
        search::fill(db, self.dialect()).await?;
        refold::refold(db, self.dialect()).await
    }

    /// The same, where other processes may be doing it: then it is found done at the next try.
    async fn migrate_with_others(&self, db: &mut AnyConnection, unfinished: Unfinished) -> Result<()> {
        let mut tries = MIGRATION_TRIES;
        loop {
            tries -= 1;
            match self.migrate(db, unfinished).await {
                Err(StoreError::Unavailable(error)) if tries > 0 => {
                    tracing::info!(%error, "the tables are being migrated by another process, or were; looking again");
                    tokio::time::sleep(BETWEEN_TRIES).await;
                }
                done => return done,
            }
        }
    }

    const fn dialect(&self) -> Dialect {
        match self {
            Address::Memory | Address::File(_) => Dialect::Sqlite,
            Address::Postgres(_) => Dialect::Postgres,
        }
    }

    async fn migrate_tables(&self, db: &mut AnyConnection) -> Result<()> {
        // An "integer" that is the key is the row's own place in SQLite; a "bigint" is one more index.
        let (text, blob, whole) = match self {
            Address::Postgres(_) => ("text collate \"C\"", "bytea", "bigint"),
            Address::Memory | Address::File(_) => ("text", "blob", "integer"),
        };
        let migrations = MIGRATIONS.into_iter().zip(1..).map(|((name, sql), number)| {
            let sql = sql.replace("{text}", text).replace("{blob}", blob).replace("{whole}", whole);
            let sql = AssertSqlSafe(sql).into_sql_str();
            Migration::new(number, name.into(), MigrationType::Simple, sql, false)
        });
        let mut migrator = Migrator::with_migrations(migrations.collect());
        // Each migration is one transaction with its row in the table of migrations, whose key admits it once: of two
        // processes at the same one, the second fails as a whole, and looks again. Not every database that speaks like
        // PostgreSQL has the advisory locks that would only make it wait.
        migrator.set_locking(false);
        match migrator.run(&mut *db).await {
            Ok(()) => Ok(()),
            Err(MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _)) => {
                Err(StoreError::Newer(version))
            }
            Err(MigrateError::VersionMismatch(version) | MigrateError::Dirty(version)) => {
                Err(StoreError::Unusable(format!(
                    "{}: created by another build of Keydeck (migration {version} differs); use that \
                     build, or choose another database",
                    self.name()
                )))
            }
            Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
                Err(self.explain(error))
            }
            Err(error) => Err(StoreError::Unusable(format!("{}: {error}", self.name()))),
        }
    }

    /// Why a database cannot be opened, and what to do.
    pub(super) fn explain(&self, error: Error) -> StoreError {
        let name = self.name();
        let sentence = match &error {
            Error::Database(cause) => match Cause::of(cause.as_ref()) {
                Cause::NotADatabase => {
                    format!("{name} is not a SQLite database; choose another file, or move it away")
                }
                Cause::Busy => format!("{name} is locked by another program; stop it and try again"),
                Cause::ReadOnly => format!("{name} is read-only; make the file and its directory writable"),
                Cause::CannotOpen => {
                    format!("cannot read {name}: {cause}; check its owner, its mode and the disk")
                }
                Cause::Damaged => format!("{name} is damaged ({cause}); restore a backup"),
                Cause::Refused => {
                    format!("{name} rejected the login: {}; check the URL", cause.message())
                }
                Cause::NoConnectionLeft => {
                    return StoreError::Unreachable(format!(
                        "{name} accepts no further connection: {}; stop other clients, or raise max_connections or \
                         the connection limit of the role",
                        text::clause(cause.message())
                    ));
                }
                Cause::Forbidden => format!(
                    "{name} does not let this user create its tables: {}; make the user the owner of the database or \
                     of the schema",
                    text::clause(cause.message())
                ),
                Cause::NotAccepting => {
                    return StoreError::Unreachable(format!(
                        "{name} accepts no connections now: {}; try again once it has started",
                        text::clause(cause.message())
                    ));
                }
                Cause::Full | Cause::Gone | Cause::Other => return fail(error),
            },
            Error::Configuration(_) => return StoreError::Address,
            Error::Tls(cause) => return StoreError::Unreachable(postgres::tls_words(&name, cause.as_ref())),
            Error::Io(cause) if matches!(self, Address::Postgres(_)) => {
                if let Some(sentence) = postgres::handshake_words(&name, cause) {
                    return StoreError::Unreachable(sentence);
                }
                let cause = cause.to_string();
                let words = text::clause(&text::plain(&cause));
                let way_out = if cause.starts_with("No such file") || cause.starts_with("Permission denied") {
                    "check the files that the URL names (sslrootcert, sslcert, sslkey)"
                } else {
                    "is it running?"
                };
                let sentence = format!("cannot reach {name}: {words}; {way_out}");
                return StoreError::Unreachable(sentence);
            }
            _ => return fail(error),
        };
        StoreError::Unusable(sentence)
    }
}
