//! Ways to a server: a URL with a token, a socket of this machine, or a router in this process.

use std::error::Error as StdError;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Certificate, Request, Response, Url};
use tower::ServiceExt as _;
use zeroize::Zeroizing;

use super::error::{ClientError, SendError};
use crate::files;
use crate::secret::{self, MaskedKey, Secret};
use crate::wire::paths::READ_ONLY_HEADER;
use crate::wire::text;

/// A way to a server.
#[derive(Debug)]
pub struct Transport(Way);

/// Which way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Via {
    /// A server in this process.
    Embedded,
    /// A server of this machine that another process runs.
    Socket,
    /// A server with an address.
    Remote,
}

#[derive(Debug)]
enum Way {
    Remote {
        base: Url,
        token: Secret,
        /// The header that carries it.
        carrier: Carrier,
        trusted: Vec<Certificate>,
        http: OnceLock<reqwest::Client>,
    },
    Socket {
        path: PathBuf,
        read_only: bool,
        /// A further user whose socket it may be.
        #[cfg(unix)]
        trusted: Option<u32>,
        #[cfg(not(unix))]
        http: OnceLock<reqwest::Client>,
    },
    Embedded(Router),
}

/// How a request shows what its caller has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Carrier {
    /// A management token in `Authorization`.
    Bearer,
    /// An API key in `X-API-Key`.
    ApiKey,
}

impl Transport {
    /// A server with an address. The token travels over https, or over http to this machine alone.
    ///
    /// # Errors
    /// When the address is none, or would carry the token over an open network.
    pub fn remote(address: &str, token: &Secret) -> Result<Transport, ClientError> {
        Transport::carrying(address, token, Carrier::Bearer)
    }

    /// An Edge API with an address, called with one of its API keys; the rules are those for tokens.
    ///
    /// # Errors
    /// As [`Transport::remote`].
    pub fn edge(address: &str, key: &Secret) -> Result<Transport, ClientError> {
        Transport::carrying(address, key, Carrier::ApiKey)
    }

    fn carrying(address: &str, token: &Secret, carrier: Carrier) -> Result<Transport, ClientError> {
        let (base, token) = (base(address)?, token.clone());
        Ok(Transport(Way::Remote { base, token, carrier, trusted: Vec::new(), http: OnceLock::new() }))
    }

    /// The same, believing also the authorities whose certificates stand in this PEM file: for a server whose
    /// certificate none of this machine's own authorities has signed.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else.
    pub fn trusting(mut self, file: &Path) -> Result<Transport, ClientError> {
        let bad = |reason: String| ClientError::Authorities { file: file.display().to_string(), reason };
        let pem = files::read(file, files::CERTIFICATES_MAX).map_err(|error| bad(error.to_string()))?;
        let certificates = Certificate::from_pem_bundle(&pem).unwrap_or_default();
        if certificates.is_empty() {
            return Err(bad("no PEM certificate found (BEGIN CERTIFICATE)".to_owned()));
        }
        if let Way::Remote { trusted, .. } = &mut self.0 {
            *trusted = certificates;
        }
        Ok(self)
    }

    /// An address as [`Transport::remote`] takes it, in the form in which it is shown and stored.
    ///
    /// # Errors
    /// When it is none, or would carry a token over an open network.
    pub fn check(address: &str) -> Result<String, ClientError> {
        base(address).map(|base| base.as_str().trim_end_matches('/').to_owned())
    }

    /// The socket of the process that owns this machine's database. It knows its caller without a token.
    pub fn socket(path: impl AsRef<Path>) -> Transport {
        Transport(Way::Socket {
            path: path.as_ref().to_owned(),
            read_only: false,
            #[cfg(unix)]
            trusted: None,
            #[cfg(not(unix))]
            http: OnceLock::new(),
        })
    }

    /// The same, as an auditor: the owner lets these calls read and refuses all others.
    pub fn socket_read_only(path: impl AsRef<Path>) -> Transport {
        let mut transport = Transport::socket(path);
        if let Way::Socket { read_only, .. } = &mut transport.0 {
            *read_only = true;
        }
        transport
    }

    /// Besides this user and root, this one may own the socket.
    #[cfg(unix)]
    pub fn trusting_user(mut self, user: Option<u32>) -> Transport {
        if let Way::Socket { trusted, .. } = &mut self.0 {
            *trusted = user;
        }
        self
    }

    /// A router in this process: no port, no bytes on any wire.
    pub fn embedded(router: Router) -> Transport {
        Transport(Way::Embedded(router))
    }

