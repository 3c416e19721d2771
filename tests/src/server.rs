//! The real program: a running `sitekeeper serve`, and its other commands beside it.

use crate::{Console, Database, Machine};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The slowest start that is not a failure: making a cluster and migrating it while other tests run.
const START: Duration = Duration::from_mins(1);
const STOP: Duration = Duration::from_secs(30);

/// The program to test: `SITEKEEPER_BIN`, else the release build, else the debug build.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("SITEKEEPER_BIN") {
        return path.into();
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    ["release", "debug"]
        .map(|profile| target.join(profile).join("sitekeeper"))
        .into_iter()
        .find(|path| path.exists())
        .expect("there is no target/release/sitekeeper: run `make build` first")
}

/// A command of the program with nothing of our own environment's configuration.
pub(crate) fn command(database_url: Option<&str>, data_dir: Option<&Path>) -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SITEKEEPER_") {
            command.env_remove(name);
        }
    }
    command.env_remove("DATABASE_URL").stdin(Stdio::null());
    if let Some(url) = database_url {
        command.env("DATABASE_URL", url);
    }
    if let Some(dir) = data_dir {
        command.env("SITEKEEPER_DATA_DIR", dir);
    }
    command
}

/// A running `sitekeeper serve` on a free port of 127.0.0.1. Ends when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// As in `http://127.0.0.1:40123`.
    pub base: String,
    database: Option<Database>,
    data: TempDir,
}

impl Server {
    /// Serves a database of its own.
    pub async fn start() -> Self {
        Self::on(&Database::create().await).await
    }

    /// Serves this database: called twice, two replicas.
    pub async fn on(database: &Database) -> Self {
        Self::launch(Some(database.clone()), TempDir::new().expect("/tmp can be written")).await
    }

    /// Serves from the PostgreSQL it embeds, in a data directory of its own.
    pub async fn embedded() -> Self {
        Self::launch(None, TempDir::new().expect("/tmp can be written")).await
    }

    /// Serves from the PostgreSQL it embeds, in this data directory.
    pub async fn embedded_in(data: TempDir) -> Self {
        Self::launch(None, data).await
    }

