//! One PostgreSQL for all tests of a process, and a database of its own for each test.

use crate::server::command;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, postgres::PgPoolOptions};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/with-postgres.sh");
/// A migrated database that the others are copied from.
const TEMPLATE: &str = "template";

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static CREATED: AtomicUsize = AtomicUsize::new(0);

/// A PostgreSQL that ends with this process, however that ends: its script waits for the end of standard input.
struct Cluster {
    /// The URL of the database `postgres`.
    url: String,
    /// Holds the other end of that.
    _script: Child,
}

impl Cluster {
    async fn start() -> Self {
        let mut script = Command::new(SCRIPT)
            .args(["sh", "-c", "echo \"$DATABASE_URL\"; exec cat >/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/with-postgres.sh starts");
        let stdout = script.stdout.take().expect("standard output is a pipe");
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url).expect("the script says where PostgreSQL is");
        let url = url.trim().to_owned();
        assert!(!url.is_empty(), "PostgreSQL did not start: see above");
        let cluster = Self { url, _script: script };
        cluster.execute(&format!("create database {TEMPLATE}")).await;
        let migrated = command(Some(&cluster.url_of(TEMPLATE)), None)
            .arg("migrate")
            .output()
            .expect("sitekeeper starts");
        assert!(
            migrated.status.success(),
            "sitekeeper migrate failed: {}",
            String::from_utf8_lossy(&migrated.stderr)
        );
        cluster
    }

    fn url_of(&self, database: &str) -> String {
        self.url.replacen("/postgres?", &format!("/{database}?"), 1)
    }

    async fn execute(&self, statement: &str) {
        let mut connection =
            PgConnection::connect(&self.url).await.expect("PostgreSQL takes connections");
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
            .execute(&mut connection)
            .await
            .expect("the statement runs");
    }
}

/// A new, empty, migrated database.
#[derive(Clone, Debug)]
pub struct Database {
    /// As `DATABASE_URL` has it.
    pub url: String,
}

impl Database {
    /// Copies the template. The first call starts PostgreSQL.
    pub async fn create() -> Self {
        let cluster = CLUSTER.get_or_init(Cluster::start).await;
        let name = format!("test_{}", CREATED.fetch_add(1, Ordering::Relaxed));
        cluster.execute(&format!("create database {name} template {TEMPLATE}")).await;
        Self { url: cluster.url_of(&name) }
    }

    /// Connections for a test that looks behind the program's back.
    pub async fn pool(&self) -> PgPool {
        PgPoolOptions::new().max_connections(2).connect(&self.url).await.expect("it connects")
    }
}

/// How long the oldest of the journal may stay the oldest.
const STANDS_STILL: Duration = Duration::from_mins(1);

/// Returns once everything that was answered is in the rollups, for whoever reads these with SQL. A server adds it up
/// every few seconds; after many faults much may wait, of which some must be done within a minute.
pub async fn posted(connection: &mut PgConnection) {
    let (mut oldest, mut since) = (None, Instant::now());
    loop {
        let sql = "select min(seq) from journal";
        let now: Option<i64> =
            sqlx::query_scalar(sql).fetch_one(&mut *connection).await.expect("an answer");
        if now.is_none() {
            return;
        }
        if now != oldest {
            (oldest, since) = (now, Instant::now());
        }
        assert!(since.elapsed() < STANDS_STILL, "the journal is not added up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
