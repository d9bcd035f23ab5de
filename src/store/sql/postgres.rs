//! What the URL of a PostgreSQL database may say, and why its server cannot be used.

use std::borrow::Cow;
use std::error::Error as StdError;

use percent_encoding::percent_decode_str;
use sqlx::AnyConnection;

use crate::store::{Result, StoreError};
use crate::wire::text;

/// The parameters of a URL, each with the other names that it has.
const PARAMETERS: [&[&str]; 13] = [
    &[SSLMODE, "ssl-mode"],
    &[SSLROOTCERT, "ssl-root-cert", "ssl-ca"],
    &[SSLCERT, "ssl-cert"],
    &[SSLKEY, "ssl-key"],
    &["statement-cache-capacity"],
    &["host"],
    &["hostaddr"],
    &["port"],
    &["dbname"],
    &["user"],
    &["password"],
    &["application_name"],
    &["options"],
];
const SSLMODE: &str = "sslmode";
const SSLROOTCERT: &str = "sslrootcert";
const SSLCERT: &str = "sslcert";
const SSLKEY: &str = "sslkey";

/// The modes that encrypt where the server can, or always, and check no certificate.
const UNCHECKED: [&str; 2] = ["prefer", "require"];
const CHECKED: [&str; 2] = ["verify-ca", "verify-full"];
const NO_TLS: &str = "disable";

/// What each database of ours has, since its first migration.
const MIGRATIONS_TABLE: &str = "_sqlx_migrations";
const OWN_TABLE: &str = "audit_head";

/// The oldest version whose SQL has what the statements use: `with … as materialized`. Other engines that speak like
/// PostgreSQL are judged by the version that they report.
const OLDEST: u32 = 12;

/// Why the server is too old, if it is. One that does not say its version is tried.
pub(super) async fn too_old(name: &str, db: &mut AnyConnection) -> Option<String> {
    let version = sqlx::query_scalar("select current_setting('server_version_num')");
    let version: String = version.fetch_one(db).await.ok()?;
    judge(name, version.parse().ok()?)
}

/// By its `server_version_num`: 150014 is 15.14, 90624 is 9.6.24.
fn judge(name: &str, version: u32) -> Option<String> {
    let (major, minor) = (version / 10_000, version % 10_000);
    if major >= OLDEST {
        return None;
    }
    let found = if major < 10 {
        format!("{major}.{}.{}", minor / 100, minor % 100)
    } else {
        format!("{major}.{minor}")
    };
    Some(format!(
        "{name} runs PostgreSQL {found}, which is too old; Keydeck needs PostgreSQL {OLDEST} or later: upgrade the \
         server, or choose another one"
    ))
}

/// Tables of the schema, without those of extensions.
const TABLES: &str = "select cast(c.relname as text) from pg_catalog.pg_class c \
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    where n.nspname = current_schema() and c.relkind in ('r', 'p') and not exists \
    (select 1 from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype = 'e') order by 1";
/// How many of them are named.
const NAMED: usize = 3;

/// Why the tables that are there are another application's, if they are. Nothing is changed to find that out.
pub(super) async fn foreign(name: &str, db: &mut AnyConnection) -> Option<String> {
    // A database that cannot say what tables it has is tried.
    let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(db).await.ok()?;
    let has = |name: &str| tables.iter().any(|table| table == name);
    // A first start makes the table of migrations before the first of its own.
    let begun = tables.is_empty() || has(MIGRATIONS_TABLE) && (has(OWN_TABLE) || tables.len() == 1);
    (!begun).then(|| {
        let mut named = tables.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        if tables.len() > NAMED {
            named += ", …";
        }
        format!(
            "{name} has tables of another application ({named}); create a database for Keydeck alone, or a schema \
             (options[search_path]=SCHEMA in the URL)"
        )
    })
}

/// Refuses what the driver would ignore, such as `sslmod=require` or the certificate of a CA with a mode that does not
/// check it: they make a connection look safer than it is. Values are not repeated, except those
/// of the mode.
///
/// # Errors
/// [`StoreError::AddressParameter`].
pub(super) fn check_url(url: &str) -> Result<()> {
    check(url, &|variable| std::env::var(variable).ok())
}