    /// Which way it is.
    pub fn via(&self) -> Via {
        match self.0 {
            Way::Remote { .. } => Via::Remote,
            Way::Socket { .. } => Via::Socket,
            Way::Embedded(_) => Via::Embedded,
        }
    }

    /// The masked token that it sends.
    pub(super) fn token(&self) -> Option<MaskedKey> {
        match &self.0 {
            Way::Remote { token, .. } => Some(token.hint()),
            Way::Socket { .. } | Way::Embedded(_) => None,
        }
    }

    /// The address of a path below this server.
    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = match &self.0 {
            Way::Remote { base, .. } => base.clone(),
            Way::Socket { .. } | Way::Embedded(_) => Url::parse("http://localhost/").expect("an address"),
        };
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        url
    }

    /// Sends a request; comes back with the head of the answer.
    pub(super) async fn send(&self, mut request: Request, connect: Duration) -> Result<Response, SendError> {
        let http = match &self.0 {
            Way::Remote { base, token, carrier, trusted, http } => {
                let (name, scheme) = match carrier {
                    Carrier::Bearer => (AUTHORIZATION, "Bearer "),
                    Carrier::ApiKey => (HeaderName::from_static("x-api-key"), ""),
                };
                request.headers_mut().insert(name, secret_header(scheme, token));
                self.http(http, connect, |builder| {
                    if base.scheme() == "https" {
                        // A company's proxy may stand between; what is on this machine needs none.
                        builder.tls_certs_merge(trusted.iter().cloned())
                    } else {
                        builder.tls_certs_only([]).no_proxy()
                    }
                })?
            }
            Way::Socket { path, read_only, .. } => {
                if *read_only {
                    let header = HeaderName::from_static(READ_ONLY_HEADER);
                    request.headers_mut().insert(header, HeaderValue::from_static("true"));
                }
                return self.through(path, request, connect).await;
            }
            Way::Embedded(router) => return embedded(router, request).await,
        };
        http.execute(request).await.map_err(|error| self.send_error(&error))
    }

    /// Built at the first call: the certificates of this machine cost 10 ms, which a socket never needs.
    fn http<'a>(
        &self,
        cell: &'a OnceLock<reqwest::Client>,
        connect: Duration,
        more: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<&'a reqwest::Client, SendError> {
        if let Some(http) = cell.get() {
            return Ok(http);
        }
        let http = more(client(connect)).build().map_err(|error| self.send_error(&error))?;
        Ok(cell.get_or_init(|| http))
    }

    #[cfg(unix)]
    async fn through(&self, path: &Path, request: Request, connect: Duration) -> Result<Response, SendError> {
        let Way::Socket { trusted, .. } = &self.0 else { return Err(SendError::Broken) };
        super::local::send(path, *trusted, request, connect).await
    }

    #[cfg(not(unix))]
    async fn through(&self, path: &Path, request: Request, connect: Duration) -> Result<Response, SendError> {
        let Way::Socket { http, .. } = &self.0 else { return Err(SendError::Broken) };
        let http = self.http(http, connect, |builder| through(builder, path))?;
        http.execute(request).await.map_err(|error| self.send_error(&error))
    }

    fn send_error(&self, error: &reqwest::Error) -> SendError {
        let server = self.to_string();
        let cause = root_cause(error);
        if let Some(tls) = tls_cause(error) {
            return SendError::Connect(ClientError::Tls { server, cause: tls });
        }
        if error.is_connect() && error.is_timeout() {
            return SendError::Connect(ClientError::Unreachable {
                server,
                cause: "connection timed out".into(),
            });
        }
        if error.is_connect() || error.is_builder() {
            return SendError::Connect(ClientError::Unreachable { server, cause });
        }
        if cause.starts_with("invalid HTTP") || cause.starts_with("message head is too large") {
            return SendError::NoHttp;
        }
        SendError::Broken
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Way::Remote { base, .. } => f.write_str(base.as_str().trim_end_matches('/')),
            Way::Socket { .. } => f.write_str(super::local::LOCAL),
            Way::Embedded(_) => f.write_str("local database"),
        }
    }
}

/// What every client of ours has in common: it follows no redirect, which could carry a token elsewhere.
fn client(connect: Duration) -> reqwest::ClientBuilder {
    // Fails only when it is installed already, by an earlier client.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(connect)
        .tcp_nodelay(true)
}

/// For plain HTTP straight to an address: no certificates, no proxy.
pub(super) fn plain_http(connect: Duration) -> reqwest::ClientBuilder {
    client(connect).tls_certs_only([]).no_proxy()
}

