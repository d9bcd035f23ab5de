//! TLS to PostgreSQL: what each `sslmode` accepts, what it says otherwise, and what a listener on the way can read.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use sqlx::{AnyConnection, Connection as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::certificates::Certificates;
use crate::support::cluster::Cluster;
use crate::support::home::Home;
use crate::support::process::{assert_failed, errors};

/// What a client sends before it knows whether the server offers TLS, and all that it may send without.
const ASKS_FOR_TLS: usize = 8;

/// Everything that clients have sent to a server, as somebody on the way sees it.
struct Listener {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Listener {
    async fn before(target: SocketAddr) -> Listener {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let notes = Arc::clone(&notes);
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(target).await.expect("it runs");
                    let (mut from, mut back) = client.split();
                    let (mut answers, mut to) = server.split();
                    let asks = async {
                        let mut buffer = vec![0; 16 * 1024];
                        while let Ok(count @ 1..) = from.read(&mut buffer).await {
                            notes.lock().expect("no panic").extend_from_slice(&buffer[..count]);
                            to.write_all(&buffer[..count]).await.expect("it runs");
                        }
                    };
                    tokio::select! {
                        () = asks => {}
                        _ = tokio::io::copy(&mut answers, &mut back) => {}
                    }
                });
            }
        });
        Listener { address, heard }
    }

    fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgres://keydeck@{host}:{}/postgres?{parameters}", self.address.port())
    }

    /// How much was sent since the last call, and whether the text was in it.
    fn heard(&self, text: &str) -> (usize, bool) {
        let heard = std::mem::take(&mut *self.heard.lock().expect("no panic"));
        (heard.len(), !text.is_empty() && heard.windows(text.len()).any(|part| part == text.as_bytes()))
    }
}

/// A server that offers TLS with a certificate for 127.0.0.1, somebody who listens, and a user.
async fn served(test: &str) -> Option<(Cluster, Listener, Home, Certificates)> {
    let cluster = Cluster::start(test)?;
    let home = Home::new();
    let certificates = Certificates::good(home.path());
    cluster.offer_tls(&certificates).await;
    let listener = Listener::before(cluster.address()).await;
    Some((cluster, listener, home, certificates))
}

fn root(file: &Path) -> String {
    format!("sslrootcert={}", file.display())
}

