//! A small disk that can be full: a tmpfs, which root may mount. It is made full by being made smaller, so that being
//! full costs no memory.

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// How much it holds when it is not full, in kilobytes.
const ROOM: u64 = 4 * 1024 * 1024;

/// The mounted disk. Unmounted when dropped.
pub(crate) struct Disk {
    dir: TempDir,
}

impl Disk {
    /// Mounts one, empty; or says why that is not possible here.
    pub(crate) fn mount() -> Result<Self, String> {
        let dir = TempDir::new().map_err(|error| error.to_string())?;
        let options = format!("size={ROOM}k,mode=0711");
        run("mount", &["-t", "tmpfs", "-o", &options, "sitekeeper-crash"], dir.path())?;
        Ok(Self { dir })
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// Leaves only this many kilobytes free.
    pub(crate) fn fill(&self, left: u64) -> Result<(), String> {
        let mut outcome = Ok(());
        // What is written between the look and the change makes the change impossible.
        for _ in 0..20 {
            outcome = self.resize(self.used()? + left);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// Gives all its room back.
    pub(crate) fn empty(&self) -> Result<(), String> {
        self.resize(ROOM)
    }

    fn resize(&self, kilobytes: u64) -> Result<(), String> {
        let options = format!("remount,size={kilobytes}k");
        run("mount", &["-o", &options], self.dir.path()).map(drop)
    }

    fn used(&self) -> Result<u64, String> {
        let said = run("df", &["--output=used", "-k"], self.dir.path())?;
        let last = said.split_whitespace().last().and_then(|word| word.parse().ok());
        last.ok_or_else(|| format!("df said {said:?}"))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Err(error) = run("umount", &["-l"], self.dir.path()) {
            eprintln!("crash: {error}");
        }
    }
}

fn run(program: &str, arguments: &[&str], path: &Path) -> Result<String, String> {
    let output = Command::new(program).args(arguments).arg(path).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