async fn embedded(router: &Router, request: Request) -> Result<Response, SendError> {
    let request = axum::http::Request::<reqwest::Body>::try_from(request)
        .expect("a URL of ours is a URI")
        .map(axum::body::Body::new);
    let Ok(response) = router.clone().oneshot(request).await;
    Ok(response.map(|body| reqwest::Body::wrap_stream(body.into_data_stream())).into())
}

/// On Windows the path is that of a file with the owner's loopback port and its token, a line each.
#[cfg(not(unix))]
fn through(builder: reqwest::ClientBuilder, path: &Path) -> reqwest::ClientBuilder {
    let text = Zeroizing::new(std::fs::read_to_string(path).unwrap_or_default());
    let mut lines = text.lines();
    let port = lines.next().and_then(|line| line.trim().parse::<u16>().ok()).unwrap_or(0);
    let mut headers = reqwest::header::HeaderMap::new();
    if let Some(Ok(mut value)) = lines.next().map(|line| HeaderValue::from_str(line.trim())) {
        value.set_sensitive(true);
        headers.insert(crate::wire::paths::LOCAL_TOKEN_HEADER, value);
    }
    builder
        .tls_certs_only([])
        .no_proxy()
        .default_headers(headers)
        .resolve("localhost", std::net::SocketAddr::from(([127, 0, 0, 1], port)))
}

/// The header with the token, in memory that is wiped after it.
fn secret_header(scheme: &str, token: &Secret) -> HeaderValue {
    let mut text = Zeroizing::new(Vec::with_capacity(scheme.len() + secret::KEY_LEN));
    text.extend_from_slice(scheme.as_bytes());
    text.extend_from_slice(token.reveal().as_bytes());
    let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(text)).expect("letters and digits");
    value.set_sensitive(true);
    value
}

fn base(address: &str) -> Result<Url, ClientError> {
    // A password may stand before a @, also in what is no URL.
    let shown = secret::masked(address.rsplit('@').next().unwrap_or(address)).into_owned();
    let bad =
        |address: &str, reason: &str| ClientError::Address { address: address.into(), reason: reason.into() };
    let url =
        Url::parse(address).map_err(|_| bad(&shown, "not a URL; expected e.g. https://keys.example.com"))?;
    if !url.username().is_empty() || url.password().is_some() {
        let host = url.host_str().unwrap_or("").to_owned();
        return Err(bad(&host, "it contains a user name or password; pass the token separately"));
    }
    if secret::find(address).is_some() {
        return Err(bad(
            &shown,
            "it contains a whole key; pass the token separately, and revoke it if others saw it",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad(&shown, "it has a query or fragment; pass only the server's address"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(bad(&shown, "refusing plain http to a remote host; use https")),
        _ => Err(bad(&shown, "it must begin with https:// or http://")),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or("");
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The innermost cause: the operating system's or the protocol's own words, without our addresses.
pub(super) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let cause = chain(error).last().map_or_else(String::new, ToString::to_string);
    // The operating system's number says nothing that its words do not.
    secret::masked(&text::clause(&text::plain(&cause))).into_owned()
}

fn tls_cause(error: &(dyn StdError + 'static)) -> Option<String> {
    chain(error).find_map(|cause| Some(tls_words(cause.downcast_ref::<rustls::Error>()?)))
}

/// What is wrong with a server's certificate or protocol, and what to do about it.
fn tls_words(error: &rustls::Error) -> String {
    use rustls::CertificateError as Bad;
    let rustls::Error::InvalidCertificate(bad) = error else {
        return match error {
            rustls::Error::InvalidMessage(_) => "the server does not use TLS on this port".to_owned(),
            other => other.to_string(),
        };
    };
    match bad {
        Bad::UnknownIssuer => {
            "its certificate is not signed by a trusted CA; for a private CA, set ca_file in the \
             configuration or KEYDECK_CA_FILE"
                .to_owned()
        }
        Bad::Expired | Bad::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or this machine's clock is behind".to_owned()
        }
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
            "its certificate is for another host name".to_owned()
        }
        Bad::Revoked => "its certificate was revoked".to_owned(),
        other if other.to_string().contains("CaUsedAsEndEntity") => {
            "its certificate is a CA certificate (CA:TRUE)".to_owned()
        }
        other => format!("its certificate is not trusted: {other}"),
    }
}

/// An error and its causes. An I/O error hides the one that it wraps from its own `source`.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        let error: &'a (dyn StdError + 'static) = *error;
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}
