//! Where `keydeck login` keeps tokens: in the operating system's keyring, or in a file of mode 0600 where there
//! is none.
//!
//! A token is filed under its context's name and its server's URL, so that a context whose URL was changed in
//! the configuration does not send it to another server.

use std::fmt;
use std::path::PathBuf;
use std::sync::LazyLock;

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;
#[cfg(all(unix, not(target_os = "macos")))]
use dbus_secret_service_keyring_store::Store;
use keyring_core::{Entry, Error};
#[cfg(windows)]
use windows_native_keyring_store::Store;
use zeroize::Zeroizing;

use super::exit::{Exit, Failure};
use super::runtime::blocking;
use crate::config::context::Place;
use crate::config::{Context, Settings, dirs, management_token};
use crate::secret::Secret;

/// How the keyring files what is ours.
const SERVICE: &str = "keydeck";

/// Whether the operating system's keyring answers. The first call connects to it, and may block.
pub fn has_keyring() -> bool {
    static CONNECTED: LazyLock<bool> = LazyLock::new(|| match Store::new() {
        Ok(store) => {
            keyring_core::set_default_store(store);
            true
        }
        Err(error) => {
            tracing::debug!(%error, "no keyring");
            false
        }
    });
    *CONNECTED
}

/// Where a token is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kept {
    /// In the operating system's keyring.
    Keyring,
    /// In this file.
    File(PathBuf),
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kept::Keyring => f.write_str("the system keyring"),
            Kept::File(file) => write!(f, "{}", file.display()),
        }
    }
}

/// What is stored for a context.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vault {
    name: String,
    url: String,
    folder: PathBuf,
}

impl Vault {
    /// The place of a context with a server; contexts with a database need no token.
    pub fn of(settings: &Settings, context: &Context) -> Option<Vault> {
        match &context.place {
            Place::Server(url) => Some(Vault::named(settings, &context.name, url)),
            Place::Database(_) => None,
        }
    }

    /// The place of a context of this name and server.
    pub fn named(settings: &Settings, name: &str, url: &str) -> Vault {
        let folder = settings.directories.state.join("tokens");
        Vault { name: name.to_owned(), url: url.to_owned(), folder }
    }

    /// The token, and where it was found. A keyring that does not answer has none.
    ///
    /// # Errors
    /// When a file of ours holds something else.
    pub async fn read(&self) -> Result<Option<(Secret, Kept)>, Failure> {
        let vault = self.clone();
        blocking(move || {
            if let Some(token) = vault.read_file()? {
                return Ok(Some((token, Kept::File(vault.file()))));
            }
            Ok(vault.read_keyring().map(|token| (token, Kept::Keyring)))
        })
        .await
    }

    /// The token of a file. Unlike [`Vault::read`] it asks no keyring, which may prompt.
    ///
    /// # Errors
    /// The file holds something else.
    pub fn read_saved(&self) -> Result<Option<Secret>, Failure> {
        self.read_file()
    }

    /// Stores the token in the keyring, or in a file where there is none or that is wanted; says where.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn store(&self, token: Secret, in_file: bool) -> Result<Kept, Failure> {
        let vault = self.clone();
        blocking(move || {
            if !in_file {
                match vault.write_keyring(&token) {
                    Ok(()) => {
                        // What an earlier login left there would be found first.
                        vault.remove_file()?;
                        return Ok(Kept::Keyring);
                    }
                    Err(error) => tracing::info!(%error, "no keyring; saving the token in a file"),
                }
            }
            let file = vault.file();
            vault.write_file(&token).map_err(|error| {
                let text = format!("cannot write the token to {}: {error}", file.display());
                Failure::new(Exit::Failed, text)
            })?;
            Ok(Kept::File(file))
        })
        .await
    }

    /// Removes the token wherever it is; says where it was.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub async fn remove(&self) -> Result<Vec<Kept>, Failure> {
        let vault = self.clone();
        blocking(move || {
            let mut gone = Vec::new();
            if vault.remove_file()? {
                gone.push(Kept::File(vault.file()));
            }
            if vault.remove_entry()? {
                gone.push(Kept::Keyring);
            }
            Ok(gone)
        })
        .await
    }

    /// Removes the token from the keyring alone: the file of a context's name is the same for each of its
    /// servers, so that a later login has replaced it.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub async fn remove_from_keyring(&self) -> Result<(), Failure> {
        let vault = self.clone();
        blocking(move || vault.remove_entry().map(drop)).await
    }

    fn remove_entry(&self) -> Result<bool, Failure> {
        match self.entry().and_then(|entry| entry.delete_credential()) {
            Ok(()) => Ok(true),
            Err(Error::NoDefaultStore | Error::NoEntry) => Ok(false),
            Err(error) => {
                let text = format!("cannot remove the token from the keyring: {error}");
                Err(Failure::new(Exit::Failed, text))
            }
        }
    }

    fn entry(&self) -> keyring_core::Result<Entry> {
        if !has_keyring() {
            return Err(Error::NoDefaultStore);
        }
        Entry::new(SERVICE, &format!("{} {}", self.name, self.url))
    }

    fn read_keyring(&self) -> Option<Secret> {
        let read = self.entry().and_then(|entry| entry.get_secret()).map(Zeroizing::new);
        let bytes = read.inspect_err(|error| tracing::debug!(%error, "no token in the keyring")).ok()?;
        std::str::from_utf8(&bytes).ok().and_then(|text| management_token(text).ok())
    }

    fn write_keyring(&self, token: &Secret) -> keyring_core::Result<()> {
        self.entry()?.set_secret(token.reveal().as_bytes())
    }

    fn file(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    /// The first line is the token, the second the URL that it is for.
    fn read_file(&self) -> Result<Option<Secret>, Failure> {
        let file = self.file();
        let bad = |reason: String| {
            let text = format!("{}: {reason}; run `keydeck login` again", file.display());
            Failure::usage(text)
        };
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(bad(format!("cannot read the saved token ({error})"))),
        };
        let (token, url) = text.split_once('\n').unwrap_or((&text, ""));
        if url.trim() != self.url {
            return Ok(None);
        }
        management_token(token).map(Some).map_err(bad)
    }

    fn write_file(&self, token: &Secret) -> std::io::Result<()> {
        dirs::create_private(&self.folder).map_err(std::io::Error::other)?;
        // No context's name begins with a dot: this is the file of no other one.
        let draft = self.folder.join(format!(".{}.new", self.name));
        let mut text = Zeroizing::new(Vec::with_capacity(token.reveal().len() + self.url.len() + 2));
        for part in [token.reveal(), "\n", &self.url, "\n"] {
            text.extend_from_slice(part.as_bytes());
        }
        crate::files::replace(&self.file(), &draft, &text)
    }

    fn remove_file(&self) -> Result<bool, Failure> {
        match std::fs::remove_file(self.file()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => {
                let text = format!("cannot remove {}: {error}", self.file().display());
                Err(Failure::new(Exit::Failed, text))
            }
        }
    }
}
