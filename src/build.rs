//! What `keydeck --version` says of the build: commit, profile, target. Nothing of it is a time, so that the
//! same sources give the same program.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    println!("cargo::rerun-if-env-changed=KEYDECK_COMMIT");
    let (profile, target) = (variable("PROFILE"), variable("TARGET"));
    let here = variable("CARGO_MANIFEST_DIR");
    let commit = match env::var("KEYDECK_COMMIT") {
        // Who builds from an archive knows it, and git does not.
        Ok(commit) if is_plain(&commit) => Some(commit),
        // In development each commit would compile everything again.
        _ if profile != "release" => None,
        _ => {
            for path in ["src", "assets", "Cargo.toml", "Cargo.lock"] {
                println!("cargo::rerun-if-changed={path}");
            }
            for file in ["HEAD", "logs/HEAD"] {
                if let Some(path) = git(Path::new(&here), &["rev-parse", "--git-path", file])
                    && Path::new(&here).join(&path).exists()
                {
                    println!("cargo::rerun-if-changed={path}");
                }
            }
            commit_of(Path::new(&here))
        }
    };
    println!("cargo::rustc-env=KEYDECK_BUILD={}", build(commit.as_deref(), &profile, &target));
}

/// What stands in brackets behind the version.
pub(crate) fn build(commit: Option<&str>, profile: &str, target: &str) -> String {
    match commit {
        Some(commit) => format!("commit {commit}, {profile}, {target}"),
        None => format!("{profile}, {target}"),
    }
}

/// The commit of a checkout, with a `+` when tracked files differ from it; none where git is not, or where
/// the folder only lies within the checkout of something else.
pub(crate) fn commit_of(here: &Path) -> Option<String> {
    let top = git(here, &["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != here.canonicalize().ok()? {
        return None;
    }
    let commit = git(here, &["rev-parse", "--short=12", "HEAD"])?;
    let changed = !git(here, &["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(if changed { format!("{commit}+") } else { commit })
}

fn git(here: &Path, arguments: &[&str]) -> Option<String> {
    let out = Command::new("git").arg("-C").arg(here).args(arguments).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    out.status.success().then(|| text.trim().to_owned())
}

fn is_plain(commit: &str) -> bool {
    !commit.is_empty()
        && commit.len() <= 64
        && commit.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+')
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}
