//! The operating-system user that PostgreSQL's programs run as.

use std::{
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Stdio},
};

use nix::unistd::{Uid, User, geteuid};

use super::Error;

/// The user PostgreSQL runs as: ourselves, or an unprivileged one when we are root, whom PostgreSQL
/// refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Login name, or the number where there is none.
    pub name: String,
    /// Whether it is another user than ourselves.
    pub other: bool,
}

impl Account {
    /// The user a new cluster is made for: ourselves or, as root, `postgres`, else `nobody`.
    pub(super) fn for_new_cluster() -> Result<Self, Error> {
        if !geteuid().is_root() {
            return Ok(Self::of(geteuid().as_raw()));
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self::of(user.uid.as_raw()))
            .ok_or(Error::NoAccount)
    }

    /// The owner of an existing cluster, if we can act for that user.
    pub(super) fn owning(path: &Path, owner: u32) -> Result<Self, Error> {
        let us = geteuid();
        if owner == us.as_raw() && !us.is_root() || us.is_root() && owner != 0 {
            return Ok(Self::of(owner));
        }
        Err(other_owner(path, owner))
    }

    fn of(uid: u32) -> Self {
        let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
        Self {
            uid,
            // A user without an entry has no group of its own either; its number is the custom
            // then.
            gid: user.as_ref().map_or(uid, |user| user.gid.as_raw()),
            name: user.map_or_else(|| uid.to_string(), |user| user.name),
            other: Uid::from_raw(uid) != geteuid(),
        }
    }

    /// A command that runs as this user, with none of our environment (it holds secrets, and PG*
    /// variables would change what the programs do), in a directory every user can enter, and in a
    /// process group of its own, so that Ctrl-C in the terminal reaches us alone and we decide when
    /// the database stops.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").current_dir("/").process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        if self.other {
            // std also drops root's supplementary groups here.
            command.gid(self.gid).uid(self.uid);
        }
        command
    }

    /// Whether this user can enter `dir`, found out by trying: modes alone do not tell (ACLs, mount
    /// options).
    pub(super) fn can_enter(&self, dir: &Path) -> bool {
        !self.other
            || self.command("test").arg("-x").arg(dir).status().is_ok_and(|status| status.success())
    }
}

/// The refusal for a `path` that belongs to the user `owner`.
pub(super) fn other_owner(path: &Path, owner: u32) -> Error {
    Error::OtherOwner {
        path: path.to_owned(),
        owner: Account::of(owner).name,
        user: Account::of(geteuid().as_raw()).name,
    }
}
