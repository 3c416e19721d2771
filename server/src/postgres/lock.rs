//! The three locks of a data directory. All are `flock`s: the kernel drops them with the process,
//! however it dies.
//!
//! - `serve.lock`, exclusive: held by the one `serve` of the directory.
//! - `cluster.users`, shared: held by every process that uses the cluster. Whoever can have it
//!   exclusively is the last.
//! - `cluster.start`, exclusive and short: held while the cluster is made, started or stopped, and
//!   while a use is taken or given back, so that nobody begins to use a cluster that another is
//!   about to stop.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
    process,
    time::Duration,
};

use nix::unistd::geteuid;

use super::{Error, account};

const POLL: Duration = Duration::from_millis(50);
const POLLS_UNTIL_TOLD: u32 = 40;

/// The right to `serve` from a data directory, held until dropped.
#[derive(Debug)]
pub(crate) struct ServeLock {
    _file: File,
}

impl ServeLock {
    /// Takes the right, making the data directory if there is none. Refused with the holder's
    /// process id when another `serve` has it.
    pub(crate) fn acquire(data_dir: &Path) -> Result<Self, Error> {
        let mut file = open(data_dir, "serve.lock")?;
        let path = data_dir.join("serve.lock");
        if !try_exclusive(&file).map_err(Error::io("lock", &path))? {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(Error::io("read", &path))?;
            return Err(Error::AlreadyServing {
                data_dir: data_dir.to_owned(),
                pid: pid.trim().parse().ok(),
            });
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", process::id()))
            .map_err(Error::io("write", &path))?;
        Ok(Self { _file: file })
    }
}

/// The exclusive start lock, waiting for whoever has it.
pub(super) async fn start(data_dir: &Path) -> Result<File, Error> {
    let file = open(data_dir, "cluster.start")?;
    let mut polls = 0;
    while !try_exclusive(&file).map_err(Error::io("lock", data_dir.join("cluster.start")))? {
        polls += 1;
        if polls == POLLS_UNTIL_TOLD {
            tracing::info!(
                "Waiting for another sitekeeper that is starting or stopping the database"
            );
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(file)
}

/// The exclusive start lock if nobody has it.
pub(super) fn try_start(data_dir: &Path) -> Option<File> {
    open(data_dir, "cluster.start").ok().filter(|file| try_exclusive(file).is_ok_and(|held| held))
}

/// A shared use of the cluster. Call it with the start lock held.
pub(super) fn share(data_dir: &Path) -> Result<File, Error> {
    let file = open(data_dir, "cluster.users")?;
    file.lock_shared().map_err(Error::io("lock", data_dir.join("cluster.users")))?;
    Ok(file)
}

/// Gives a use back and tells whether it was the last. Call it with the start lock held, and act on
/// the answer before that is given back.
pub(super) fn was_last(users: &File) -> io::Result<bool> {
    users.unlock()?;
    let last = try_exclusive(users)?;
    users.unlock()?;
    Ok(last)
}

fn try_exclusive(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Opens a lock file, making it and the data directory as needed. The file itself stays for ever:
/// deleting it would let two processes hold locks on two files of one name.
fn open(data_dir: &Path, name: &str) -> Result<File, Error> {
    fs::create_dir_all(data_dir).map_err(Error::io("create", data_dir))?;
    let path = data_dir.join(name);
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    opened.map_err(|cause| {
        let made = fs::metadata(&path).or_else(|_| fs::metadata(data_dir));
        let others = made.ok().filter(|_| cause.kind() == io::ErrorKind::PermissionDenied);
        match others.map(|made| made.uid()).filter(|owner| *owner != geteuid().as_raw()) {
            Some(owner) => account::other_owner(data_dir, owner),
            None => Error::Io { action: "open", path, cause },
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_serve_is_refused_by_pid_until_the_first_is_gone() {
        let dir = std::env::temp_dir().join(format!("sitekeeper-lock-{}", process::id()));
        let first = ServeLock::acquire(&dir).unwrap();
        match ServeLock::acquire(&dir) {
            Err(Error::AlreadyServing { pid, .. }) => assert_eq!(pid, Some(process::id())),
            other => panic!("expected a refusal, got {other:?}"),
        }
        drop(first);
        drop(ServeLock::acquire(&dir).unwrap());
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn only_the_last_user_is_told_so() {
        let dir = std::env::temp_dir().join(format!("sitekeeper-users-{}", process::id()));
        let (one, two) = (share(&dir).unwrap(), share(&dir).unwrap());
        assert!(!was_last(&one).unwrap());
        assert!(was_last(&two).unwrap());
        fs::remove_dir_all(&dir).unwrap();
    }
}
