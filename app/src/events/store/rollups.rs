//! Adding to the rollups. Each function writes one table, in the order of its keys.

use super::stamps;
use crate::events::aggregate::{
    CodeGroup, CodeHosts, Counts, Hosts, SitekeysKey, StatsKey, TotalsKey,
};
use sqlx::PgConnection;
use std::collections::BTreeMap;

/// What becomes of a count that is there already. It stops at the largest whole number that every reader of JSON takes,
/// far below that of a bigint: what was answered can be refused no longer, must not hold up what comes after it, and must
/// be added up with others.
macro_rules! sum {
    () => {
        "do update set count = least(kept.count + excluded.count, 9007199254740991)"
    };
}

/// What becomes of it where it is known, too, from when to when.
macro_rules! sum_seen {
    () => {
        concat!(
            sum!(),
            ", first_seen = least(kept.first_seen, excluded.first_seen),
               last_seen = greatest(kept.last_seen, excluded.last_seen)"
        )
    };
}

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

/// The rollups by site, sitekey and code, and by site and sitekey alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::events) enum SitekeysTable {
    Hour,
    Day,
    Week,
}

/// The rollups of hosts by site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::events) enum HostTable {
    /// Of errors only.
    Minute,
    Hour,
    Day,
}

/// The rollups of hosts over all sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::events) enum CodeHostTable {
    Hour,
    Day,
    Week,
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
             ",
            sum!()
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
             ",
            sum!()
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
macro_rules! add_sitekeys {
    ($table:literal) => {
        concat!(
            "insert into ",
            $table,
            " as kept (bucket, code_id, site_id, sitekey_id, count)
             select * from unnest($1::timestamptz[], $2::integer[], $3::bigint[], $4::bigint[],
               $5::bigint[])
             on conflict (bucket, code_id, site_id, sitekey_id)
             ",
            sum!()
        )
    };
}

