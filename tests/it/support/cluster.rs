//! A PostgreSQL server of the test's own, which it may stop, restart, and make read-only; and proxies in front of it
//! that can be cut.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

use super::certificates::Certificates;
use super::skipped;

/// The server.
pub(crate) struct Cluster {
    dir: TempDir,
    bin: PathBuf,
    port: u16,
}

impl Cluster {
    /// A new empty server; `None`, said aloud, where PostgreSQL is not installed.
    pub(crate) fn start(test: &str) -> Option<Cluster> {
        let Some(bin) = binaries() else {
            skipped(&format!("{test} needs PostgreSQL (initdb)"));
            return None;
        };
        let dir = tempfile::Builder::new().prefix("kdpg").tempdir().expect("a directory");
        let port = free_port();
        let cluster = Cluster { dir, bin, port };
        open_to_all(cluster.dir.path());
        let data = cluster.data();
        cluster.run(
            "initdb",
            &[
                "--pgdata",
                &data,
                "--username",
                "keydeck",
                "--auth",
                "trust",
                "--no-sync",
                "--encoding",
                "UTF8",
                "--locale",
                "C.UTF-8",
            ],
        );
        cluster.up();
        Some(cluster)
    }

    /// Turns TLS on, with this certificate and its key; clients may still do without.
    pub(crate) async fn offer_tls(&self, certificates: &Certificates) {
        // PostgreSQL reads a key only if it is its own, and nobody else's.
        for (from, name) in [(&certificates.certificate, "server.crt"), (&certificates.key, "server.key")] {
            let to = Path::new(&self.data()).join(name);
            std::fs::copy(from, &to).expect("a copy");
            let mut command = Command::new("chmod");
            assert!(command.arg("600").arg(&to).status().expect("chmod runs").success());
            if rustix::process::getuid().is_root() {
                let mut command = Command::new("chown");
                assert!(command.arg("postgres").arg(&to).status().expect("chown runs").success());
            }
        }
        self.execute(&["alter system set ssl = on", "select pg_reload_conf()"]).await;
    }

