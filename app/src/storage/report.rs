//! Reading what the page of the storage shows.

use super::model::{Bounded, Job, Kept, Storage, Table};
use crate::context::AppState;
use crate::error::AppError;
use crate::events::partitions::{self, HOST_MINUTE_DAYS, Table as Partitioned};
use crate::events::upkeep::{Part, Stored, stored};
use crate::ui::flash::Flash;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sqlx::PgConnection;

/// The tables without partitions, and what they hold.
const FOR_EVER: [(&str, &str); 9] = [
    ("stats_day", "Counts by day, by site, code, sitekey and source"),
    ("totals_day", "Counts by day, all sites together"),
    ("sitekeys_day", "Counts by day, by site, sitekey and code"),
    ("sitekeys_week", "Counts by week, by site, sitekey and code"),
    ("host_day", "Hosts by day"),
    ("code_host_day", "Hosts by day, all sites together"),
    ("code_host_week", "Hosts by week, all sites together"),
    ("hosts", "When each host was first seen, by site"),
    ("code_sites", "When each code last occurred, by site"),
];
/// What goes into all of them, and the samples aside.
const JOURNAL: &str = "journal";
/// The partition that is never dropped.
const REPLAYED: &str = "event_ids_replayed";

/// Everything that is stored of events.
pub async fn storage(
    state: &AppState,
    conn: &mut PgConnection,
    now: Timestamp,
    flash: Option<Flash>,
) -> Result<Storage, AppError> {
    let names: Vec<&str> = Partitioned::ALL
        .map(Partitioned::name)
        .into_iter()
        .chain(FOR_EVER.map(|(name, _)| name))
        .chain([JOURNAL])
        .collect();
    let Stored { parts, horizon, run, succeeded_at, unrecognised, sources } =
        stored(conn, &names).await?;
    let whole = |holds, name, kept| of_part(holds, name, kept, &parts);
    let mut tables: Vec<Table> =
        Partitioned::ALL.into_iter().map(|table| partitioned(state, table, &parts, now)).collect();
    tables.extend(whole("Counts that are answered and not added up yet", JOURNAL, Kept::Briefly));
    tables.extend(whole("Ids of events of replayed logs", REPLAYED, Kept::Always));
    tables.extend(FOR_EVER.iter().filter_map(|(name, holds)| whole(holds, name, Kept::Always)));
    let bounded = |what: &str, (used, most)| Bounded { what: what.to_owned(), used, most };
    Ok(Storage {
        flash,
        now,
        tables,
        horizon,
        job: run.map(|run| Job {
            ran_at: run.ran_at,
            took_ms: run.took_ms,
            made: run.made.into(),
            dropped: run.dropped.into(),
            error: run.error,
            succeeded_at,
        }),
        names: vec![
            bounded("Sources", sources),
            bounded("Codes outside the catalogue", unrecognised),
        ],
    })
}

fn partitioned(state: &AppState, table: Partitioned, parts: &[Part], now: Timestamp) -> Table {
    let own: Vec<&Part> = parts
        .iter()
        .filter(|part| part.table == table.name() && part.partition.as_deref() != Some(REPLAYED))
        .collect();
    let names = own.iter().filter_map(|part| part.partition.as_deref());
    let extents: Vec<(Date, Date)> =
        names.filter_map(|name| partitions::extent(table, name)).collect();
    let (holds, kept) = words(state, table, now);
    Table {
        name: table.name().to_owned(),
        holds: holds.to_owned(),
        kept,
        partitions: i64::try_from(extents.len()).ok(),
        oldest: extents.iter().map(|(start, _)| *start).min().and_then(midnight),
        newest: extents.iter().map(|(_, end)| *end).max().and_then(midnight),
        bytes: own.iter().map(|part| part.bytes).sum(),
        rows: own.iter().map(|part| part.rows).sum(),
    }
}

/// What a table holds, and for how long.
fn words(state: &AppState, table: Partitioned, now: Timestamp) -> (&'static str, Kept) {
    let kept = state.keeping.kept();
    let (plain, floors) = (kept.retention.floors(now), kept.floors(now));
    let later = |plain: Timestamp, floor: Timestamp| (floor > plain).then_some(floor);
    let minute =
        Kept::Days { days: kept.retention.minute_days, since: later(plain.minute, floors.minute) };
    let hour = Kept::Days { days: kept.retention.hour_days, since: later(plain.hour, floors.hour) };
    match table {
        Partitioned::EventIds => {
            ("Ids of events, so that each counts once", Kept::Days { days: 2, since: None })
        }
        Partitioned::Samples => {
            ("Samples of raw events", Kept::Days { days: kept.retention.sample_days, since: None })
        }
        Partitioned::StatsMinute => ("Counts by minute, by site, code, sitekey and source", minute),
        Partitioned::TotalsMinute => ("Counts by minute, all sites together", minute),
        Partitioned::StatsHour => ("Counts by hour, by site, code, sitekey and source", hour),
        Partitioned::TotalsHour => ("Counts by hour, all sites together", hour),
        Partitioned::SitekeysHour => ("Counts by hour, by site, sitekey and code", hour),
        Partitioned::HostMinute => {
            ("Hosts of errors by minute", Kept::Days { days: HOST_MINUTE_DAYS, since: None })
        }
        Partitioned::HostHour | Partitioned::CodeHostHour => (
            if table == Partitioned::HostHour {
                "Hosts by hour"
            } else {
                "Hosts by hour, all sites together"
            },
            Kept::Days {
                days: kept.retention.host_hour_days,
                since: later(plain.host_hour, floors.host_hour),
            },
        ),
    }
}

fn midnight(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp())
}

/// The table or partition of this name.
fn of_part(holds: &str, name: &str, kept: Kept, parts: &[Part]) -> Option<Table> {
    let part =
        parts.iter().find(|part| part.partition.as_deref().unwrap_or(&part.table) == name)?;
    Some(Table {
        name: name.to_owned(),
        holds: holds.to_owned(),
        kept,
        partitions: None,
        oldest: None,
        newest: None,
        bytes: part.bytes,
        rows: part.rows,
    })
}
