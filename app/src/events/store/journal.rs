//! The journal: what was counted and is not in the rollups yet.

use super::stamps;
use crate::events::aggregate::{Entry, Key, Seen};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{FromRow, PgConnection};

/// What a transaction of the writer has counted, column by column as it is stored.
#[derive(FromRow)]
pub(in crate::events) struct Page {
    /// Its place in the order of the commits.
    pub(in crate::events) seq: i64,
    minutes: Vec<jiff_sqlx::Timestamp>,
    sites: Vec<i64>,
    sitekeys: Vec<i64>,
    codes: Vec<i32>,
    sources: Vec<i32>,
    hosts: Vec<String>,
    counts: Vec<i64>,
    first_seen: Vec<jiff_sqlx::Timestamp>,
    last_seen: Vec<jiff_sqlx::Timestamp>,
}

impl Page {
    /// How many keys it has.
    pub(in crate::events) fn keys(&self) -> usize {
        self.hosts.len()
    }

    /// Its entries.
    pub(in crate::events) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.hosts.iter().enumerate().map(|(at, host)| {
            let key = Key {
                minute: self.minutes[at].to_jiff(),
                site: self.sites[at],
                sitekey: self.sitekeys[at],
                code: self.codes[at],
                source: self.sources[at],
                host,
            };
            let seen = Seen {
                count: self.counts[at],
                first: self.first_seen[at].to_jiff(),
                last: self.last_seen[at].to_jiff(),
            };
            (key, seen)
        })
    }
}

/// How much waits in the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::events) struct Waiting {
    /// Keys of all its rows.
    pub(in crate::events) keys: u64,
    /// When the oldest was entered.
    pub(in crate::events) since: Option<Timestamp>,
}

/// Enters what was counted.
pub(in crate::events) async fn enter(
    connection: &mut PgConnection,
    entries: &[Entry<'_>],
    now: Timestamp,
) -> sqlx::Result<()> {
    let keys = || entries.iter().map(|(key, _)| key);
    sqlx::query(
        "insert into journal
           (entered_at, keys, minutes, sites, sitekeys, codes, sources, hosts, counts, first_seen, last_seen)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(now.to_sqlx())
    .bind(i32::try_from(entries.len()).unwrap_or(i32::MAX))
    .bind(stamps(keys().map(|key| key.minute)))
    .bind(keys().map(|key| key.site).collect::<Vec<_>>())
    .bind(keys().map(|key| key.sitekey).collect::<Vec<_>>())
    .bind(keys().map(|key| key.code).collect::<Vec<_>>())
    .bind(keys().map(|key| key.source).collect::<Vec<_>>())
    .bind(keys().map(|key| key.host).collect::<Vec<_>>())
    .bind(entries.iter().map(|(_, seen)| seen.count).collect::<Vec<_>>())
    .bind(stamps(entries.iter().map(|(_, seen)| seen.first)))
    .bind(stamps(entries.iter().map(|(_, seen)| seen.last)))
    .execute(connection)
    .await?;
    Ok(())
}

/// The number of the newest row; nothing while none waits.
pub(in crate::events) async fn newest(connection: &mut PgConnection) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("select max(seq) from journal").fetch_one(connection).await
}

/// How much waits.
pub(in crate::events) async fn waiting(connection: &mut PgConnection) -> sqlx::Result<Waiting> {
    let (keys, since): (i64, Option<jiff_sqlx::Timestamp>) =
        sqlx::query_as("select coalesce(sum(keys), 0)::bigint, min(entered_at) from journal")
            .fetch_one(connection)
            .await?;
    let since = since.map(jiff_sqlx::Timestamp::to_jiff);
    Ok(Waiting { keys: u64::try_from(keys).unwrap_or(0), since })
}

/// The rows that have waited longest: the first, and those after it while all have at most `keys`.
pub(in crate::events) async fn oldest(
    connection: &mut PgConnection,
    keys: usize,
) -> sqlx::Result<Vec<Page>> {
    sqlx::query_as(
        "select seq, minutes, sites, sitekeys, codes, sources, hosts, counts, first_seen, last_seen
         from journal
         where seq <= (
             select max(seq)
             from (select seq, keys, sum(keys) over (order by seq) as until
                   from (select seq, keys from journal order by seq limit 4096) as first) as summed
             where until <= $1 or until = keys)
         order by seq",
    )
    .bind(i64::try_from(keys).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await
}

/// Takes out the rows up to `seq`, which are in the rollups now.
pub(in crate::events) async fn remove(connection: &mut PgConnection, seq: i64) -> sqlx::Result<()> {
    sqlx::query("delete from journal where seq <= $1").bind(seq).execute(connection).await?;
    Ok(())
}
