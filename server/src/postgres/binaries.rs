//! Finding PostgreSQL's programs on this machine.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use super::{Error, account::Account};

/// The oldest major version that has all we use (`wal_compression = lz4`, fast database creation).
pub(super) const OLDEST_MAJOR: u32 = 15;

const DEBIAN_ROOT: &str = "/usr/lib/postgresql";

/// One installed version of the server: a directory that holds `initdb`, `pg_ctl` and `postgres`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    dir: PathBuf,
    major: u32,
}

impl Binaries {
    /// The programs for a cluster whose `PG_VERSION` is `wanted`, or for a new one when `None`.
    pub(super) fn find(
        account: &Account,
        cluster: &Path,
        wanted: Option<&str>,
    ) -> Result<Self, Error> {
        let installed: Vec<Self> =
            candidate_dirs().into_iter().filter_map(|dir| probe(account, dir)).collect();
        choose(installed, cluster, wanted)
    }

    /// The path of one program.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// Where the programs may be, in the order we prefer: PATH, Debian's directories newest first,
/// `pg_config --bindir`.
fn candidate_dirs() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = env::split_paths(&path).collect();
    let versions = fs::read_dir(DEBIAN_ROOT).into_iter().flatten().flatten();
    dirs.extend(newest_first(versions.map(|entry| entry.path()).collect()));
    let pg_config =
        std::process::Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output();
    if let Some(dir) = pg_config.ok().and_then(|output| String::from_utf8(output.stdout).ok()) {
        dirs.push(dir.trim_end().into());
    }
    dirs.retain(|dir| {
        dir.is_absolute() && dir.join("initdb").exists() && dir.join("pg_ctl").exists()
    });
    dirs
}

/// `…/9.6`, `…/15`, `…/17` → `…/17/bin`, `…/15/bin`; directories that are not a major version are
/// left out.
fn newest_first(versions: Vec<PathBuf>) -> Vec<PathBuf> {
    let major = |dir: &PathBuf| dir.file_name()?.to_str()?.parse::<u32>().ok();
    let mut numbered: Vec<_> =
        versions.into_iter().filter_map(|dir| Some((major(&dir)?, dir))).collect();
    numbered.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    numbered.into_iter().map(|(_, dir)| dir.join("bin")).collect()
}

/// Asks the server in `dir` for its version, as the user that will run it: one it may not run is as
/// good as absent.
fn probe(account: &Account, dir: PathBuf) -> Option<Binaries> {
    let output = account
        .command(dir.join("postgres"))
        .arg("--version")
        .stdout(Stdio::piped())
        .output()
        .ok()?;
    let major = parse_major(std::str::from_utf8(&output.stdout).ok()?)?;
    Some(Binaries { dir, major })
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian …)` or `… 18beta1`.
fn parse_major(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL) ")?.1;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

fn choose(
    installed: Vec<Binaries>,
    cluster: &Path,
    wanted: Option<&str>,
) -> Result<Binaries, Error> {
    let mut majors: Vec<String> =
        installed.iter().map(|binaries| binaries.major.to_string()).collect();
    majors.dedup();
    let fits = |binaries: &Binaries| match wanted {
        Some(wanted) => binaries.major.to_string() == wanted,
        None => binaries.major >= OLDEST_MAJOR,
    };
    let found = installed.into_iter().find(fits);
    found.ok_or_else(|| match wanted {
        Some(wanted) => Error::WrongVersion {
            cluster: cluster.to_owned(),
            wanted: wanted.to_owned(),
            found: majors.join(", "),
        },
        None => Error::NoBinaries { install: install_command(|tool| Path::new(tool).exists()) },
    })
}

/// The command that installs a PostgreSQL server, by the package tool `exists` says is here.
fn install_command(exists: impl Fn(&str) -> bool) -> &'static str {
    const TOOLS: [(&str, &str); 4] = [
        ("/usr/bin/dnf", "sudo dnf install postgresql-server"),
        ("/sbin/apk", "sudo apk add postgresql"),
        ("/usr/bin/pacman", "sudo pacman -S postgresql"),
        ("/usr/bin/zypper", "sudo zypper install postgresql-server"),
    ];
    TOOLS
        .iter()
        .find(|(tool, _)| exists(tool))
        .map_or("sudo apt-get install postgresql", |(_, command)| command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(majors: &[u32]) -> Vec<Binaries> {
        majors
            .iter()
            .map(|&major| Binaries { dir: format!("/pg/{major}/bin").into(), major })
            .collect()
    }

    #[test]
    fn newer_directories_come_first_by_number_not_by_text() {
        let found = newest_first(
            ["/pg/9", "/pg/15", "/pg/100", "/pg/9.6", "/pg/common"].map(PathBuf::from).into(),
        );
        assert_eq!(found, ["/pg/100/bin", "/pg/15/bin", "/pg/9/bin"].map(PathBuf::from));
    }

    #[test]
    fn the_major_version_is_read_from_releases_and_betas() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(parse_major("postgres (PostgreSQL) 17"), Some(17));
        assert_eq!(parse_major("command not found"), None);
    }

    #[test]
    fn a_new_cluster_takes_the_first_supported_version() {
        let cluster = Path::new("/data/postgres/cluster");
        assert_eq!(choose(installed(&[13, 17, 16]), cluster, None).unwrap().major, 17);
        assert!(matches!(choose(installed(&[13]), cluster, None), Err(Error::NoBinaries { .. })));
    }

    #[test]
    fn an_existing_cluster_takes_its_own_version_only() {
        let cluster = Path::new("/data/postgres/cluster");
        assert_eq!(choose(installed(&[17, 15]), cluster, Some("15")).unwrap().major, 15);
        let refusal =
            choose(installed(&[17, 17, 16]), cluster, Some("15")).unwrap_err().to_string();
        assert!(
            refusal.contains("needs PostgreSQL 15, which is not installed (found: 17, 16)."),
            "{refusal}"
        );
    }

    #[test]
    fn the_install_command_is_that_of_the_machine() {
        assert_eq!(install_command(|tool| tool == "/sbin/apk"), "sudo apk add postgresql");
        assert_eq!(install_command(|_| false), "sudo apt-get install postgresql");
    }
}
