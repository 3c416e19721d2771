//! What PostgreSQL itself can do with the ids of events, on the same cluster with the same settings: no program that
//! keeps them can be faster. Ratios to it hold on any machine.

use crate::row::Row;
use sqlx::postgres::PgPool;
use sqlx::types::Uuid;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use tokio::task::LocalSet;

const SECONDS: u64 = 6;
const BATCH: usize = 1_000;

/// What was measured, in ids a second.
pub(crate) struct Limits {
    /// `insert … on conflict do nothing`, one id a transaction.
    pub(crate) single: f64,
    /// The same, a thousand a transaction.
    pub(crate) batched: f64,
}

#[derive(Clone, Copy)]
enum Way {
    Copy,
    Single,
    Batched,
}

/// Measures and prints them.
pub(crate) async fn limits(pool: &PgPool) -> Limits {
    // As `event_ids` is, partitions and all.
    let table = "drop table if exists bare_ids;
        create table bare_ids (day date not null, id uuid not null, primary key (day, id)) partition by list (day);
        create table bare_ids_today partition of bare_ids for values in ('2026-01-02');
        create table bare_ids_other partition of bare_ids for values in ('-infinity');";
    sqlx::raw_sql(table).execute(pool).await.expect("a table can be made");
    let copied = measure(pool, Way::Copy, 2).await;
    let single = measure(pool, Way::Single, 16).await;
    let batched = measure(pool, Way::Batched, 6).await;
    for (name, rate) in [
        ("bare PostgreSQL: COPY, 1,000 ids a transaction, 2 connections", copied),
        ("bare PostgreSQL: INSERT … ON CONFLICT, one id a transaction, 16 connections", single),
        ("bare PostgreSQL: INSERT … ON CONFLICT, 1,000 ids a transaction, 6 connections", batched),
    ] {
        Row::told(name, rate, "ids/s").print();
    }
    sqlx::raw_sql("drop table bare_ids").execute(pool).await.expect("it can be dropped");
    Limits { single, batched }
}

async fn measure(pool: &PgPool, way: Way, connections: usize) -> f64 {
    let started = Instant::now();
    let end = started + Duration::from_secs(SECONDS);
    let done = std::rc::Rc::new(std::cell::Cell::new(0_u32));
    let tasks = LocalSet::new();
    for _ in 0..connections {
        let (pool, done) = (pool.clone(), done.clone());
        tasks.spawn_local(async move {
            let mut connection = pool.acquire().await.expect("PostgreSQL takes connections");
            while Instant::now() < end {
                let count = match way {
                    Way::Single => 1,
                    Way::Copy | Way::Batched => BATCH,
                };
                let ids: Vec<Uuid> =
                    (0..count).map(|_| Uuid::from_u128(fastrand::u128(..))).collect();
                let outcome = match way {
                    Way::Copy => copy(&mut connection, &ids).await,
                    Way::Single | Way::Batched => insert(&mut connection, &ids).await,
                };
                outcome.expect("the ids are stored");
                done.set(done.get() + u32::try_from(count).unwrap_or_default());
            }
        });
    }
    tasks.await;
    f64::from(done.get()) / started.elapsed().as_secs_f64()
}

async fn insert(connection: &mut sqlx::PgConnection, ids: &[Uuid]) -> sqlx::Result<()> {
    let sql = "insert into bare_ids (day, id) select '2026-01-02', id from unnest($1::uuid[]) as given (id)
               on conflict do nothing";
    sqlx::query(sql).bind(ids).execute(connection).await.map(drop)
}

async fn copy(connection: &mut sqlx::PgConnection, ids: &[Uuid]) -> sqlx::Result<()> {
    let lines = ids.iter().fold(String::new(), |mut lines, id| {
        let _ = writeln!(lines, "2026-01-02\t{id}");
        lines
    });
    let mut copy = connection.copy_in_raw("copy bare_ids from stdin").await?;
    copy.send(lines.into_bytes()).await?;
    copy.finish().await.map(drop)
}
