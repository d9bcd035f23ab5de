//! TLS of the management listener: a certificate and its key from PEM files, checked before anything starts and
//! read again when they change.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use super::exit::Failure;
use super::runtime::blocking;
use crate::files;
use crate::wire::time::{Clock, Timestamp};

/// How often the files are checked for changes.
const INTERVAL: Duration = Duration::from_secs(2);

/// The certificate of the management listener. A renewed one replaces it while the server runs; connections that
/// are open keep the one they began with.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    config: ArcSwap<ServerConfig>,
    state: Mutex<State>,
}

struct State {
    /// The files that the certificate in use was read from.
    loaded: Stamps,
    /// Why the files as they are now cannot be used.
    failure: Option<String>,
    /// Whether the log has that failure.
    logged: bool,
}

/// What changes whenever a file is replaced or written to. None for a file that is missing, and for a pipe.
#[derive(Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// Device, inode, and time of the last change to content or permissions in seconds and nanoseconds.
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
}

type Stamps = [Option<Stamp>; 2];

impl Tls {
    /// Reads the two files.
    ///
    /// # Errors
    /// Exit 2 when a file is missing or unreadable, when they do not belong together, or when the certificate is
    /// not valid now.
    pub fn open(certificate: &Path, key: &Path, now: Timestamp) -> Result<Tls, Failure> {
        // Before reading: a file that changes meanwhile is read again.
        let loaded = stamps(certificate, key);
        let config = ArcSwap::from_pointee(load(certificate, key, now)?);
        let state = Mutex::new(State { loaded, failure: None, logged: false });
        Ok(Tls { certificate: certificate.to_owned(), key: key.to_owned(), config, state })
    }

    /// Shakes hands on new connections, with the certificate in use now.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.load_full())
    }

    /// Loads the files whenever they change. Returns only where one of them is a pipe, which can be read only once.
    pub async fn watch(self: Arc<Tls>, clock: Clock) {
        if self.state().loaded.iter().any(Option::is_none) {
            return;
        }
        loop {
            tokio::time::sleep(INTERVAL).await;
            let (tls, now) = (Arc::clone(&self), clock());
            // It fails only by a panic, which is in the log; the next check comes all the same.
            let _ = blocking(move || {
                tls.check(now);
                Ok(())
            })
            .await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, now: Timestamp) {
        let mut state = self.state();
        let found = stamps(&self.certificate, &self.key);
        if found == state.loaded {
            (state.failure, state.logged) = (None, false);
            return;
        }
        match reload(&self.certificate, &self.key, now) {
            Ok(config) => {
                self.config.store(Arc::new(config));
                *state = State { loaded: found, failure: None, logged: false };
                let file = self.certificate.display();
                tracing::info!("TLS certificate reloaded from {file}");
            }
            // Two files are rarely replaced in one step, so only a failure that lasts is worth a line.
            Err(failure) if state.failure.as_ref() != Some(&failure.message) => {
                (state.failure, state.logged) = (Some(failure.message), false);
            }
            Err(failure) if !state.logged => {
                tracing::error!(
                    "cannot load the new TLS certificate: {}; keeping the previous one. Fix the files; no \
                     restart needed",
                    failure.message
                );
                state.logged = true;
            }
            Err(_) => {}
        }
    }
}

fn stamps(certificate: &Path, key: &Path) -> Stamps {
    [certificate, key]
        .map(|file| std::fs::metadata(file).ok().filter(Metadata::is_file).map(|file| stamp(&file)))
}

fn stamp(file: &Metadata) -> Stamp {
    #[cfg(unix)]
    use std::os::unix::fs::MetadataExt as _;
    Stamp {
        modified: file.modified().ok(),
        length: file.len(),
        #[cfg(unix)]
        identity: (file.dev(), file.ino(), file.ctime(), file.ctime_nsec()),
    }
}

