//! TLS of the management listener: a certificate and its key from PEM files, checked before anything starts.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use super::exit::Failure;
use crate::files;
use crate::wire::time::Timestamp;

/// What speaks TLS with this certificate and key.
///
/// # Errors
/// Exit 2 when a file is missing or unreadable, when they do not belong together, or when the certificate is
/// not valid now.
pub fn acceptor(certificate: &Path, key: &Path, now: Timestamp) -> Result<TlsAcceptor, Failure> {
    let chain = chain(certificate)?;
    valid(certificate, &chain[0], now)?;
    let secret = private_key(key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::usage(format!("TLS cannot be used: {error}")))?
        .with_no_client_auth()
        .with_single_cert(chain, secret);
    let mut config = config.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => Failure::usage(format!(
            "--tls-key {} is not the key of the certificate in --tls-cert {}: give the two files that were \
             made together, the server's own certificate first in its file",
            key.display(),
            certificate.display()
        )),
        error => bad("--tls-cert", certificate, &format!("it cannot be used ({error})")),
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let pem = read(file).map_err(|error| bad("--tls-cert", file, &words(&error)))?;
    let all = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let chain = all.map_err(|error| bad("--tls-cert", file, &words(&error)))?;
    if chain.is_empty() {
        return Err(bad("--tls-cert", file, "no certificate stands in it (BEGIN CERTIFICATE)"));
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
                pem::Error::NoItemsFound => {
                    "no private key without a passphrase stands in it (BEGIN PRIVATE KEY)".to_owned()
                }
                error => words(&error),
            },
        )
    })
}

/// Refuses a certificate that every client would refuse. Who signed it is the clients' to judge: it is
/// verified against no authority, and of what comes out only what its own text says is looked at.
fn valid(file: &Path, certificate: &CertificateDer<'_>, now: Timestamp) -> Result<(), Failure> {
    let parsed = ParsedCertificate::try_from(certificate)
        .map_err(|error| bad("--tls-cert", file, &format!("it holds no certificate ({error})")))?;
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
            format!("the certificate expired at {}: renew it", date(not_after))
        }
        Err(rustls::Error::InvalidCertificate(CertificateError::NotValidYetContext {
            not_before, ..
        })) => {
            format!("the certificate is not valid before {}: look at this machine's clock", date(not_before))
        }
        Err(rustls::Error::InvalidCertificate(CertificateError::Other(error)))
            if error.to_string().contains("CaUsedAsEndEntity") =>
        {
            "its first certificate is an authority's (CA:TRUE), which clients refuse of a server: put the \
             server's own first, or make one with basicConstraints=CA:FALSE"
                .to_owned()
        }
        _ => return Ok(()),
    };
    Err(bad("--tls-cert", file, &reason))
}

fn words(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => format!("it cannot be read ({error})"),
        pem::Error::NoItemsFound => "nothing in PEM form stands in it".to_owned(),
        error => format!("it is no PEM file ({error})"),
    }
}

fn bad(flag: &str, file: &Path, reason: &str) -> Failure {
    Failure::usage(format!("{flag} {}: {reason}", file.display()))
}
