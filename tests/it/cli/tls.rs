//! `serve` with TLS, and clients that trust it or do not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::certificates::Certificates;
use crate::support::home::{Home, get};
use crate::support::process::{Running, assert_failed, errors};

const ANY: [&str; 5] = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"];

/// A server with TLS; the address of its management API without a scheme.
fn served(home: &Home, certificates: &Certificates) -> (Running, String) {
    let owner = home.start(&[&ANY[..], &certificates.flags()].concat());
    owner.until_said("keydeck: ready");
    let line = owner.until_said("management API on https://");
    let address = line.rsplit_once("https://").expect("an address").1.to_owned();
    (owner, address)
}

/// A client of it, with the admin's token and these variables.
fn client(home: &Home, url: &str, variables: &[(&str, &Path)]) -> Output {
    let mut command = home.command(&["--server", url, "projects", "list"]);
    command.env("KEYDECK_TOKEN_FILE", home.data().join("admin-token"));
    for (name, value) in variables {
        command.env(name, value);
    }
    command.output().expect("it runs")
}

#[test]
fn a_server_speaks_tls_to_who_trusts_its_authority_and_tells_others_what_to_do() {
    let home = Home::new();
    let certificates = Certificates::good(home.path());
    let (mut owner, address) = served(&home, &certificates);
    let url = format!("https://{address}");
    let authority = certificates.authority.as_path();

    for variable in ["KEYDECK_CA_FILE", "SSL_CERT_FILE"] {
        let out = client(&home, &url, &[(variable, authority)]);
        assert!(out.status.success(), "{variable}: {}", errors(&out));
    }
    let refused = client(&home, &url, &[]);
    assert_failed(&refused, 6, "its certificate is not signed by a trusted CA");
    assert!(errors(&refused).contains("KEYDECK_CA_FILE"), "{}", errors(&refused));

    let empty = home.path().join("empty.pem");
    std::fs::write(&empty, "nothing\n").expect("a file");
    assert_failed(&client(&home, &url, &[("KEYDECK_CA_FILE", &empty)]), 2, "empty.pem");
    assert_failed(&client(&home, &url, &[("KEYDECK_CA_FILE", &home.path().join("none"))]), 2, "none");

    // The name that the certificate is for counts.
    let by_name = format!("https://localhost:{}", address.rsplit_once(':').expect("a port").1);
    let out = client(&home, &by_name, &[("KEYDECK_CA_FILE", authority)]);
    assert_failed(&out, 6, "for another host name");

    // Plain HTTP is answered in words, though no token is read from it.
    assert_failed(&client(&home, &format!("http://{address}"), &[]), 2, "Use https://");
    assert_eq!(get(&address, "/v1/session", &[]).status, 400);
    #[cfg(unix)]
    assert_eq!(owner.terminate().code(), Some(0));
}

/// An open connection to a server.
struct Connection(BufReader<StreamOwned<ClientConnection, TcpStream>>);

impl Connection {
    /// Connects, trusting this authority alone.
    fn open(address: &str, authority: &Path) -> Connection {
        let mut trusted = RootCertStore::empty();
        trusted.add(certificate_in(authority)).expect("an authority");
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(trusted)
            .with_no_client_auth();
        let name = "127.0.0.1".try_into().expect("a name");
        let client = ClientConnection::new(Arc::new(config), name).expect("a client");
        let stream = TcpStream::connect(address).expect("it listens");
        Connection(BufReader::new(StreamOwned::new(client, stream)))
    }

    /// Asks whether the server is well, and keeps the connection.
    fn ask(&mut self) {
        self.0.get_mut().write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").expect("it reads");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.0.read_line(&mut head).expect("an answer") > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let length = head.to_ascii_lowercase();
        let length = length.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        let mut body = vec![0; length.parse().expect("a number")];
        self.0.read_exact(&mut body).expect("the body");
    }

    fn certificate(&self) -> CertificateDer<'static> {
        let chain = self.0.get_ref().conn.peer_certificates().expect("a handshake");
        chain[0].clone().into_owned()
    }
}

/// The one certificate of a file.
fn certificate_in(file: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file).expect("a certificate")
}

/// Puts the files of one pair in the place of another's, as tools that renew certificates do.
fn replace(old: &Certificates, new: &Certificates) {
    std::fs::rename(&new.key, &old.key).expect("the key moves");
    std::fs::rename(&new.certificate, &old.certificate).expect("the certificate moves");
}

#[test]
fn a_renewed_certificate_is_used_without_a_restart_and_open_connections_go_on() {
    let home = Home::new();
    let first = Certificates::good(home.path());
    let (owner, address) = served(&home, &first);
    let mut old = Connection::open(&address, &first.authority);
    old.ask();
    assert_eq!(old.certificate(), certificate_in(&first.certificate));

    let second = Certificates::signed(home.path(), "renewed", |_| {});
    let renewed = certificate_in(&second.certificate);
    replace(&first, &second);
    owner.until_said("TLS certificate reloaded");
    let mut new = Connection::open(&address, &second.authority);
    new.ask();
    assert_eq!(new.certificate(), renewed);
    old.ask();
    let url = format!("https://{address}");
    let out = client(&home, &url, &[("KEYDECK_CA_FILE", &second.authority)]);
    assert!(out.status.success(), "{}", errors(&out));
    let out = client(&home, &url, &[("KEYDECK_CA_FILE", &first.authority)]);
    assert_failed(&out, 6, "its certificate is not signed by a trusted CA");
}