impl SitekeysTable {
    /// Adds the counts.
    pub(in crate::events) async fn add(
        self,
        connection: &mut PgConnection,
        counts: &Counts<SitekeysKey>,
    ) -> sqlx::Result<()> {
        let sql = match self {
            Self::Hour => add_sitekeys!("sitekeys_hour"),
            Self::Day => add_sitekeys!("sitekeys_day"),
            Self::Week => add_sitekeys!("sitekeys_week"),
        };
        sqlx::query(sql)
            .bind(stamps(counts.keys().map(|key| key.bucket)))
            .bind(counts.keys().map(|key| key.code).collect::<Vec<_>>())
            .bind(counts.keys().map(|key| key.site).collect::<Vec<_>>())
            .bind(counts.keys().map(|key| key.sitekey).collect::<Vec<_>>())
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
             ",
            sum_seen!()
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
            Self::Minute => add_hosts!("host_minute"),
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

/// The statement that adds to one table of the family, and says what each row has come to.
macro_rules! add_code_hosts {
    ($table:literal) => {
        concat!(
            "insert into ",
            $table,
            " as kept (bucket, code_id, host, site_id, count, first_seen, last_seen)
             select * from unnest($1::timestamptz[], $2::integer[], $3::text[], $4::bigint[],
               $5::bigint[], $6::timestamptz[], $7::timestamptz[])
             on conflict (bucket, code_id, host, site_id)
             ",
            sum_seen!(),
            " returning count"
        )
    };
}

/// The statement that counts each group's rows, in the order in which the groups are given. All of them in
/// one: a request may name tens of thousands.
macro_rules! count_code_hosts {
    ($table:literal) => {
        concat!(
            "select kept.rows
             from unnest($1::timestamptz[], $2::integer[]) with ordinality as given (bucket, code_id, place)
             cross join lateral (
                 select count(*) as rows from ",
            $table,
            "    where bucket = given.bucket and code_id = given.code_id) as kept
             order by place"
        )
    };
}

/// The statement that folds all but the most frequent of a group into the rows without a site. Hosts
/// that are no hosts keep their names, and half as many rows: each site may have them. What goes is
/// found by the first row to go, since the planner, which knows nothing of a fresh partition, would join
/// the ranks row by row.
macro_rules! fold_code_hosts {
    ($table:literal) => {
        concat!(
            "with first_host as materialized (
               select count, host, site_id from ", $table, "
               where bucket = $1 and code_id = $2 and site_id <> -1 and host not in ('', '?')
               order by count desc, host, site_id offset $3 limit 1),
             first_other as materialized (
               select count, host, site_id from ", $table, "
               where bucket = $1 and code_id = $2 and site_id <> -1 and host in ('', '?')
               order by count desc, host, site_id offset $3 / 2 limit 1),
             gone as (
               delete from ", $table, " as kept
               where bucket = $1 and code_id = $2 and site_id <> -1 and case
                 when host in ('', '?') then exists (select from first_other as first where
                   (-kept.count, kept.host, kept.site_id) >= (-first.count, first.host, first.site_id))
                 else exists (select from first_host as first where
                   (-kept.count, kept.host, kept.site_id) >= (-first.count, first.host, first.site_id))
                 end
               returning kept.host, kept.count, kept.first_seen, kept.last_seen)
             insert into ", $table, " as kept
               (bucket, code_id, host, site_id, count, first_seen, last_seen)
             select $1, $2, case when host in ('', '?') then host else '*' end, -1,
                    sum(count), min(first_seen), max(last_seen)
             from gone group by 3
             on conflict (bucket, code_id, host, site_id)
             ",
            sum_seen!()
        )
    };
}

impl CodeHostTable {
    /// Adds the counts, and returns how many rows each group has gained.
    pub(in crate::events) async fn add(
        self,
        connection: &mut PgConnection,
        hosts: &CodeHosts<'_>,
    ) -> sqlx::Result<BTreeMap<CodeGroup, usize>> {
        let sql = match self {
            Self::Hour => add_code_hosts!("code_host_hour"),
            Self::Day => add_code_hosts!("code_host_day"),
            Self::Week => add_code_hosts!("code_host_week"),
        };
        let rows: Vec<_> = hosts
            .iter()
            .flat_map(|(group, hosts)| hosts.iter().map(move |(key, seen)| (group, *key, seen)))
            .collect();
        let counts: Vec<i64> = sqlx::query_scalar(sql)
            .bind(stamps(rows.iter().map(|(group, ..)| group.bucket)))
            .bind(rows.iter().map(|(group, ..)| group.code).collect::<Vec<_>>())
            .bind(rows.iter().map(|(_, (host, _), _)| *host).collect::<Vec<_>>())
            .bind(rows.iter().map(|(_, (_, site), _)| *site).collect::<Vec<_>>())
            .bind(rows.iter().map(|(.., seen)| seen.count).collect::<Vec<_>>())
            .bind(stamps(rows.iter().map(|(.., seen)| seen.first)))
            .bind(stamps(rows.iter().map(|(.., seen)| seen.last)))
            .fetch_all(connection)
            .await?;
        let mut gained = BTreeMap::new();
        for ((group, _, seen), count) in rows.iter().zip(counts) {
            // What was there before has come to more.
            *gained.entry(**group).or_default() += usize::from(count == seen.count);
        }
        Ok(gained)
    }

    /// How many rows each group has.
    pub(in crate::events) async fn rows(
        self,
        connection: &mut PgConnection,
        groups: &[CodeGroup],
    ) -> sqlx::Result<BTreeMap<CodeGroup, usize>> {
        let sql = match self {
            Self::Hour => count_code_hosts!("code_host_hour"),
            Self::Day => count_code_hosts!("code_host_day"),
            Self::Week => count_code_hosts!("code_host_week"),
        };
        let counts: Vec<i64> = sqlx::query_scalar(sql)
            .bind(stamps(groups.iter().map(|group| group.bucket)))
            .bind(groups.iter().map(|group| group.code).collect::<Vec<_>>())
            .fetch_all(connection)
            .await?;
        let rows = counts.into_iter().map(|rows| usize::try_from(rows).unwrap_or(usize::MAX));
        Ok(groups.iter().copied().zip(rows).collect())
    }

    /// Keeps the `kept` most frequent hosts of a group, and adds the others up in one row.
    pub(in crate::events) async fn fold(
        self,
        connection: &mut PgConnection,
        group: CodeGroup,
        kept: usize,
    ) -> sqlx::Result<()> {
        let sql = match self {
            Self::Hour => fold_code_hosts!("code_host_hour"),
            Self::Day => fold_code_hosts!("code_host_day"),
            Self::Week => fold_code_hosts!("code_host_week"),
        };
        sqlx::query(sql)
            .bind(jiff_sqlx::ToSqlx::to_sqlx(group.bucket))
            .bind(group.code)
            .bind(i64::try_from(kept).unwrap_or(i64::MAX))
            .execute(connection)
            .await?;
        Ok(())
    }
}
