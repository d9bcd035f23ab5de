//! Small disks that tests fill.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::skipped;

/// Writes until nothing goes in any more.
pub(crate) fn fill(ballast: &Path) {
    let mut file = std::fs::File::create(ballast).expect("a file");
    for block in [4096, 1] {
        while file.write_all(&[1; 4096][..block]).is_ok() {}
    }
}

/// A disk in memory, which only root can mount.
pub(crate) struct Disk(PathBuf, #[expect(dead_code, reason = "it is removed with this value")] TempDir);

impl Disk {
    /// Mounts one of so many MiB, or says why the test is skipped.
    pub(crate) fn mount(test: &str, mib: u32) -> Option<Disk> {
        let folder = tempfile::Builder::new().prefix("kd").tempdir().expect("a temporary directory");
        let path = folder.path().join("disk");
        std::fs::create_dir(&path).expect("a directory");
        match mount(&["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"], &path) {
            Ok(()) => Some(Disk(path, folder)),
            Err(why) => {
                skipped(&format!("{test} needs the right to mount a tmpfs ({why})"));
                None
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, since a connection may still be closing.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Runs mount(8).
pub(crate) fn mount(args: &[&str], path: &Path) -> Result<(), String> {
    match Command::new("mount").args(args).arg(path).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