#[test]
fn files_that_cannot_be_used_leave_the_certificate_as_it_was_until_they_are_right() {
    let home = Home::new();
    let first = Certificates::good(home.path());
    let (owner, address) = served(&home, &first);
    let kept = certificate_in(&first.certificate);
    let still_kept = |why: &str| {
        let line = owner.until_said(why);
        assert!(line.contains("cannot load the new TLS certificate: --tls-"), "{line}");
        assert!(line.contains("keeping the previous one"), "{line}");
        let mut connection = Connection::open(&address, &first.authority);
        connection.ask();
        assert_eq!(connection.certificate(), kept);
    };
    // Half a renewal: the key of the new certificate has not come yet.
    let other = Certificates::signed(home.path(), "other", |_| {});
    std::fs::rename(&other.certificate, &first.certificate).expect("it moves");
    still_kept("does not match the certificate");
    std::fs::write(&first.certificate, "rubbish\n").expect("a file");
    still_kept("no certificate found");
    std::fs::remove_file(&first.certificate).expect("it is there");
    still_kept("cannot be read");
    let expired = Certificates::expired(home.path());
    replace(&first, &expired);
    still_kept("expired at 2020-12-31");
    let said = owner.said().matches("cannot load the new TLS certificate").count();
    assert_eq!(said, 4, "each of them once: {}", owner.said());

    let good = Certificates::signed(home.path(), "right", |_| {});
    let right = certificate_in(&good.certificate);
    replace(&first, &good);
    owner.until_said("TLS certificate reloaded");
    let mut connection = Connection::open(&address, &good.authority);
    connection.ask();
    assert_eq!(connection.certificate(), right);
}

#[test]
fn who_is_slow_with_the_handshake_keeps_nobody_waiting() {
    let home = Home::new();
    let certificates = Certificates::good(home.path());
    let (mut owner, address) = served(&home, &certificates);
    let mut slow: Vec<TcpStream> =
        (0..50).map(|_| TcpStream::connect(&address).expect("it listens")).collect();
    for (number, stream) in slow.iter_mut().enumerate() {
        // Nothing, the beginning of a handshake, or rubbish that looks like one.
        stream.write_all([&b""[..], b"\x16\x03\x01", b"\x16garbage"][number % 3]).expect("it reads");
    }
    let url = format!("https://{address}");
    let out = client(&home, &url, &[("KEYDECK_CA_FILE", &certificates.authority)]);
    assert!(out.status.success(), "{}", errors(&out));
    // SIGTERM does not wait for them either.
    #[cfg(unix)]
    {
        assert_eq!(owner.terminate().code(), Some(0));
        assert!(owner.said().contains("database closed"), "{}", owner.said());
        assert!(!owner.said().contains("closed connections with requests still running"), "{}", owner.said());
    }
    drop(slow);
}

#[test]
fn a_pair_that_clients_would_refuse_is_wrong_usage() {
    let home = Home::new();
    let good = Certificates::good(home.path());
    let other = Certificates::signed(home.path(), "other", |_| {});
    let expired = Certificates::expired(home.path());
    let future = Certificates::signed(home.path(), "future", |server| {
        server.not_before = rcgen::date_time_ymd(4000, 1, 1);
        server.not_after = rcgen::date_time_ymd(4001, 1, 1);
    });
    let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let (certificate, key) = (text(&good.certificate), text(&good.key));
    let missing = text(&home.path().join("missing.pem"));
    for (flags, about) in [
        (vec!["--tls-cert", &certificate], "--tls-key"),
        (vec!["--tls-key", &key], "--tls-cert"),
        (vec!["--tls-cert", &missing, "--tls-key", &key], "missing.pem: cannot be read"),
        (vec!["--tls-cert", &certificate, "--tls-key", &missing], "missing.pem: cannot be read"),
        (vec!["--tls-cert", &key, "--tls-key", &key], "no certificate found"),
        (vec!["--tls-cert", &certificate, "--tls-key", &certificate], "no unencrypted private key"),
        (vec!["--tls-cert", &certificate, "--tls-key", &text(&other.key)], "does not match"),
        (expired.flags().to_vec(), "expired at 2020-12-31T00:00:00.000Z"),
        (future.flags().to_vec(), "not valid before 4000-01-01T00:00:00.000Z"),
        (vec!["--tls-cert", &text(&good.authority), "--tls-key", &key], "is a CA certificate"),
        ([&good.flags()[..], &["--behind-tls-proxy"]].concat(), "--behind-tls-proxy"),
    ] {
        let out = home.run(&[&ANY[..], &flags].concat());
        assert_failed(&out, 2, about);
    }
    assert!(!home.data().exists(), "nothing was made");
    assert!(std::fs::read_to_string(&good.key).expect("the key").contains("PRIVATE KEY"));
}

#[test]
fn an_open_network_address_is_served_with_tls() {
    let home = Home::new();
    let certificates = Certificates::good(home.path());
    let open = ["serve", "--manage", "0.0.0.0:0", "--edge", "127.0.0.1:0"];
    let owner = home.start(&[&open[..], &certificates.flags()].concat());
    owner.until_said("keydeck: ready");
}

#[cfg(unix)]
#[test]
fn sigterm_answers_the_request_that_has_begun_and_closes_idle_connections() {
    let home = Home::new();
    let mut owner = home.start(&ANY);
    owner.until_said("keydeck: ready");
    let line = owner.until_said("management API on http://");
    let address = line.rsplit_once("http://").expect("an address").1.to_owned();
    let mut idle = TcpStream::connect(&address).expect("it listens");
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").expect("it reads");
    let mut some = [0; 1024];
    assert!(idle.read(&mut some).expect("an answer") > 0);
    assert_eq!(owner.terminate().code(), Some(0));
    assert_eq!(idle.read(&mut some).expect("the end"), 0, "closed in order");
}
