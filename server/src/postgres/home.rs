//! Where the files of a cluster live.
//!
//! `<data dir>/postgres` is the cluster's *home*: ours, while the directories in it that PostgreSQL
//! writes are of its own user. As root with a data directory that PostgreSQL's user cannot enter
//! (`/root/…`), it is a link to a home under `/var/lib/sitekeeper`.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, DirBuilder, Permissions},
    io::ErrorKind,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, lchown, symlink},
    },
    path::{Path, PathBuf},
};

use nix::unistd::geteuid;
use sha2::{Digest as _, Sha256};

use super::{
    Error,
    account::{Account, other_owner},
};

/// The name PostgreSQL gives its socket, by the port in `postgres.conf`.
pub(super) const SOCKET: &str = ".s.PGSQL.5432";

/// The longest path that fits `sockaddr_un` with its closing zero byte.
const SOCKET_PATH_MAX: usize = 107;

const FALLBACK_ROOT: &str = "/var/lib/sitekeeper";

/// The directory that holds everything of one cluster.
#[derive(Debug)]
pub(super) struct Home {
    path: PathBuf,
    /// The user the cluster runs as.
    pub account: Account,
}

impl Home {
    /// Finds the home of `data_dir`, or makes one. Call it with the start lock held.
    pub(super) fn open(data_dir: &Path) -> Result<Self, Error> {
        let data_dir = fs::canonicalize(data_dir).map_err(Error::io("find", data_dir))?;
        let link = data_dir.join("postgres");
        if link.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            let account = Account::for_new_cluster()?;
            if account.can_enter(&data_dir) {
                make_dir(&link, 0o711, None)?;
            } else {
                make_fallback(&data_dir, &link, &account)?;
            }
        }
        let path = resolve(&link)?;
        let owner = fs::metadata(&path).map_err(Error::io("read", &path))?.uid();
        if owner != geteuid().as_raw() {
            return Err(other_owner(&path, owner));
        }
        let cluster = path.join("cluster");
        let account = match fs::metadata(&cluster) {
            Ok(made) => Account::owning(&cluster, made.uid())?,
            Err(error) if error.kind() == ErrorKind::NotFound => Account::for_new_cluster()?,
            Err(error) => return Err(Error::io("read", cluster)(error)),
        };
        if !account.can_enter(&path) {
            return Err(Error::Unreachable { path, account: account.name });
        }
        Ok(Self { path, account })
    }

    /// PostgreSQL's own data directory.
    pub(super) fn cluster(&self) -> PathBuf {
        self.path.join("cluster")
    }

    /// The configuration we write at each start.
    pub(super) fn config(&self) -> PathBuf {
        self.path.join("postgres.conf")
    }

    /// The server's argument that names the configuration. No other process has it, so it tells our
    /// postmaster.
    pub(super) fn config_setting(&self) -> OsString {
        [OsStr::new("config_file="), self.config().as_os_str()].into_iter().collect()
    }

    /// What the server writes to its standard error.
    pub(super) fn log(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    /// The directory of the server's socket: in the home, or under `/tmp` where that name would be
    /// too long for a socket or would need quoting in the configuration and the URL.
    pub(super) fn socket_dir(&self) -> PathBuf {
        socket_dir(&self.path)
    }

    /// Makes the socket directory: mode 0700, of the account.
    pub(super) fn make_socket_dir(&self) -> Result<(), Error> {
        let dir = self.socket_dir();
        if dir.starts_with(&self.path) {
            return make_dir(&dir, 0o700, Some(&self.account));
        }
        match DirBuilder::new().mode(0o700).create(&dir) {
            Ok(()) => make_dir(&dir, 0o700, Some(&self.account)),
            // Anyone can make a directory under /tmp; only one that nobody else can enter or
            // replace will do.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let made = dir.symlink_metadata().map_err(Error::io("read", &dir))?;
                let safe =
                    made.is_dir() && made.uid() == self.account.uid && made.mode() & 0o777 == 0o700;
                let refusal =
                    Error::UnsafeSocketDir { path: dir, account: self.account.name.clone() };
                if safe { Ok(()) } else { Err(refusal) }
            }
            Err(error) => Err(Error::io("create", dir)(error)),
        }
    }

    /// An empty directory for `initdb` to fill, after clearing away what interrupted ones left. Its
    /// name is our own, so that an orphaned `initdb` of a killed process cannot write into it.
    pub(super) fn make_unfinished_cluster(&self) -> Result<PathBuf, Error> {
        for entry in fs::read_dir(&self.path).map_err(Error::io("read", &self.path))?.flatten() {
            if entry.file_name().as_bytes().starts_with(b"cluster.new-") {
                tracing::info!("Clearing away a database whose making was interrupted");
                fs::remove_dir_all(entry.path()).map_err(Error::io("delete", entry.path()))?;
            }
        }
        let dir = self.path.join(format!("cluster.new-{}", std::process::id()));
        make_dir(&dir, 0o700, Some(&self.account))?;
        Ok(dir)
    }

    /// Puts a finished cluster in its place, durably and all at once.
    pub(super) fn install_cluster(&self, finished: &Path) -> Result<(), Error> {
        let cluster = self.cluster();
        fs::rename(finished, &cluster).map_err(Error::io("create", &cluster))?;
        let synced = fs::File::open(&self.path).and_then(|dir| dir.sync_all());
        synced.map_err(Error::io("write", &self.path))
    }
}

