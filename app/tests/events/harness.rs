//! A database of its own for each test, and the writer on it.

use app::context::Clock;
use app::events::model::{Event, Receipt, Retention};
use app::events::writer::EventWriter;
use app::gate::live::Gate;
use app::stats::model::{Filter, Range};
use app::stats::rules::Held;
use app::stats::store;
use jiff::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool};
use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The present of every test, unless it moves it.
pub(crate) const NOW: &str = "2026-06-15T12:34:56.789Z";

pub(crate) struct World {
    pub(crate) pool: PgPool,
    pub(crate) gate: Gate,
    clock: Arc<Mutex<Timestamp>>,
    server: PgConnectOptions,
    name: String,
}

impl World {
    /// A migrated database with two sites: `first-key` belongs to site 1, `second-key` to site 2.
    pub(crate) async fn new() -> Self {
        let url = std::env::var("SITEKEEPER_TEST_DATABASE_URL").expect(
            "SITEKEEPER_TEST_DATABASE_URL must name a PostgreSQL server to test on; run `make test`",
        );
        let server: PgConnectOptions = url.parse().unwrap();
        let name = format!("events_{}", random_hex());
        let mut connection = server.connect().await.unwrap();
        run(&mut connection, format!("create database {name}")).await;
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .connect_with(server.clone().database(&name))
            .await
            .unwrap();
        sqlx::migrate!("../migrations").run(&pool).await.unwrap();
        sqlx::raw_sql(
            "insert into sites (name, state_changed_at, created_at)
               values ('First', now(), now()), ('Second', now(), now());
             insert into sitekeys (site_id, sitekey, created_at)
               values (1, 'first-key', now()), (2, 'second-key', now());",
        )
        .execute(&pool)
        .await
        .unwrap();
        let clock = Arc::new(Mutex::new(NOW.parse().unwrap()));
        let gate = Gate::load(pool.clone(), reading(&clock)).await.unwrap();
        Self { pool, gate, clock, server, name }
    }

    pub(crate) fn clock(&self) -> Clock {
        reading(&self.clock)
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.clock.lock().unwrap()
    }

    pub(crate) fn set_now(&self, now: &str) {
        *self.clock.lock().unwrap() = now.parse().unwrap();
    }

    /// A writer of its own, as in a process of its own.
    pub(crate) fn writer(&self) -> EventWriter {
        EventWriter::spawn(self.pool.clone(), self.gate.clone(), self.clock(), Retention::default())
    }

    pub(crate) fn held(&self) -> Held {
        Held::new(&Retention::default(), self.now())
    }

    /// How many events match the filter, of all times.
    pub(crate) async fn total(&self, filter: &Filter) -> i64 {
        let range = Range::new(at("1990-01-01T00:00Z"), at("2100-01-01T00:00Z")).unwrap();
        let mut connection = self.pool.acquire().await.unwrap();
        store::total(&mut connection, range, filter, &self.held()).await.unwrap()
    }

    /// The sum of the counts of a whole table, less the rows of all codes or errors together.
    pub(crate) async fn sum(&self, table: &str) -> i64 {
        let sql = format!("select coalesce(sum(count), 0)::bigint from {table} where code_id > 0");
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.pool).await.unwrap()
    }

    /// The sum of the counts of those rows of a table that meet a condition.
    pub(crate) async fn sum_where(&self, table: &str, condition: &str) -> i64 {
        let sql = format!("select coalesce(sum(count), 0)::bigint from {table} where {condition}");
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.pool).await.unwrap()
    }

    /// How many rows a table has.
    pub(crate) async fn rows(&self, table: &str) -> i64 {
        let sql = format!("select count(*) from {table}");
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.pool).await.unwrap()
    }

    /// Drops the database.
    pub(crate) async fn end(self) {
        self.pool.close().await;
        let mut connection = self.server.connect().await.unwrap();
        run(&mut connection, format!("drop database {} with (force)", self.name)).await;
        connection.close().await.unwrap();
    }
}

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

fn reading(clock: &Arc<Mutex<Timestamp>>) -> Clock {
    let clock = Arc::clone(clock);
    Clock::from_fn(move || *clock.lock().unwrap())
}

fn random_hex() -> String {
    let mut bytes = [0; 8];
    app::context::fill_random(&mut bytes).unwrap();
    format!("{:016x}", u64::from_le_bytes(bytes))
}

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// An `ok` of the first site, now, without an id.
pub(crate) fn event() -> Event<'static> {
    Event {
        id: None,
        time: at(NOW),
        sitekey: Some("first-key".into()),
        code: "ok".into(),
        referer: Some(Cow::Borrowed(b"https://shop.example/")),
        count: 1,
        source: "edge-1".into(),
        client: None,
        trace: None,
        user_agent: None,
    }
}

pub(crate) fn with_id(id: impl Into<Cow<'static, str>>) -> Event<'static> {
    Event { id: Some(id.into()), ..event() }
}

pub(crate) async fn submit(writer: &EventWriter, events: &[Event<'_>]) -> Receipt {
    let receipt = writer.submit(writer.prepare(events)).await.unwrap();
    settle(writer).await;
    receipt
}

/// Returns once everything that was submitted is in the rollups.
pub(crate) async fn settle(writer: &EventWriter) {
    writer.settle(Duration::from_secs(30)).await.unwrap();
}

pub(crate) const fn receipt(accepted: u64, duplicate: u64) -> Receipt {
    Receipt { accepted, duplicate }
}