    /// From now on a login is a certificate that this authority has signed.
    pub(crate) async fn require_client_certificates(&self, authority: &Path) {
        std::fs::copy(authority, Path::new(&self.data()).join("clients.crt")).expect("a copy");
        self.execute(&["alter system set ssl_ca_file = 'clients.crt'"]).await;
        // From its next reading on, whoever asked for that, no other login is let in: nothing logs in to ask for it.
        std::fs::write(
            Path::new(&self.data()).join("pg_hba.conf"),
            "hostssl all all 127.0.0.1/32 cert clientcert=verify-full\n",
        )
        .expect("a file");
        self.run("pg_ctl", &["--pgdata", &self.data(), "reload"]);
        // Both are read before anybody new is let in with them.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }

    /// Its address through a host and port.
    pub(crate) fn url_at(address: SocketAddr) -> String {
        format!("postgres://keydeck@{address}/postgres")
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Starts it.
    pub(crate) fn up(&self) {
        let (data, log) = (self.data(), self.path("log"));
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories='' -c max_connections=200",
            self.port
        );
        self.run("pg_ctl", &["--pgdata", &data, "--log", &log, "--wait", "--options", &options, "start"]);
    }

    /// Ends it without a word to anybody, as a power cut does.
    pub(crate) fn down(&self) {
        let data = self.data();
        self.run("pg_ctl", &["--pgdata", &data, "--mode", "immediate", "--wait", "stop"]);
    }

    /// A standby that every commit waits for.
    pub(crate) async fn synchronous_standby(&self) -> Cluster {
        let dir = tempfile::Builder::new().prefix("kdpg").tempdir().expect("a directory");
        let standby = Cluster { dir, bin: self.bin.clone(), port: free_port() };
        open_to_all(standby.dir.path());
        let from = format!("host=127.0.0.1 port={} user=keydeck", self.port);
        standby.run(
            "pg_basebackup",
            &[
                "--pgdata",
                &standby.data(),
                "--dbname",
                &from,
                "--write-recovery-conf",
                "--checkpoint",
                "fast",
                "--no-sync",
            ],
        );
        standby.up();
        self.execute(&["alter system set synchronous_standby_names = '*'", "select pg_reload_conf()"]).await;
        standby
    }

    /// Makes a standby the primary.
    pub(crate) fn promote(&self) {
        self.run("pg_ctl", &["--pgdata", &self.data(), "--wait", "promote"]);
    }

    /// Keeps a copy of what is there now; the server is down meanwhile.
    pub(crate) fn back_up(&self) {
        self.down();
        copy(&self.data(), &self.path("backup"));
        self.up();
    }

    /// Puts the copy in the place of what is there now.
    pub(crate) fn restore(&self) {
        self.down();
        std::fs::remove_dir_all(self.data()).expect("a directory");
        copy(&self.path("backup"), &self.data());
        self.up();
    }

    /// Makes it refuse all changes, or takes them again.
    pub(crate) async fn read_only(&self, on: bool) {
        let change = if on {
            "alter system set default_transaction_read_only = on"
        } else {
            "alter system reset default_transaction_read_only"
        };
        self.execute(&["set default_transaction_read_only = off", change, "select pg_reload_conf()"]).await;
    }

    pub(crate) async fn execute(&self, statements: &[&'static str]) {
        sqlx::any::install_default_drivers();
        let mut db = AnyConnection::connect(&Cluster::url_at(self.address())).await.expect("it runs");
        for statement in statements {
            db.execute(*statement).await.expect(statement);
        }
        db.close().await.expect("an orderly end");
    }

    /// The same for a statement made at run time.
    pub(crate) async fn execute_text(&self, statement: &str) {
        sqlx::any::install_default_drivers();
        let mut db = AnyConnection::connect(&Cluster::url_at(self.address())).await.expect("it runs");
        db.execute(AssertSqlSafe(statement.to_owned())).await.expect(statement);
        db.close().await.expect("an orderly end");
    }

    /// Whether a transaction is open in which nothing has happened for a while: its client has stopped in it.
    pub(crate) async fn has_a_stuck_transaction(&self) -> bool {
        sqlx::any::install_default_drivers();
        let mut db = AnyConnection::connect(&Cluster::url_at(self.address())).await.expect("it runs");
        let stuck: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where state like 'idle in transaction%' \
             and state_change < clock_timestamp() - interval '200 ms'",
        )
        .fetch_one(&mut db)
        .await
        .expect("statistics");
        db.close().await.expect("an orderly end");
        stuck > 0
    }

    /// Tells it to end when its clients have gone; until then it takes no new ones.
    pub(crate) fn begin_to_end(&self) {
        self.run("pg_ctl", &["--pgdata", &self.data(), "--mode", "smart", "--no-wait", "stop"]);
    }

    fn data(&self) -> String {
        self.path("data")
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_string_lossy().into_owned()
    }

    fn run(&self, program: &str, args: &[&str]) {
        let program = self.bin.join(program);
        let mut command = if rustix::process::getuid().is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let out = command.args(args).current_dir("/").output().expect("PostgreSQL's programs run");
        assert!(
            out.status.success(),
            "{args:?}: {}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.data();
        if Path::new(&data).join("postmaster.pid").exists() {
            self.down();
        }
        if rustix::process::getuid().is_root() {
            return;
        }
        let _ = std::fs::remove_dir_all(data);
    }
}

/// PostgreSQL refuses to run as root, so another user must be able to write there.
fn open_to_all(dir: &Path) {
    let status = Command::new("chmod").arg("777").arg(dir).status().expect("chmod runs");
    assert!(status.success());
}

/// Copies a folder with all that is in it, as it is.
fn copy(from: &str, to: &str) {
    let _ = std::fs::remove_dir_all(to);
    let status = Command::new("cp").args(["-a", from, to]).status().expect("cp runs");
    assert!(status.success());
}

/// Where PostgreSQL's programs are: as `KEYDECK_TEST_POSTGRES_BIN` says, else those of the newest version.
fn binaries() -> Option<PathBuf> {
    if let Some(bin) = std::env::var_os("KEYDECK_TEST_POSTGRES_BIN") {
        return Some(bin.into());
    }
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port")
        .port()
}

/// What a proxy does with what comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Flow {
    /// It passes.
    Passes = 0,
    /// It is kept back, and nobody is told.
    Stands = 1,
    /// Connections are closed.
    Breaks = 2,
    /// It passes, but a connection is closed instead of passing a commit.
    LosesCommits = 3,
    /// It passes, but a connection is closed when a commit has passed, before its answer.
    LosesAnswersToCommits = 4,
}

/// A way to the server that can be cut.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    flow: Arc<AtomicU8>,
    target: Arc<Mutex<SocketAddr>>,
}

