//! The embedded PostgreSQL as its enemies see it: processes that can be killed, a log, a socket.

use fastrand::Rng;
use sqlx::{Connection as _, PgConnection};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The cluster of a data directory.
pub(crate) struct Postgres {
    home: PathBuf,
}

impl Postgres {
    pub(crate) fn of(data_dir: &Path) -> Self {
        let home = fs::canonicalize(data_dir.join("postgres")).expect("there is a cluster");
        Self { home }
    }

    /// A connection beside the server's.
    pub(crate) async fn connect(&self) -> sqlx::Result<PgConnection> {
        let socket = self.home.join("run");
        let socket = socket.display();
        PgConnection::connect(&format!("postgres://sitekeeper@localhost/sitekeeper?host={socket}"))
            .await
    }

    fn postmaster(&self) -> Option<u32> {
        let lock = fs::read_to_string(self.home.join("cluster/postmaster.pid")).ok()?;
        let pid = lock.lines().next()?.trim().parse().ok()?;
        Path::new(&format!("/proc/{pid}")).exists().then_some(pid)
    }

    /// Kills the postmaster. Answers whether there was one.
    pub(crate) fn kill_postmaster(&self) -> bool {
        self.postmaster().is_some_and(kill)
    }

    /// Kills one process that serves a connection. Answers whether there was one.
    pub(crate) fn kill_backend(&self, rng: &mut Rng) -> bool {
        let Some(postmaster) = self.postmaster() else { return false };
        rng.choice(backends(postmaster)).is_some_and(kill)
    }

    /// `pg_ctl restart`. Whether PostgreSQL is up after it is for the server to see to, which may be the first to start it:
    /// then `pg_ctl` waits in vain.
    pub(crate) fn restart(&self, mode: &str) -> bool {
        let Some(postmaster) = self.postmaster() else { return false };
        let cluster = self.home.join("cluster");
        let (Ok(program), Ok(owner)) =
            (fs::read_link(format!("/proc/{postmaster}/exe")), fs::metadata(&cluster))
        else {
            return false;
        };
        let log = OpenOptions::new().append(true).open(self.log()).expect("it has a log");
        let stderr = log.try_clone().expect("a file can be shared");
        Command::new(program.with_file_name("pg_ctl"))
            .args(["restart", "--mode", mode, "--wait", "--silent", "--timeout=10"])
            .env_clear()
            .envs([("LC_ALL", "C".as_ref()), ("PGDATA", cluster.as_os_str())])
            .current_dir("/")
            .process_group(0)
            .uid(owner.uid())
            .gid(owner.gid())
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(stderr)
            .status()
            .is_ok()
    }

    fn log(&self) -> PathBuf {
        self.home.join("postgres.log")
    }
}

/// The children of the postmaster that serve connections of ours.
fn backends(postmaster: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}"));
            let stat = read("stat").unwrap_or_default();
            // After the name, which stands in parentheses: state, parent.
            let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
            parent == Some(postmaster.to_string().as_str())
                && read("cmdline").is_ok_and(|name| name.starts_with("postgres: sitekeeper "))
        })
        .collect()
}

fn kill(pid: u32) -> bool {
    // One that is gone already is no failure, but no fault either.
    let killed = Command::new("kill").args(["-s", "KILL", &pid.to_string()]).status();
    killed.is_ok_and(|status| status.success())
}
