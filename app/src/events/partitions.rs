//! The partitions of the tables whose old rows go away: made ahead of time, and dropped whole once
//! their retention has passed.

use super::retention::Kept;
use super::rules::Floors;
use super::store;
use crate::stats::model::Grain;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use std::collections::HashSet;

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
    /// `sitekeys_hour`, by month.
    SitekeysHour,
    /// `host_minute`, by day.
    HostMinute,
    /// `host_hour`, by day.
    HostHour,
    /// `code_host_hour`, by day.
    CodeHostHour,
}

impl Table {
    /// All of them, in the order in which they are locked.
    pub const ALL: [Self; 10] = [
        Self::EventIds,
        Self::Samples,
        Self::StatsMinute,
        Self::StatsHour,
        Self::TotalsMinute,
        Self::TotalsHour,
        Self::SitekeysHour,
        Self::HostMinute,
        Self::HostHour,
        Self::CodeHostHour,
    ];

    /// Whether it holds sums.
    pub(super) const fn is_rollup(self) -> bool {
        !matches!(self, Self::EventIds | Self::Samples)
    }

    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EventIds => "event_ids",
            Self::Samples => "samples",
            Self::StatsMinute => "stats_minute",
            Self::StatsHour => "stats_hour",
            Self::TotalsMinute => "totals_minute",
            Self::TotalsHour => "totals_hour",
            Self::SitekeysHour => "sitekeys_hour",
            Self::HostMinute => "host_minute",
            Self::HostHour => "host_hour",
            Self::CodeHostHour => "code_host_hour",
        }
    }

    const fn is_by_month(self) -> bool {
        matches!(self, Self::StatsHour | Self::TotalsHour | Self::SitekeysHour)
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
    pub(super) fn floor(self, floors: &Floors, now: Timestamp) -> Timestamp {
        match self {
            // Ids are looked up for yesterday; one day more, for another writer's slow clock.
            Self::EventIds => {
                now.checked_sub(SignedDuration::from_hours(48)).unwrap_or(Timestamp::MIN)
            }
            Self::Samples => floors.sample,
            Self::StatsMinute | Self::TotalsMinute => floors.minute,
            Self::StatsHour | Self::TotalsHour | Self::SitekeysHour => floors.hour,
            Self::HostMinute => host_minutes_from(now),
            Self::HostHour | Self::CodeHostHour => floors.host_hour,
        }
    }
}

/// For how many days before today hosts are counted by the minute.
pub const HOST_MINUTE_DAYS: u16 = 2;

/// From when on they are, at `now`.
pub fn host_minutes_from(now: Timestamp) -> Timestamp {
    let kept = SignedDuration::from_hours(24 * i64::from(HOST_MINUTE_DAYS));
    Grain::Day.floor(now).checked_sub(kept).unwrap_or(Timestamp::MIN)
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

/// Partitions that a process knows to be there, so that it need not look for them again.
#[derive(Default)]
pub(super) struct Made(HashSet<Partition>);

impl Made {
    /// The partitions for these instants that are not known to be there, each once.
    pub(super) fn missing(
        &self,
        wanted: impl IntoIterator<Item = (Table, Timestamp)>,
    ) -> Vec<Partition> {
        let partitions = wanted.into_iter().map(|(table, instant)| table.partition(instant));
        let missing: HashSet<Partition> = partitions.filter(|it| !self.0.contains(it)).collect();
        missing.into_iter().collect()
    }

    /// Remembers partitions, once what made them is committed.
    pub(super) fn remember(&mut self, made: Vec<Partition>) {
        self.0.extend(made);
    }

    /// Forgets them all: what made them may have been rolled back.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

/// Makes those of `partitions` that are not there, and returns how many those were. The caller holds
/// the lock of their tables.
pub(super) async fn ensure(
    connection: &mut PgConnection,
    partitions: &[Partition],
) -> sqlx::Result<usize> {
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
    Ok(missing.len())
}

/// How many days ahead partitions are made.
const AHEAD: i64 = 2;

/// Makes the partitions of today and the days ahead, and returns how many were missing.
pub async fn make_ahead(pool: &PgPool, now: Timestamp) -> sqlx::Result<usize> {
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
    let mut transaction = store::begin_all(pool).await?;
    let made = ensure(&mut transaction, &wanted).await?;
    transaction.commit().await?;
    Ok(made)
}

/// Drops the partitions whose retention has passed, and returns their names.
pub async fn drop_expired(
    pool: &PgPool,
    kept: impl Into<Kept>,
    now: Timestamp,
) -> sqlx::Result<Vec<String>> {
    let floors = kept.into().floors(now);
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
            let mut transaction = store::begin_all(pool).await?;
            // Whoever reads the table now goes first; the next hour tries again.
            let sql = format!("set local lock_timeout = '2s'; drop table if exists {name}");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
            transaction.commit().await?;
            dropped.push(name);
        }
    }
    Ok(dropped)
}

/// Until when every table has a partition for what happens, by the names of all partitions: the
/// earliest of the ends of each table's last.
pub(super) fn horizon<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<Timestamp> {
    let last = |table: Table| {
        let ends = names.clone().filter_map(|name| Partition::from_name(table, name));
        ends.map(Partition::end).max()
    };
    let ends: Option<Vec<Date>> = Table::ALL.into_iter().map(last).collect();
    let first = ends?.into_iter().min()?;
    first.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp())
}

/// The first day of a partition and the first day after it, as its name tells; nothing for a
/// partition that is never dropped.
pub fn extent(table: Table, name: &str) -> Option<(Date, Date)> {
    let partition = Partition::from_name(table, name)?;
    Some((partition.start, partition.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_horizon_is_that_of_the_table_with_the_shortest() {
        let now: Timestamp = "2026-06-15T12:34:56Z".parse().unwrap();
        let ahead = |table: Table, days: i64| {
            table.partition(now + SignedDuration::from_hours(24 * days)).name()
        };
        let mut names: Vec<String> =
            Table::ALL.into_iter().flat_map(|table| [ahead(table, 0), ahead(table, 2)]).collect();
        names.push("event_ids_replayed".to_owned());
        let horizon = |names: &[String]| super::horizon(names.iter().map(String::as_str));
        assert_eq!(horizon(&names), Some("2026-06-18T00:00:00Z".parse().unwrap()));
        names.retain(|name| *name != ahead(Table::Samples, 2));
        assert_eq!(horizon(&names), Some("2026-06-16T00:00:00Z".parse().unwrap()));
        names.retain(|name| !name.starts_with("samples"));
        assert_eq!(horizon(&names), None, "a table without partitions takes nothing");
    }

    #[test]
    fn a_name_tells_what_a_partition_holds() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(
            extent(Table::StatsHour, "stats_hour_202612"),
            Some((date("2026-12-01"), date("2027-01-01")))
        );
        assert_eq!(
            extent(Table::Samples, "samples_20260615"),
            Some((date("2026-06-15"), date("2026-06-16")))
        );
        assert_eq!(extent(Table::EventIds, "event_ids_replayed"), None);
        assert_eq!(extent(Table::StatsHour, "stats_hour_20261"), None);
    }
}