impl Proxy {
    /// A proxy to this address.
    pub(crate) async fn to(target: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let flow = Arc::new(AtomicU8::new(Flow::Passes as u8));
        let target = Arc::new(Mutex::new(target));
        let (switch, way) = (Arc::clone(&flow), Arc::clone(&target));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let target = *way.lock().expect("no panic");
                tokio::spawn(pass(stream, target, Arc::clone(&switch)));
            }
        });
        Proxy { address, flow, target }
    }

    /// From now on new connections lead there.
    pub(crate) fn lead_to(&self, target: SocketAddr) {
        *self.target.lock().expect("no panic") = target;
    }

    /// From now on this happens.
    pub(crate) fn set(&self, flow: Flow) {
        self.flow.store(flow as u8, Ordering::SeqCst);
    }
}

async fn pass(mut from: TcpStream, target: SocketAddr, flow: Arc<AtomicU8>) {
    let state = || flow.load(Ordering::SeqCst);
    loop {
        if state() == Flow::Breaks as u8 {
            return;
        }
        if state() != Flow::Stands as u8 {
            break;
        }
        tokio::time::sleep(STEP).await;
    }
    let Ok(mut to) = TcpStream::connect(target).await else { return };
    let _ = (from.set_nodelay(true), to.set_nodelay(true));
    // What was begun goes on from where it stood.
    let (mut from_read, mut from_write) = from.split();
    let (mut to_read, mut to_write) = to.split();
    let there = gated(&mut from_read, &mut to_write, &flow);
    let back = gated(&mut to_read, &mut from_write, &flow);
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}

/// A commit on the wire, a simple query with its end: `READ COMMITTED` is none.
const COMMIT: &[u8] = b"COMMIT\0";
/// In what time a server has done it.
const ANSWERED: std::time::Duration = std::time::Duration::from_millis(200);

/// How often a gate looks at its switch.
const STEP: std::time::Duration = std::time::Duration::from_millis(5);

async fn gated(
    from: &mut (impl tokio::io::AsyncRead + Unpin),
    to: &mut (impl tokio::io::AsyncWrite + Unpin),
    flow: &AtomicU8,
) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            () = broken(flow) => return,
        };
        let Ok(count @ 1..) = read else { return };
        while flow.load(Ordering::SeqCst) == Flow::Stands as u8 {
            tokio::time::sleep(STEP).await;
        }
        let sent = &buffer[..count];
        let now = flow.load(Ordering::SeqCst);
        let commits = sent.windows(COMMIT.len()).any(|part| part == COMMIT);
        if now == Flow::Breaks as u8 || commits && now == Flow::LosesCommits as u8 {
            return;
        }
        if commits && now == Flow::LosesAnswersToCommits as u8 {
            // Both ways end with this one; the answer is on its way while it waits.
            flow.store(Flow::Stands as u8, Ordering::SeqCst);
            let _ = to.write_all(sent).await;
            tokio::time::sleep(ANSWERED).await;
            return;
        }
        if to.write_all(sent).await.is_err() {
            return;
        }
    }
}

async fn broken(flow: &AtomicU8) {
    while flow.load(Ordering::SeqCst) != Flow::Breaks as u8 {
        tokio::time::sleep(STEP).await;
    }
}
