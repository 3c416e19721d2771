//! One PostgreSQL server: making its cluster, starting it, knowing whether it lives, stopping it.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, OpenOptions},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    process::Command,
    time::Duration,
};

use tokio::{
    net::UnixStream,
    time::{Instant, sleep, timeout},
};

use super::{
    Error,
    binaries::Binaries,
    home::{Home, SOCKET},
    process::{expect_success, last_lines, replace, run, shell_quoted},
    state::{State, clear_stale_locks, state},
};

/// The name of the database and of the role that owns it.
pub(super) const DATABASE: &str = "sitekeeper";

const LAUNCH_MAY_TAKE: Duration = Duration::from_secs(1);
/// The log is set aside when it passes this; one older part is kept.
const LOG_BYTES: u64 = 16 << 20;
const TELL_EVERY: Duration = Duration::from_secs(5);
/// How long an old server may take to leave the shared memory: the processes of a killed one notice
/// soon, one that lost its `postmaster.pid` looks for it once a minute.
const OLD_SERVER_MAY_TAKE: Duration = Duration::from_secs(75);

/// A cluster with the programs that run it.
#[derive(Debug)]
pub(super) struct Server {
    home: Home,
    binaries: Binaries,
    /// Whether the cluster was made just now.
    made: bool,
}

