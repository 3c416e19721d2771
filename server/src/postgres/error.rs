//! What can go wrong with the embedded cluster. Each message ends with what to do.

use std::{io, path::PathBuf};

/// Why the embedded cluster could not be made, started or stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No `initdb`, `pg_ctl` and `postgres` of a supported version anywhere.
    #[error(
        "PostgreSQL {oldest} or newer is not installed. Install it with `{install}`, or set DATABASE_URL to a server of yours.",
        oldest = super::binaries::OLDEST_MAJOR
    )]
    NoBinaries {
        /// The command that installs the server on this machine.
        install: &'static str,
    },
    /// The cluster was made by a major version that is no longer here.
    #[error(
        "The database in {} needs PostgreSQL {wanted}, which is not installed (found: {}). Install PostgreSQL {wanted} again (on Debian: `apt-get install postgresql-{wanted}`), or move the data with pg_upgrade.",
        cluster.display(), if found.is_empty() { "none" } else { found }
    )]
    WrongVersion {
        /// The cluster's directory.
        cluster: PathBuf,
        /// What its `PG_VERSION` says.
        wanted: String,
        /// The major versions found, separated by commas.
        found: String,
    },
    /// The data directory, or a part of it, was made by another user.
    #[error(
        "{} belongs to user {owner} and this is user {user}. Run sitekeeper as {owner}, or choose another directory with SITEKEEPER_DATA_DIR.",
        path.display()
    )]
    OtherOwner {
        /// The path that cannot be used.
        path: PathBuf,
        /// Its owner's name or number.
        owner: String,
        /// Our name or number.
        user: String,
    },
    /// Another `serve` holds the data directory.
    #[error(
        "Another sitekeeper serve ({}) already uses {}. Stop it first, or choose another directory with SITEKEEPER_DATA_DIR.",
        pid.map_or_else(|| "process unknown".to_owned(), |pid| format!("process {pid}")),
        data_dir.display()
    )]
    AlreadyServing {
        /// The data directory.
        data_dir: PathBuf,
        /// The first server's process id, if it has written it already.
        pid: Option<u32>,
    },
    /// Root, on a machine without any of the users PostgreSQL could run as.
    #[error(
        "PostgreSQL refuses to run as root, and neither user postgres nor nobody exists. Create one with `useradd --system postgres`, or run sitekeeper as an ordinary user."
    )]
    NoAccount,
    /// The user PostgreSQL runs as has lost its way to the cluster.
    #[error(
        "User {account} cannot enter {}, and PostgreSQL runs as {account}. Allow it with `chmod o+x` on that directory and those above it.",
        path.display()
    )]
    Unreachable {
        /// The directory of the cluster.
        path: PathBuf,
        /// The unprivileged user's name.
        account: String,
    },
    /// The data directory points at a cluster elsewhere that is gone.
    #[error(
        "{} points to {}, which does not exist. Put the database back there, or delete the link to start with an empty one.",
        link.display(), target.display()
    )]
    LostHome {
        /// The link in the data directory.
        link: PathBuf,
        /// Where it points.
        target: PathBuf,
    },
    /// Somebody else holds the name of our socket directory.
    #[error(
        "{} is not a directory of user {account} with mode 0700, so it is not safe to use for the database's socket. Delete it and start again.",
        path.display()
    )]
    UnsafeSocketDir {
        /// The directory.
        path: PathBuf,
        /// Who should own it.
        account: String,
    },
    /// A PostgreSQL program failed.
    #[error("{what}. {} It said:\n{output}", advice(output))]
    Failed {
        /// What could not be done, as a sentence without its full stop.
        what: String,
        /// The last lines of what it wrote.
        output: String,
    },
    /// A file operation failed.
    #[error("Cannot {action} {}: {cause}. Check the directory's permissions and free space.", path.display())]
    Io {
        /// A verb: "create", "read", …
        action: &'static str,
        /// The path it was done to.
        path: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },
}

impl Error {
    /// For `map_err` on file operations.
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Io { action, path, cause }
    }
}

/// What an operator does about a failure of PostgreSQL, told by its own words.
fn advice(output: &str) -> &'static str {
    const KNOWN: [(&str, &str); 5] = [
        ("No space left on device", "The disk is full: free some space and start again."),
        ("Disk quota exceeded", "The disk quota is used up: free some space and start again."),
        ("Cannot allocate memory", "There is not enough memory: the database needs about 400 MB."),
        (
            "could not resize shared memory",
            "Shared memory is too small: give /dev/shm 64 MB or more.",
        ),
        (
            "still in use",
            "A process of the previous server is still alive: end it and start again.",
        ),
    ];
    KNOWN
        .iter()
        .find(|(sign, _)| output.contains(sign))
        .map_or("Put right what it names below and start again.", |(_, advice)| advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_as_the_cause() {
        let error = Error::Failed {
            what: "PostgreSQL could not start".into(),
            output: "FATAL:  could not write lock file \"postmaster.pid\": No space left on device"
                .into(),
        };
        assert!(
            error
                .to_string()
                .starts_with("PostgreSQL could not start. The disk is full: free some space")
        );
    }

    #[test]
    fn a_second_serve_is_told_who_the_first_is() {
        let error = Error::AlreadyServing { data_dir: "/srv/data".into(), pid: Some(42) };
        assert!(error.to_string().contains("(process 42) already uses /srv/data"), "{error}");
    }
}
