//! Adding to the rollups. Each function writes one table, in the order of its keys.

use super::stamps;
use crate::events::aggregate::{Counts, Hosts, SitesKey, StatsKey, TotalsKey};
use sqlx::PgConnection;

/// The rollups by site, code, sitekey and source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::events) enum StatsTable {
    Minute,
    Hour,
    Day,
}

/// The rollups of all sites together, by code and source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::events) enum TotalsTable {
    Minute,
    Hour,
    Day,
}

/// The rollups by site and code, and by site alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::events) enum SitesTable {
    Hour,
    Day,
}

/// The rollups of hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::events) enum HostTable {
    Hour,
    Day,
}

/// The statement that adds to one table of the family.
macro_rules! add_stats {
    ($table:literal) => {
        concat!(
            "insert into ",
            $table,
            " as kept (bucket, site_id, code_id, sitekey_id, source_id, count)
             select * from unnest($1::timestamptz[], $2::bigint[], $3::integer[], $4::bigint[],
               $5::integer[], $6::bigint[])
             on conflict (bucket, site_id, code_id, sitekey_id, source_id)
             do update set count = kept.count + excluded.count"
        )
    };
}

impl StatsTable {
    /// Adds the counts.
    pub(in crate::events) async fn add(
        self,
        connection: &mut PgConnection,
        counts: &Counts<StatsKey>,
    ) -> sqlx::Result<()> {
        let sql = match self {
            Self::Minute => add_stats!("stats_minute"),
            Self::Hour => add_stats!("stats_hour"),
            Self::Day => add_stats!("stats_day"),
        };
        sqlx::query(sql)
            .bind(stamps(counts.keys().map(|key| key.bucket)))
            .bind(counts.keys().map(|key| key.site).collect::<Vec<_>>())
            .bind(counts.keys().map(|key| key.code).collect::<Vec<_>>())
            .bind(counts.keys().map(|key| key.sitekey).collect::<Vec<_>>())
            .bind(counts.keys().map(|key| key.source).collect::<Vec<_>>())
            .bind(counts.values().copied().collect::<Vec<_>>())
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// The statement that adds to one table of the family.
macro_rules! add_totals {
    ($table:literal) => {
        concat!(
            "insert into ",
            $table,
            " as kept (bucket, code_id, source_id, count)
             select * from unnest($1::timestamptz[], $2::integer[], $3::integer[], $4::bigint[])
             on conflict (bucket, code_id, source_id)
             do update set count = kept.count + excluded.count"
        )
    };
}

impl TotalsTable {
    /// Adds the counts.
    pub(in crate::events) async fn add(
        self,
        connection: &mut PgConnection,
        counts: &Counts<TotalsKey>,
    ) -> sqlx::Result<()> {
        let sql = match self {
            Self::Minute => add_totals!("totals_minute"),
            Self::Hour => add_totals!("totals_hour"),
            Self::Day => add_totals!("totals_day"),
        };
        sqlx::query(sql)
            .bind(stamps(counts.keys().map(|key| key.bucket)))
            .bind(counts.keys().map(|key| key.code).collect::<Vec<_>>())
            .bind(counts.keys().map(|key| key.source).collect::<Vec<_>>())
            .bind(counts.values().copied().collect::<Vec<_>>())
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// The statement that adds to one table of the family.
macro_rules! add_sites {
    ($table:literal) => {
        concat!(
            "insert into ",
            $table,
            " as kept (bucket, code_id, site_id, count)
             select * from unnest($1::timestamptz[], $2::integer[], $3::bigint[], $4::bigint[])
             on conflict (bucket, code_id, site_id)
             do update set count = kept.count + excluded.count"
        )
    };
}

impl SitesTable {
    /// Adds the counts.
    pub(in crate::events) async fn add(
        self,
        connection: &mut PgConnection,
        counts: &Counts<SitesKey>,
    ) -> sqlx::Result<()> {
        let sql = match self {
            Self::Hour => add_sites!("sites_hour"),
            Self::Day => add_sites!("sites_day"),
        };
        sqlx::query(sql)
            .bind(stamps(counts.keys().map(|key| key.bucket)))
            .bind(counts.keys().map(|key| key.code).collect::<Vec<_>>())
            .bind(counts.keys().map(|key| key.site).collect::<Vec<_>>())
            .bind(counts.values().copied().collect::<Vec<_>>())
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// The statement that adds to one table of the family.
macro_rules! add_hosts {
    ($table:literal) => {
        concat!(
            "insert into ",
            $table,
            " as kept
               (bucket, code_id, site_id, host, count, first_seen, last_seen)
             select * from unnest($1::timestamptz[], $2::integer[], $3::bigint[], $4::text[],
               $5::bigint[], $6::timestamptz[], $7::timestamptz[])
             on conflict (bucket, code_id, site_id, host)
             do update set
               count = kept.count + excluded.count,
               first_seen = least(kept.first_seen, excluded.first_seen),
               last_seen = greatest(kept.last_seen, excluded.last_seen)"
        )
    };
}

impl HostTable {
    /// Adds the counts.
    pub(in crate::events) async fn add(
        self,
        connection: &mut PgConnection,
        hosts: &Hosts<'_>,
    ) -> sqlx::Result<()> {
        let sql = match self {
            Self::Hour => add_hosts!("host_hour"),
            Self::Day => add_hosts!("host_day"),
        };
        let rows: Vec<_> = hosts
            .iter()
            .flat_map(|(group, hosts)| hosts.iter().map(move |(host, seen)| (group, *host, seen)))
            .collect();
        sqlx::query(sql)
            .bind(stamps(rows.iter().map(|(group, ..)| group.bucket)))
            .bind(rows.iter().map(|(group, ..)| group.code).collect::<Vec<_>>())
            .bind(rows.iter().map(|(group, ..)| group.site).collect::<Vec<_>>())
            .bind(rows.iter().map(|(_, host, _)| *host).collect::<Vec<_>>())
            .bind(rows.iter().map(|(.., seen)| seen.count).collect::<Vec<_>>())
            .bind(stamps(rows.iter().map(|(.., seen)| seen.first)))
            .bind(stamps(rows.iter().map(|(.., seen)| seen.last)))
            .execute(connection)
            .await?;
        Ok(())
    }
}