impl Server {
    /// Finds the cluster of `data_dir`, or makes one. Call this, and all below that changes
    /// anything, with the start lock held.
    pub(super) async fn prepare(data_dir: &Path) -> Result<Self, Error> {
        let home = Home::open(data_dir)?;
        let version_file = home.cluster().join("PG_VERSION");
        let version = match fs::read_to_string(&version_file) {
            Ok(version) => Some(version.trim().to_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(Error::io("read", version_file)(error)),
        };
        let binaries = Binaries::find(&home.account, &home.cluster(), version.as_deref())?;
        let server = Self { home, binaries, made: version.is_none() };
        if version.is_none() {
            server.make_cluster().await?;
        }
        server.home.make_socket_dir()?;
        Ok(server)
    }

    /// Whether there was no cluster before.
    pub(super) fn was_made(&self) -> bool {
        self.made
    }

    /// The URL of the database. The path in it is of characters that need no escape.
    pub(super) fn url(&self) -> String {
        format!(
            "postgres://{DATABASE}@localhost/{DATABASE}?host={}",
            self.home.socket_dir().display()
        )
    }

    /// Makes the cluster aside and renames it into place, so that one half made is never taken for
    /// whole.
    ///
    /// `--auth=trust` asks for no password: whoever can enter the socket's directory (mode 0700) is
    /// the cluster's owner or root, and could read its files anyway.
    async fn make_cluster(&self) -> Result<(), Error> {
        tracing::info!("Making a PostgreSQL cluster in {}", self.home.cluster().display());
        let new = self.home.make_unfinished_cluster()?;
        let what = "PostgreSQL could not make its cluster";
        let mut initdb = self.command("initdb", &new);
        initdb.args([
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--data-checksums",
            "--no-instructions",
        ]);
        initdb.arg(format!("--username={DATABASE}"));
        expect_success(what, &run(what, initdb, "").await?)?;
        let mut single = self.command("postgres", &new);
        single.args(["--single", "-c", "exit_on_error=on", "template1"]);
        expect_success(what, &run(what, single, &format!("CREATE DATABASE {DATABASE}\n")).await?)?;
        self.home.install_cluster(&new)
    }

    /// Adopts the server if it runs, waits for it if it is about to, and starts it if it does not.
    pub(super) async fn ensure_running(&self) -> Result<(), Error> {
        let mut told = Instant::now();
        loop {
            match self.state() {
                State::Dead => return self.start().await,
                State::Ready if self.answers().await => return Ok(()),
                State::Ready => {
                    tracing::warn!(
                        "PostgreSQL runs but does not answer on its socket: restarting it"
                    );
                    self.stop().await?;
                }
                State::Changing if told.elapsed() > TELL_EVERY => {
                    told = Instant::now();
                    self.tell_progress();
                }
                State::Changing => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    async fn start(&self) -> Result<(), Error> {
        let deadline = Instant::now() + OLD_SERVER_MAY_TAKE;
        clear_stale_locks(&self.home)?;
        self.write_config().await?;
        loop {
            match self.try_start().await {
                Err(Error::Failed { output, .. })
                    if output.contains("still in use") && Instant::now() < deadline =>
                {
                    tracing::info!(
                        "Waiting for the processes of the previous PostgreSQL server to end"
                    );
                    sleep(Duration::from_secs(1)).await;
                }
                result => return result,
            }
        }
    }

    /// `pg_ctl` puts the server in a session of its own and waits until it is ready, which after a
    /// crash takes as long as recovery does.
    async fn try_start(&self) -> Result<(), Error> {
        self.bound_log()?;
        let path = self.home.log();
        let log = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        let log = log.map_err(Error::io("open", &path))?;
        let before = log.metadata().map_err(Error::io("read", &path))?.len();
        let mut command = self.command("pg_ctl", &self.home.cluster());
        command.args(["start", "--wait", "--silent", "--timeout=3600", "-o"]);
        let options: OsString =
            [OsStr::new("-c "), &shell_quoted(&self.home.config_setting())].into_iter().collect();
        command.arg(options);
        command.stderr(log.try_clone().map_err(Error::io("open", &path))?).stdout(log);
        let mut child = tokio::process::Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .map_err(Error::io("run", self.binaries.program("pg_ctl")))?;
        let status = loop {
            match timeout(TELL_EVERY, child.wait()).await {
                Ok(status) => {
                    break status
                        .map_err(Error::io("wait for", self.binaries.program("pg_ctl")))?;
                }
                Err(_) => self.tell_progress(),
            }
        };
        if status.success() {
            return Ok(());
        }
        let what = format!("PostgreSQL could not start (its log is {})", path.display());
        Err(Error::Failed { what, output: last_lines(&path, before, 12) })
    }

    /// Stops the server, if it runs, after rolling back what its clients have open.
    pub(super) async fn stop(&self) -> Result<(), Error> {
        if self.state() == State::Dead {
            return Ok(());
        }
        let what = "PostgreSQL could not be stopped";
        let mut command = self.command("pg_ctl", &self.home.cluster());
        command.args(["stop", "--mode=fast", "--wait", "--silent", "--timeout=300"]);
        expect_success(what, &run(what, command, "").await?)
    }

    /// Asks the server to stop and does not wait: for where nothing can be awaited. One just
    /// launched may not have written its lock file yet, by which it is found.
    pub(super) fn stop_soon(&self, just_launched: bool) {
        let patience = if just_launched { LAUNCH_MAY_TAKE } else { Duration::ZERO };
        let deadline = Instant::now() + patience;
        while self.is_dead() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        if !self.is_dead() {
            let mut command = self.command("pg_ctl", &self.home.cluster());
            let asked = command.args(["stop", "--mode=fast", "--no-wait", "--silent"]).status();
            tracing::debug!(?asked, "asked PostgreSQL to stop");
        }
    }

    /// Whether the server has died.
    pub(super) fn is_dead(&self) -> bool {
        self.state() == State::Dead
    }

    /// Keeps the log under twice [`LOG_BYTES`], in two files. It is copied and cut, not renamed:
    /// the server holds it open, and appends.
    pub(super) fn bound_log(&self) -> Result<(), Error> {
        let path = self.home.log();
        if fs::metadata(&path).is_ok_and(|log| log.len() > LOG_BYTES) {
            fs::copy(&path, path.with_extension("log.1")).map_err(Error::io("copy", &path))?;
            let cut = OpenOptions::new().write(true).open(&path).and_then(|log| log.set_len(0));
            cut.map_err(Error::io("cut", path))?;
        }
        Ok(())
    }

    fn state(&self) -> State {
        state(&self.home)
    }

    async fn answers(&self) -> bool {
        let socket = self.home.socket_dir().join(SOCKET);
        matches!(timeout(Duration::from_secs(5), UnixStream::connect(socket)).await, Ok(Ok(_)))
    }

    async fn write_config(&self) -> Result<(), Error> {
        // lz4 costs a fraction of the processor time of pglz, but is a build option of the server.
        let mut probe = self.command("postgres", &self.home.cluster());
        probe.args(["-c", "wal_compression=lz4", "-C", "wal_compression"]);
        let probed = run("PostgreSQL could not read its settings", probe, "").await?;
        let compression = if probed.status.success() { "lz4" } else { "pglz" };
        let config = format!(
            "{}unix_socket_directories = '{}'\nunix_socket_permissions = 0700\nwal_compression = {compression}\n",
            include_str!("postgres.conf"),
            self.home.socket_dir().display()
        );
        replace(&self.home.config(), &config)
    }

    fn tell_progress(&self) {
        tracing::info!(
            "PostgreSQL is still starting or stopping; after a crash it first replays its log, and nothing is lost. \
             Its last word: {}",
            last_lines(&self.home.log(), 0, 1)
        );
    }

    fn command(&self, program: &str, cluster: &Path) -> Command {
        let mut command = self.home.account.command(self.binaries.program(program));
        // In the environment, since pg_ctl puts a path given as an argument between double quotes
        // in a shell command.
        command.env("PGDATA", cluster);
        command
    }
}
