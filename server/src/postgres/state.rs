//! Whether a cluster's server runs, by its lock file and the process table.

use std::{fs, os::unix::ffi::OsStrExt as _, path::Path};

use super::{
    Error,
    home::{Home, SOCKET},
    process::replace,
};

/// How far a cluster's server is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    /// There is no server.
    Dead,
    /// Starting, recovering or stopping.
    Changing,
    /// Accepting connections.
    Ready,
}

/// How far the server of `home` is, by its own word.
pub(super) fn state(home: &Home) -> State {
    match lock_file(home) {
        Some(lock) if is_postmaster(home, lock.pid) => lock.state(),
        _ => State::Dead,
    }
}

/// PostgreSQL takes its own stale lock files for live ones when their pid belongs to any process of
/// its user, as is usual after a container restart. Those of the socket protect nothing while we
/// hold the start lock. `postmaster.pid` also names the shared memory by which PostgreSQL finds out
/// whether orphans of the old server still write to the cluster, so it must stay: it only gets a
/// pid that no process can have.
pub(super) fn clear_stale_locks(home: &Home) -> Result<(), Error> {
    for name in [SOCKET.to_owned(), format!("{SOCKET}.lock")] {
        let path = home.socket_dir().join(name);
        if path.exists() {
            fs::remove_file(&path).map_err(Error::io("delete", path))?;
        }
    }
    let Some(lock) = lock_file(home) else { return Ok(()) };
    if lock.pid > 0 && Path::new(&format!("/proc/{}", lock.pid)).exists() {
        tracing::info!("Process {} is not the PostgreSQL server that had its number", lock.pid);
        let lines = lock.text.split_once('\n').map_or("", |(_, lines)| lines);
        replace(&home.cluster().join("postmaster.pid"), &format!("{}\n{lines}", i32::MAX))?;
    }
    Ok(())
}

/// The contents of `postmaster.pid`.
struct LockFile {
    /// The postmaster, or below zero somebody's single-user session.
    pid: i32,
    text: String,
}

impl LockFile {
    fn parse(text: String) -> Option<Self> {
        let pid = text.lines().next()?.trim().parse().ok()?;
        Some(Self { pid, text })
    }

    fn state(&self) -> State {
        let status = self.text.lines().nth(7);
        if status.is_some_and(|status| status.trim() == "ready") {
            State::Ready
        } else {
            State::Changing
        }
    }
}

fn lock_file(home: &Home) -> Option<LockFile> {
    LockFile::parse(fs::read_to_string(home.cluster().join("postmaster.pid")).ok()?)
}

/// Whether process `pid` is this cluster's postmaster. Its working directory would tell too, but a
/// container's root may not read that of another user's process.
fn is_postmaster(home: &Home, pid: i32) -> bool {
    let Ok(command_line) = fs::read(format!("/proc/{pid}/cmdline")) else { return false };
    command_line
        .split(|byte| *byte == 0)
        .any(|argument| argument == home.config_setting().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eighth_line_tells_whether_the_server_is_ready() {
        let text = |status: &str| format!("4711\n/data\n1700000000\n5432\n/run\n\n 1 2\n{status}");
        let lock = LockFile::parse(text("ready   \n")).unwrap();
        assert_eq!((lock.pid, lock.state()), (4711, State::Ready));
        for status in ["starting\n", "stopping\n", ""] {
            assert_eq!(LockFile::parse(text(status)).unwrap().state(), State::Changing);
        }
        assert!(LockFile::parse(String::new()).is_none());
    }
}