fn check(url: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<()> {
    let refuse = |words: String| Err(StoreError::AddressParameter(words));
    let query = url.split('#').next().and_then(|url| url.split_once('?')).map_or("", |(_, query)| query);
    let mut given: Vec<(&str, Cow<'_, str>)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = percent_decode_str(key).decode_utf8_lossy();
        // A setting of the session: options[search_path]=keydeck.
        if key.starts_with("options[") {
            continue;
        }
        let Some(names) = PARAMETERS.iter().find(|names| names.contains(&key.as_ref())) else {
            return refuse(format!("the parameter {:?} is unknown; remove it", text::inert(&key)));
        };
        given.push((names[0], percent_decode_str(value).decode_utf8_lossy()));
    }
    let has = |name: &str, variable: &str| {
        // The last one counts, as for the driver.
        let given = given.iter().rev().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
        given.or_else(|| environment(variable))
    };
    let mode = has(SSLMODE, "PGSSLMODE");
    let mode = mode.as_deref().unwrap_or(UNCHECKED[0]).to_ascii_lowercase();
    if mode != NO_TLS && !UNCHECKED.contains(&mode.as_str()) && !CHECKED.contains(&mode.as_str()) {
        return refuse(format!(
            "sslmode (or PGSSLMODE) is {:?}; use disable, prefer, require, verify-ca or verify-full",
            text::inert(&mode)
        ));
    }
    if UNCHECKED.contains(&mode.as_str()) && has(SSLROOTCERT, "PGSSLROOTCERT").is_some() {
        return refuse(format!(
            "sslrootcert has no effect with sslmode={mode}, which does not check the certificate of the server; use \
             sslmode=verify-full"
        ));
    }
    if has(SSLCERT, "PGSSLCERT").is_some() != has(SSLKEY, "PGSSLKEY").is_some() {
        return refuse("sslcert and sslkey belong together; set both".to_owned());
    }
    Ok(())
}

/// Why no TLS connection came about, and what to do, by what the driver says.
pub(super) fn tls_words(name: &str, cause: &(dyn StdError + 'static)) -> String {
    let words = cause.to_string();
    if words.contains("does not support TLS") {
        return format!(
            "{name} does not offer TLS, which sslmode requires; turn on ssl in its postgresql.conf, or allow a \
             connection in the clear with sslmode=disable"
        );
    }
    if words.starts_with("Invalid certificate") {
        return "cannot read the CA certificate; check that sslrootcert is a PEM file".to_owned();
    }
    format!(
        "cannot connect to {name} with TLS: {}; check the TLS parameters of its URL",
        text::clause(&words)
    )
}

/// The same for a certificate or a handshake that failed; `None` for an error that has nothing to do with TLS.
pub(super) fn handshake_words(name: &str, error: &std::io::Error) -> Option<String> {
    use rustls::CertificateError as Bad;
    let cause = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let rustls::Error::InvalidCertificate(bad) = cause else {
        return Some(tls_words(name, cause));
    };
    Some(match bad {
        Bad::UnknownIssuer | Bad::BadSignature => format!(
            "the certificate of {name} is not signed by a trusted CA; name the file of its CA with sslrootcert=FILE \
             in the URL"
        ),
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => format!(
            "the certificate of {name} is for another host name; connect by the name that it has, or give the server \
             a certificate for this one"
        ),
        Bad::Expired | Bad::ExpiredContext { .. } => {
            format!("the certificate of {name} has expired; renew it on the server")
        }
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
            format!("the certificate of {name} is not valid yet; check the clocks of both machines")
        }
        other if other.to_string().contains("CaUsedAsEndEntity") => format!(
            "the certificate of {name} is a CA certificate (CA:TRUE); give the server one of its own, signed by \
             that CA"
        ),
        other => format!("the certificate of {name} is not trusted: {other}; replace it on the server"),
    })
}
