//! Certificates for tests: an authority, and a server's that it signed.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

/// Files in PEM form.
pub(crate) struct Certificates {
    /// The authority's certificate.
    pub(crate) authority: PathBuf,
    /// The server's certificate.
    pub(crate) certificate: PathBuf,
    /// The server's private key.
    pub(crate) key: PathBuf,
}

impl Certificates {
    /// A server's certificate for 127.0.0.1 that an authority of its own has signed.
    pub(crate) fn good(folder: &Path) -> Certificates {
        Certificates::signed(folder, "good", |_| {})
    }

    /// The same with other properties.
    pub(crate) fn signed(
        folder: &Path,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Certificates {
        let mut authority = CertificateParams::new(Vec::<String>::new()).expect("parameters");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, format!("authority of {name}"));
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("signed");
        let mut server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
        change(&mut server);
        let key = KeyPair::generate().expect("a key");
        let certificate = server.signed_by(&key, &authority).expect("signed");
        let write = |what: &str, text: &str| {
            let file = folder.join(format!("{name}-{what}.pem"));
            std::fs::write(&file, text).expect("a file");
            file
        };
        Certificates {
            authority: write("authority", &authority.pem()),
            certificate: write("certificate", &certificate.pem()),
            key: write("key", &key.serialize_pem()),
        }
    }

    /// One that was valid in the year 2020 alone.
    pub(crate) fn expired(folder: &Path) -> Certificates {
        Certificates::signed(folder, "expired", |server| {
            server.not_before = date_time_ymd(2020, 1, 1);
            server.not_after = date_time_ymd(2020, 12, 31);
        })
    }

    /// The flags of `serve`.
    pub(crate) fn flags(&self) -> [&str; 4] {
        let [certificate, key] = [&self.certificate, &self.key].map(|path| path.to_str().expect("UTF-8"));
        ["--tls-cert", certificate, "--tls-key", key]
    }
}
