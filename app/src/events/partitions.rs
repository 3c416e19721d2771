//! The partitions of the tables whose old rows go away: made ahead of time, and dropped whole once
//! their retention has passed.

use super::model::Retention;
use super::rules::Floors;
use super::store;
use crate::context::Clock;
use crate::stats::model::Grain;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use std::collections::HashSet;
use std::time::Duration;

/// A table in partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// `event_ids`, by day of receipt.
    EventIds,
    /// `samples`, by day.
    Samples,
    /// `stats_minute`, by day.
    StatsMinute,
    /// `stats_hour`, by month.
    StatsHour,
    /// `totals_minute`, by day.
    TotalsMinute,
    /// `totals_hour`, by month.
    TotalsHour,
    /// `sites_hour`, by month.
    SitesHour,
    /// `host_hour`, by day.
    HostHour,
}

impl Table {
    /// All of them, in the order in which they are locked.
    pub const ALL: [Self; 8] = [
        Self::EventIds,
        Self::Samples,
        Self::StatsMinute,
        Self::StatsHour,
        Self::TotalsMinute,
        Self::TotalsHour,
        Self::SitesHour,
        Self::HostHour,
    ];

    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EventIds => "event_ids",
            Self::Samples => "samples",
            Self::StatsMinute => "stats_minute",
            Self::StatsHour => "stats_hour",
            Self::TotalsMinute => "totals_minute",
            Self::TotalsHour => "totals_hour",
            Self::SitesHour => "sites_hour",
            Self::HostHour => "host_hour",
        }
    }

    const fn is_by_month(self) -> bool {
        matches!(self, Self::StatsHour | Self::TotalsHour | Self::SitesHour)
    }

    /// The partition that holds `instant`.
    pub fn partition(self, instant: Timestamp) -> Partition {
        let day = utc_date(instant);
        Partition {
            table: self,
            start: if self.is_by_month() { day.first_of_month() } else { day },
        }
    }

    /// The first instant that the table still has to hold.
    fn floor(self, floors: &Floors, now: Timestamp) -> Timestamp {
        match self {
            // Ids are looked up for yesterday; one day more, for another writer's slow clock.
            Self::EventIds => {
                now.checked_sub(SignedDuration::from_hours(48)).unwrap_or(Timestamp::MIN)
            }
            Self::Samples => floors.sample,
            Self::StatsMinute | Self::TotalsMinute => floors.minute,
            Self::StatsHour | Self::TotalsHour | Self::SitesHour => floors.hour,
            Self::HostHour => floors.host_hour,
        }
    }
}

/// The UTC day of an instant.
pub(super) fn utc_date(instant: Timestamp) -> Date {
    instant.to_zoned(TimeZone::UTC).date()
}

/// One partition of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Partition {
    table: Table,
    /// Its first UTC day.
    start: Date,
}

impl Partition {
    /// Its name, as in `stats_minute_20260531` or `stats_hour_202605`.
    pub fn name(self) -> String {
        let format = if self.table.is_by_month() { "%Y%m" } else { "%Y%m%d" };
        format!("{}_{}", self.table.name(), self.start.strftime(format))
    }

    /// The first day after it.
    fn end(self) -> Date {
        let span = if self.table.is_by_month() { 1.month() } else { 1.day() };
        self.start.checked_add(span).unwrap_or(Date::MAX)
    }

    /// The partition a table's partition name tells of.
    fn from_name(table: Table, name: &str) -> Option<Self> {
        let digits = name.strip_prefix(table.name())?.strip_prefix('_')?;
        let padded = if table.is_by_month() { format!("{digits}01") } else { digits.to_owned() };
        let start = Date::strptime("%Y%m%d", padded).ok()?;
        Some(Self { table, start }).filter(|partition| partition.name() == name)
    }

    fn sql(self) -> String {
        let (parent, name, start, end) = (self.table.name(), self.name(), self.start, self.end());
        let values = match self.table {
            Table::EventIds => format!("in ('{start}')"),
            _ => format!("from ('{start} 00:00+00') to ('{end} 00:00+00')"),
        };
        let storage = match self.table {
            Table::EventIds | Table::Samples => "",
            _ => "with (fillfactor = 80)",
        };
        // Attaching a finished table does not lock out those who read the others.
        format!(
            "create table {name} (like {parent} including all) {storage};
             alter table {parent} attach partition {name} for values {values};"
        )
    }
}

/// Makes those of `partitions` that are not there. The caller holds the writer's lock.
pub(super) async fn ensure(
    connection: &mut PgConnection,
    partitions: &[Partition],
) -> sqlx::Result<()> {
    let names: Vec<String> = partitions.iter().map(|partition| partition.name()).collect();
    let missing: Vec<String> = sqlx::query_scalar(
        "select name from unnest($1::text[]) as given (name) where to_regclass(name) is null",
    )
    .bind(&names)
    .fetch_all(&mut *connection)
    .await?;
    let missing: HashSet<String> = missing.into_iter().collect();
    for partition in partitions {
        if missing.contains(&partition.name()) {
            sqlx::raw_sql(AssertSqlSafe(partition.sql())).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// How many days ahead partitions are made.
const AHEAD: i64 = 2;

/// Makes the partitions of today and the days ahead.
pub async fn make_ahead(pool: &PgPool, now: Timestamp) -> sqlx::Result<()> {
    let mut wanted: Vec<Partition> = Vec::new();
    for table in Table::ALL {
        for day in 0..=AHEAD {
            let instant = now.checked_add(SignedDuration::from_hours(24 * day)).unwrap_or(now);
            let partition = table.partition(instant);
            if !wanted.contains(&partition) {
                wanted.push(partition);
            }
        }
    }
    let mut transaction = store::begin(pool).await?;
    ensure(&mut transaction, &wanted).await?;
    transaction.commit().await
}

/// Drops the partitions whose retention has passed, and returns their names.
pub async fn drop_expired(
    pool: &PgPool,
    retention: Retention,
    now: Timestamp,
) -> sqlx::Result<Vec<String>> {
    let floors = retention.floors(now);
    let mut dropped = Vec::new();
    for table in Table::ALL {
        let floor = utc_date(table.floor(&floors, now));
        let names: Vec<String> = sqlx::query_scalar(
            "select child.relname::text from pg_inherits
             join pg_class as child on child.oid = inhrelid
             where inhparent = $1::regclass",
        )
        .bind(table.name())
        .fetch_all(pool)
        .await?;
        let expired = names
            .iter()
            .filter_map(|name| Partition::from_name(table, name))
            .filter(|partition| partition.end() <= floor);
        for partition in expired {
            let name = partition.name();
            let mut transaction = store::begin(pool).await?;
            // Whoever reads the table now goes first; the next hour tries again.
            let sql = format!("set local lock_timeout = '2s'; drop table if exists {name}");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
            transaction.commit().await?;
            dropped.push(name);
        }
    }
    Ok(dropped)
}

/// Keeps the partitions in order, now and every hour, for as long as it is polled.
pub async fn run(pool: PgPool, clock: Clock, retention: Retention) {
    loop {
        let now = clock.now();
        if let Err(error) = make_ahead(&pool, now).await {
            tracing::error!(%error, "partitions could not be made");
        }
        match drop_expired(&pool, retention, now).await {
            Ok(dropped) if dropped.is_empty() => {}
            Ok(dropped) => {
                tracing::info!(?dropped, "partitions dropped: their retention has passed");
            }
            Err(error) => tracing::error!(%error, "partitions could not be dropped"),
        }
        tokio::time::sleep(Duration::from_secs(Grain::Hour.seconds().unsigned_abs())).await;
    }
}