    /// Serves a database of its own, with these environment variables set.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let data = TempDir::new().expect("/tmp can be written");
        Self::launch_with(Some(Database::create().await), data, settings).await
    }

    /// Serves this database, with these environment variables set.
    pub async fn on_with(database: &Database, settings: &[(&str, &str)]) -> Self {
        let data = TempDir::new().expect("/tmp can be written");
        Self::launch_with(Some(database.clone()), data, settings).await
    }

    async fn launch(database: Option<Database>, data: TempDir) -> Self {
        Self::launch_with(database, data, &[]).await
    }

    async fn launch_with(
        database: Option<Database>,
        data: TempDir,
        settings: &[(&str, &str)],
    ) -> Self {
        let port = free_port();
        let log = File::create(data.path().join("serve.log")).expect("the log can be written");
        let url = database.as_ref().map(|database| database.url.as_str());
        let child = command(url, Some(data.path()))
            .arg("serve")
            .env("SITEKEEPER_LISTEN", format!("127.0.0.1:{port}"))
            .envs(settings.iter().copied())
            .stdout(log.try_clone().expect("a file can be shared"))
            .stderr(log)
            .spawn()
            .expect("sitekeeper starts");
        let mut server = Self { child, base: format!("http://127.0.0.1:{port}"), database, data };
        server.wait_until_ready().await;
        server
    }

    async fn wait_until_ready(&mut self) {
        let started = Instant::now();
        let ready = format!("{}/readyz", self.base);
        loop {
            if reqwest::get(&ready).await.is_ok_and(|response| response.status().is_success()) {
                return;
            }
            let ended = self.child.try_wait().expect("the child can be asked");
            assert!(ended.is_none(), "sitekeeper serve ended ({ended:?}):\n{}", self.log());
            assert!(started.elapsed() < START, "sitekeeper serve is not ready:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The address of a path, as in `/v1/check`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its data directory.
    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// What it has printed and logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.data.path().join("serve.log")).unwrap_or_default()
    }

    /// The path and query of the set-up link that it printed.
    pub fn setup_link(&self) -> Option<String> {
        let log = self.log();
        let link = log.split_whitespace().find(|word| word.contains("/setup?token="))?;
        Some(link.trim_start_matches(&self.base).to_owned())
    }

    /// Runs another command of the program beside it, as in `&["site", "create", "--name", "Shop"]`.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.run_with_input(arguments, b"")
    }

    /// Runs another command beside it with something on its standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Output {
        let url = self.database.as_ref().map(|database| database.url.as_str());
        let mut child = command(url, Some(self.data.path()))
            .args(arguments)
            .env("SITEKEEPER_BASE_URL", &self.base)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sitekeeper starts");
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        // A command that reads nothing may have ended already.
        let _ = stdin.write_all(input);
        drop(stdin);
        let output = child.wait_with_output().expect("the command ends");
        Output {
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Makes a site that allows `domain`.
    pub fn create_site(&self, name: &str, domain: &str) -> CreatedSite {
        let output =
            self.run(&["site", "create", "--name", name, "--domain", domain, "--json"]).succeeded();
        serde_json::from_str(&output.stdout).expect("site create prints JSON")
    }

    /// Two sites that the gate knows: Shop on `shop.example`, and Blog on `blog.example`.
    pub async fn two_sites(&self) -> [CreatedSite; 2] {
        let sites =
            [self.create_site("Shop", "shop.example"), self.create_site("Blog", "blog.example")];
        for site in &sites {
            self.knows(site).await;
        }
        sites
    }

    /// Waits until the gate knows a site that the command line made: a second at most.
    pub async fn knows(&self, site: &CreatedSite) {
        let (machine, made) = (self.machine("check"), Instant::now());
        while machine.check(&site.sitekey, "").await["site"] != site.id {
            assert!(made.elapsed() < Duration::from_secs(1), "the gate does not know the new site");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// A program that holds a token with these scopes, as in `check,stats:read`.
    pub fn machine(&self, scopes: &str) -> Machine {
        let output =
            self.run(&["token", "create", "--name", "test", "--scope", scopes]).succeeded();
        Machine::new(self, output.stdout.trim())
    }

    /// A browser in which nobody has signed in.
    pub fn visitor(&self) -> Console {
        Console::new(self)
    }

    /// A browser in which the administrator `ada@example.com` has signed in.
    pub async fn console(&self) -> Console {
        let password = "correct horse battery staple";
        let email = "ada@example.com";
        let made = self.run_with_input(
            &["admin", "create", "--email", email, "--password-stdin"],
            password.as_bytes(),
        );
        assert!(
            made.status.success() || made.stderr.contains("already"),
            "admin create failed: {}",
            made.stderr
        );
        let console = self.visitor();
        console.sign_in(email, password).await;
        console
    }

    /// Asks it to stop, as Ctrl-C does, and waits until it has.
    pub fn stop(&mut self) -> ExitStatus {
        self.ask_to_stop("INT")
    }

    /// Asks it to stop, as a service manager does, and waits until it has.
    pub fn terminate(&mut self) -> ExitStatus {
        self.ask_to_stop("TERM")
    }

    fn ask_to_stop(&mut self, name: &str) -> ExitStatus {
        signal(self.pid(), name);
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be asked") {
                return status;
            }
            assert!(asked.elapsed() < STOP, "sitekeeper serve does not stop:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it on the spot, unless it has ended, and starts it again on the same data.
    pub async fn kill_and_restart(mut self) -> Self {
        self.kill();
        let data = std::mem::replace(&mut self.data, TempDir::new().expect("/tmp can be written"));
        // The embedded PostgreSQL is the next one's now.
        let database = self.database.clone();
        drop(self);
        Self::launch(database, data).await
    }

    fn kill(&mut self) {
        // It may have ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An embedded PostgreSQL outlives a killed server, so that one is asked.
        if self.database.is_none() && matches!(self.child.try_wait(), Ok(None)) {
            signal(self.pid(), "TERM");
            let asked = Instant::now();
            while asked.elapsed() < STOP && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        self.kill();
        // As root, PostgreSQL cannot enter a temporary directory, so its files are elsewhere.
        if let Ok(home) = fs::canonicalize(self.data.path().join("postgres"))
            && !home.starts_with(self.data.path())
        {
            let _ = fs::remove_dir_all(home);
        }
    }
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub struct Output {
    /// Its exit code.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// What it said besides.
    pub stderr: String,
}

impl Output {
    /// Itself, if the command succeeded; else the test fails and shows what it said.
    #[track_caller]
    #[must_use]
    pub fn succeeded(self) -> Self {
        assert!(self.status.success(), "{}: {}{}", self.status, self.stdout, self.stderr);
        self
    }

    /// What it printed, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}{}", self.stdout, self.stderr))
    }
}

/// What `site create --json` prints.
#[derive(Clone, Debug, Deserialize)]
pub struct CreatedSite {
    /// Its number.
    pub id: i64,
    /// Its first sitekey.
    pub sitekey: String,
    /// Its first secret.
    pub secret: String,
}

impl CreatedSite {
    /// What a verifier reports of so many requests from `host` with the site's sitekey.
    pub fn event(&self, time: &str, code: &str, host: &str, source: &str, count: u32) -> Value {
        json!({
            "time": time, "sitekey": self.sitekey, "code": code, "referer": format!("https://{host}/"),
            "source": source, "count": count,
        })
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
    listener.local_addr().expect("a listener has an address").port()
}

fn signal(pid: u32, name: &str) {
    let killed = Command::new("kill").args(["-s", name, &pid.to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()), "process {pid} took no SIG{name}");
}