/// Runs a command that writes a name into the database.
fn create(home: &Home, url: &str, project: &str) -> std::process::Output {
    home.run(&["--database", url, "projects", "create", project])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_mode_encrypts_and_checks_what_it_promises() {
    let Some((_cluster, listener, home, certificates)) = served("sslmode").await else { return };
    let ca = root(&certificates.authority);
    for (parameters, encrypts) in [
        ("sslmode=disable".to_owned(), false),
        ("sslmode=prefer".to_owned(), true),
        (String::new(), true),
        ("sslmode=require".to_owned(), true),
        (format!("sslmode=verify-ca&{ca}"), true),
        (format!("sslmode=verify-full&{ca}"), true),
    ] {
        listener.heard("");
        let name = format!("shop-{}", parameters.split('&').next().unwrap_or_default().replace('=', "-"));
        let out = create(&home, &listener.url("127.0.0.1", &parameters), &name);
        assert!(out.status.success(), "{parameters}: {}", errors(&out));
        let (sent, read) = listener.heard(&name);
        assert!(sent > ASKS_FOR_TLS && read != encrypts, "{parameters}: the name was in the clear: {read}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_does_not_fit_is_refused_with_the_way_out_and_nothing_is_sent() {
    let Some((cluster, listener, home, certificates)) = served("certificates").await else { return };
    let other = Certificates::signed(home.path(), "other", |_| {});
    let failed = |host: &str, parameters: &str, words: &str| {
        listener.heard("");
        let out = create(&home, &listener.url(host, parameters), "secret-shop");
        assert_failed(&out, 6, words);
        let (_, read) = listener.heard("keydeck");
        assert!(!read, "{parameters}: the login was sent in the clear");
    };
    let good = root(&certificates.authority);
    // Nobody named its CA, or another one.
    let unknown = "is not signed by a trusted CA; name the file of its CA with sslrootcert=FILE in the URL";
    for parameters in [
        "sslmode=verify-full".to_owned(),
        "sslmode=verify-ca".to_owned(),
        format!("sslmode=verify-full&{}", root(&other.authority)),
        format!("sslmode=verify-ca&{}", root(&other.authority)),
    ] {
        failed("127.0.0.1", &parameters, unknown);
    }
    // Signed by the right CA, for another name: only verify-full looks at that.
    failed(
        "localhost",
        &format!("sslmode=verify-full&{good}"),
        "is for another host name; connect by the name",
    );
    let out = create(&home, &listener.url("localhost", &format!("sslmode=verify-ca&{good}")), "by-ca");
    assert!(out.status.success(), "{}", errors(&out));
    // A file that is not there, and one that is no certificate.
    failed("127.0.0.1", "sslmode=verify-full&sslrootcert=/nowhere.pem", "check the files that the URL names");
    let broken = home.path().join("broken.pem");
    std::fs::write(&broken, "-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----\n").expect("a file");
    failed("127.0.0.1", &format!("sslmode=verify-full&{}", root(&broken)), "sslrootcert is a PEM file");

    let expired = Certificates::expired(home.path());
    cluster.offer_tls(&expired).await;
    let parameters = format!("sslmode=verify-full&{}", root(&expired.authority));
    // The server reads its new certificate when it gets to it.
    for _ in 0..100 {
        let out = create(&home, &listener.url("127.0.0.1", &parameters), "secret-shop");
        if errors(&out).contains("expired") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    failed("127.0.0.1", &parameters, "has expired; renew it on the server");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_tls_is_sent_nothing_where_tls_is_required() {
    let Some(cluster) = Cluster::start("a server without TLS") else { return };
    let (listener, home) = (Listener::before(cluster.address()).await, Home::new());
    let certificates = Certificates::good(home.path());
    for parameters in
        ["sslmode=require".to_owned(), format!("sslmode=verify-full&{}", root(&certificates.authority))]
    {
        let out = create(&home, &listener.url("127.0.0.1", &parameters), "shop");
        assert_failed(&out, 6, "does not offer TLS, which sslmode requires; turn on ssl");
        let (sent, _) = listener.heard("");
        assert_eq!(sent, ASKS_FOR_TLS, "{parameters}: something was sent in the clear");
    }
    // The environment of other programs of PostgreSQL counts, too.
    let url = listener.url("127.0.0.1", "");
    let mut command = home.command(&["--database", &url, "projects", "list"]);
    let out = command.env("PGSSLMODE", "require").output().expect("the program runs");
    assert_failed(&out, 6, "does not offer TLS");
    let out = create(&home, &listener.url("127.0.0.1", "sslmode=prefer"), "shop");
    assert!(out.status.success(), "{}", errors(&out));
}

#[test]
fn a_url_that_looks_safer_than_it_is_is_wrong_usage() {
    let home = Home::new();
    for (parameters, words) in [
        ("sslmod=require", "the parameter \"sslmod\" is unknown; remove it"),
        ("sslmode=verify_full", "use disable, prefer, require, verify-ca or verify-full"),
        ("sslmode=allow", "use disable, prefer, require, verify-ca or verify-full"),
        ("sslrootcert=/ca.pem", "sslrootcert has no effect with sslmode=prefer"),
        ("sslmode=require&sslrootcert=/ca.pem", "use sslmode=verify-full"),
        ("sslmode=require&sslcert=/me.pem", "sslcert and sslkey belong together"),
        ("channel%5Fbinding=hunter2", "\"channel_binding\" is unknown"),
    ] {
        let out =
            home.run(&["--database", &format!("postgres://127.0.0.1:9/x?{parameters}"), "projects", "list"]);
        assert_failed(&out, 2, words);
        assert!(!errors(&out).contains("hunter2"), "{}", errors(&out));
    }
    let mut command = home.command(&["--database", "postgres://127.0.0.1:9/x", "projects", "list"]);
    let out = command.env("PGSSLMODE", "verify_full").output().expect("the program runs");
    assert_failed(&out, 2, "(or PGSSLMODE) is \"verify_full\"");
    assert_eq!(home.files_holding("hunter2"), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_connection_of_a_server_is_encrypted_and_a_client_certificate_is_its_login() {
    let Some((cluster, _listener, home, certificates)) = served("a server over TLS").await else { return };
    let client = Certificates::signed(home.path(), "client", |client| {
        client.distinguished_name.push(rcgen::DnType::CommonName, "keydeck");
    });
    cluster.require_client_certificates(&client.authority).await;
    let port = cluster.address().port();
    let checked = format!(
        "postgres://keydeck@127.0.0.1:{port}/postgres?sslmode=verify-full&{}",
        root(&certificates.authority)
    );
    let out = home.run(&["--database", &checked, "projects", "list"]);
    assert_failed(&out, 1, "rejected the login");
    let url = format!("{checked}&sslcert={}&sslkey={}", client.certificate.display(), client.key.display());
    let on = ["--database", &url];
    home.ok(&[&["tokens", "create", "ops", "--role", "admin"][..], &on].concat());
    let mut server =
        home.start(&[&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"][..], &on].concat());
    server.until_said("keydeck: ready");
    home.ok(&[&["projects", "create", "shop"][..], &on].concat());
    home.ok(&[&["keys", "create", "web", "--project", "shop"][..], &on].concat());
    let revoked = super::keys::json(
        &home.ok(&[&["keys", "revoke", "shop/web", "--yes", "--output", "json"][..], &on].concat()),
    );
    assert_eq!(revoked["receipt"]["confirmedBy"], serde_json::json!(1), "{revoked}");
    let mut db = AnyConnection::connect(&url).await.expect("it runs");
    let (all, clear): (i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where not ssl) from pg_stat_ssl join pg_stat_activity using (pid) \
         where backend_type = 'client backend' and pid <> pg_backend_pid()",
    )
    .fetch_one(&mut db)
    .await
    .expect("statistics");
    db.close().await.expect("an orderly end");
    assert!(all >= 3 && clear == 0, "{clear} of {all} connections are not encrypted");
    assert_eq!(server.terminate().code(), Some(0), "{}", server.said());
}