/// The same as [`load`] for files that a server has read before, without waiting for a pipe in their place.
fn reload(certificate: &Path, key: &Path, now: Timestamp) -> Result<ServerConfig, Failure> {
    for (flag, file) in [("--tls-cert", certificate), ("--tls-key", key)] {
        if std::fs::metadata(file).is_ok_and(|found| !found.is_file()) {
            return Err(bad(flag, file, "not a regular file"));
        }
    }
    load(certificate, key, now)
}

fn load(certificate: &Path, key: &Path, now: Timestamp) -> Result<ServerConfig, Failure> {
    let chain = chain(certificate)?;
    valid(certificate, &chain[0], now)?;
    let secret = private_key(key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::usage(format!("cannot use TLS: {error}")))?
        .with_no_client_auth()
        .with_single_cert(chain, secret);
    let mut config = config.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => Failure::usage(format!(
            "--tls-key {} does not match the certificate in --tls-cert {}; the server's own certificate \
             must come first in the file",
            key.display(),
            certificate.display()
        )),
        error => bad("--tls-cert", certificate, &format!("not usable ({error})")),
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let pem = read(file).map_err(|error| bad("--tls-cert", file, &words(&error)))?;
    let all = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let chain = all.map_err(|error| bad("--tls-cert", file, &words(&error)))?;
    if chain.is_empty() {
        return Err(bad("--tls-cert", file, "no certificate found (BEGIN CERTIFICATE)"));
    }
    Ok(chain)
}

fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, pem::Error> {
    files::read(file, files::CERTIFICATES_MAX).map_err(pem::Error::Io)
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    read(file).and_then(|pem| PrivateKeyDer::from_pem_slice(&pem)).map_err(|error| {
        bad(
            "--tls-key",
            file,
            &match error {
                pem::Error::NoItemsFound => "no unencrypted private key found (BEGIN PRIVATE KEY)".to_owned(),
                error => words(&error),
            },
        )
    })
}

/// Refuses a certificate that every client would refuse. Who signed it is the clients' to judge: it is
/// verified against no authority, and of what comes out only what its own text says is looked at.
fn valid(file: &Path, certificate: &CertificateDer<'_>, now: Timestamp) -> Result<(), Failure> {
    let parsed = ParsedCertificate::try_from(certificate)
        .map_err(|error| bad("--tls-cert", file, &format!("not a certificate ({error})")))?;
    let now = UnixTime::since_unix_epoch(Duration::from_millis(now.millis().unsigned_abs()));
    let verified = rustls::client::verify_server_cert_signed_by_trust_anchor(
        &parsed,
        &RootCertStore::empty(),
        &[],
        now,
        rustls::crypto::ring::default_provider().signature_verification_algorithms.all,
    );
    let date = |time: UnixTime| {
        Timestamp::from_millis(i64::try_from(time.as_secs()).unwrap_or(0).saturating_mul(1000))
    };
    let reason = match verified {
        Err(rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            format!("the certificate expired at {}; renew it", date(not_after))
        }
        Err(rustls::Error::InvalidCertificate(CertificateError::NotValidYetContext {
            not_before, ..
        })) => {
            format!("the certificate is not valid before {}; check this machine's clock", date(not_before))
        }
        Err(rustls::Error::InvalidCertificate(CertificateError::Other(error)))
            if error.to_string().contains("CaUsedAsEndEntity") =>
        {
            "the first certificate is a CA certificate (CA:TRUE), which clients reject; put the server's \
             own certificate first, or create one with basicConstraints=CA:FALSE"
                .to_owned()
        }
        _ => return Ok(()),
    };
    Err(bad("--tls-cert", file, &reason))
}

fn words(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => format!("cannot be read ({error})"),
        pem::Error::NoItemsFound => "no PEM data found".to_owned(),
        error => format!("not a PEM file ({error})"),
    }
}

fn bad(flag: &str, file: &Path, reason: &str) -> Failure {
    Failure::usage(format!("{flag} {}: {reason}", file.display()))
}