/// Follows the link in the data directory, if it is one.
fn resolve(link: &Path) -> Result<PathBuf, Error> {
    fs::canonicalize(link).map_err(|error| match fs::read_link(link) {
        Ok(target) if error.kind() == ErrorKind::NotFound => {
            Error::LostHome { link: link.to_owned(), target }
        }
        _ => Error::io("find", link)(error),
    })
}

/// Makes a home under `/var/lib/sitekeeper` and links to it from the data directory.
fn make_fallback(data_dir: &Path, link: &Path, account: &Account) -> Result<(), Error> {
    make_dir(Path::new(FALLBACK_ROOT), 0o755, None)?;
    let first = fallback_home(data_dir);
    let mut home = first.clone();
    // A home without a link to it belonged to a data directory since deleted: its owner expects to
    // start empty, but the data are not ours to delete.
    for number in 2.. {
        if !home.exists() {
            break;
        }
        tracing::warn!(
            "{} holds the database of an earlier {}: leaving it as it is",
            home.display(),
            data_dir.display()
        );
        home = PathBuf::from(format!("{}-{number}", first.display()));
    }
    make_dir(&home, 0o711, None)?;
    symlink(&home, link).map_err(Error::io("create", link))?;
    tracing::info!(
        "User {} cannot enter {}, so the database lives in {}",
        account.name,
        data_dir.display(),
        home.display()
    );
    Ok(())
}

/// `/root/x/data` → `/var/lib/sitekeeper/data-<hash>`.
fn fallback_home(data_dir: &Path) -> PathBuf {
    let name = data_dir.file_name().unwrap_or(OsStr::new("data")).to_string_lossy();
    let plain: String = name.chars().filter(|c| is_plain(*c) && *c != '/').take(32).collect();
    Path::new(FALLBACK_ROOT).join(format!("{plain}-{}", short_hash(data_dir)))
}

fn socket_dir(home: &Path) -> PathBuf {
    let inside = home.join("run");
    let fits = inside.join(SOCKET).as_os_str().len() <= SOCKET_PATH_MAX;
    if fits && inside.to_str().is_some_and(|path| path.chars().all(is_plain)) {
        return inside;
    }
    PathBuf::from(format!("/tmp/sitekeeper-{}", short_hash(home)))
}

/// Whether a character needs no quoting in a URL's query, a shell command or `postgresql.conf`.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-')
}

/// Eight bytes of SHA-256 in hexadecimal: stable from one release to the next, unlike std's
/// hashers.
fn short_hash(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:016x}")
}

/// Makes a directory, or takes the one that is there, and sets its mode (whatever the umask) and
/// owner.
fn make_dir(path: &Path, mode: u32, owner: Option<&Account>) -> Result<(), Error> {
    match fs::create_dir(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(Error::io("create", path)(error));
        }
        _ => {}
    }
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(Error::io("set the mode of", path))?;
    match owner {
        Some(account) if account.other => lchown(path, Some(account.uid), Some(account.gid))
            .map_err(Error::io("set the owner of", path)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_lives_in_the_home_when_its_name_fits() {
        assert_eq!(
            socket_dir(Path::new("/srv/data/postgres")),
            Path::new("/srv/data/postgres/run")
        );
        let longest = format!("/{}", "x".repeat(SOCKET_PATH_MAX - "//run/".len() - SOCKET.len()));
        let socket = socket_dir(Path::new(&longest)).join(SOCKET);
        assert_eq!(socket.as_os_str().len(), SOCKET_PATH_MAX);
        assert!(socket_dir(Path::new(&format!("{longest}x"))).starts_with("/tmp"));
    }

    #[test]
    fn a_home_that_would_need_quoting_gets_a_socket_elsewhere() {
        for home in [
            "/srv/my data/postgres",
            "/srv/it's/postgres",
            "/srv/a,b/postgres",
            "/srv/dåta/postgres",
        ] {
            assert!(socket_dir(Path::new(home)).starts_with("/tmp"), "{home}");
        }
        assert_ne!(socket_dir(Path::new("/a b/postgres")), socket_dir(Path::new("/a c/postgres")));
    }

    #[test]
    fn the_fallback_is_named_after_the_data_directory() {
        let home = fallback_home(Path::new("/root/my $data"));
        assert_eq!(home, Path::new("/var/lib/sitekeeper/mydata-13bb781751d6aec0"));
        assert_ne!(home, fallback_home(Path::new("/root/x/my $data")));
    }
}
