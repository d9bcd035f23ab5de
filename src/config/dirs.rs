//! Where data, state and configuration are.

use std::io;
use std::path::{Path, PathBuf};

use super::{ConfigError, Environment};

/// The directories of this user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directories {
    /// The database, its socket and its lock; `KEYDECK_DATA` names another one.
    pub data: PathBuf,
    /// The log.
    pub state: PathBuf,
    /// `config.toml`.
    pub config: PathBuf,
}

impl Directories {
    /// Where the operating system's customs put them. Nothing is made.
    ///
    /// # Errors
    /// When the user has no home directory and `KEYDECK_DATA` is not set.
    pub fn find(environment: Environment<'_>) -> Result<Directories, ConfigError> {
        let data = environment("KEYDECK_DATA").filter(|value| !value.is_empty()).map(PathBuf::from);
        match (directories::ProjectDirs::from("", "", "keydeck"), data) {
            (Some(dirs), data) => Ok(Directories {
                data: data.unwrap_or_else(|| dirs.data_dir().to_owned()),
                state: dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned(),
                config: dirs.config_dir().to_owned(),
            }),
            (None, Some(data)) => Ok(Directories { state: data.clone(), config: data.clone(), data }),
            (None, None) => Err(ConfigError::Homeless),
        }
    }
}

/// Makes a directory and those above it that are missing, for this user alone (0700).
///
/// # Errors
/// When the operating system refuses.
pub fn create_private(path: &Path) -> Result<(), ConfigError> {
    let made = builder().create(path);
    made.map_err(|error: io::Error| ConfigError::Path {
        what: "the directory",
        path: path.to_owned(),
        reason: format!("cannot be created ({error}); choose another directory with KEYDECK_DATA"),
    })
}

fn builder() -> std::fs::DirBuilder {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}
