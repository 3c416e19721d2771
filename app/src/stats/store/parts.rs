//! The parts that all questions are put together from: what each run of buckets holds.

use crate::codes::OK;
use crate::events::model::UNATTRIBUTED;
use crate::stats::model::{Filter, Grain, GroupBy, Key, Range};
use crate::stats::rules::{Family, Plan, Segment};
use jiff_sqlx::ToSqlx;
use sqlx::{Postgres, QueryBuilder};

/// Which rows are read: those that match the filter and are of one of the keys that are listed.
#[derive(Clone, Debug)]
pub(super) struct Selection<'a> {
    pub(super) filter: &'a Filter,
    pub(super) codes: Codes,
    pub(super) sites: Option<Vec<i64>>,
    pub(super) hosts: Option<Vec<&'a str>>,
    /// Those of no known sitekey are listed as an empty one.
    pub(super) sitekeys: Option<Vec<&'a str>>,
}

/// Which codes are read where none is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codes {
    /// All of them, not told apart.
    Together,
    /// All of them, and those that are `ok`.
    TogetherAndOk,
    /// All but `ok`, not told apart.
    Errors,
    /// Each by itself.
    Each,
    /// Each but `ok` by itself.
    EachError,
}

impl Codes {
    /// Those a question needs.
    pub(super) fn of(filter: &Filter, group_by: &[GroupBy]) -> Self {
        match (group_by.contains(&GroupBy::Code), filter.errors) {
            (true, true) => Self::EachError,
            (true, false) => Self::Each,
            (false, true) => Self::Errors,
            (false, false) => Self::Together,
        }
    }

    const fn are_told_apart(self) -> bool {
        matches!(self, Self::Each | Self::EachError)
    }
}

impl<'a> Selection<'a> {
    /// What the filter lets through.
    pub(super) fn new(filter: &'a Filter, codes: Codes) -> Self {
        Self {
            filter,
            codes,
            sites: filter.site.or(filter.keys_of.map(|_| UNATTRIBUTED)).map(|site| vec![site]),
            hosts: None,
            sitekeys: None,
        }
    }

    /// Only what may belong to one of `keys`.
    pub(super) fn narrowed(mut self, group_by: &[GroupBy], keys: &'a [Key]) -> Self {
        for (place, by) in group_by.iter().enumerate() {
            let parts = || keys.iter().filter_map(|key| key.parts().get(place));
            let names = || {
                parts().filter_map(|part| match part {
                    Key::Name(name) => Some(name.as_str()),
                    _ => None,
                })
            };
            match by {
                GroupBy::Site => {
                    let site = |part: &Key| if let Key::Site(site) = part { *site } else { 0 };
                    self.sites = Some(distinct(parts().map(site)));
                }
                GroupBy::Host => self.hosts = Some(distinct(names())),
                GroupBy::Sitekey => {
                    let none = parts().any(|part| *part == Key::Null).then_some("");
                    self.sitekeys = Some(distinct(names().chain(none)));
                }
                // There are few of them.
                GroupBy::Code | GroupBy::Source => {}
            }
        }
        self
    }
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct: Vec<T> = values.collect();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

const fn table(family: Family, grain: Grain) -> &'static str {
    match (family, grain) {
        (Family::Stats | Family::Sitekeys, Grain::Minute) => "stats_minute",
        (Family::Stats, Grain::Hour) => "stats_hour",
        (Family::Stats, Grain::Day | Grain::Week) => "stats_day",
        (Family::Totals, Grain::Minute) => "totals_minute",
        (Family::Totals, Grain::Hour) => "totals_hour",
        (Family::Totals, Grain::Day | Grain::Week) => "totals_day",
        (Family::Sitekeys, Grain::Hour) => "sitekeys_hour",
        (Family::Sitekeys, Grain::Day) => "sitekeys_day",
        (Family::Sitekeys, Grain::Week) => "sitekeys_week",
        // A plan for hosts has no minutes, and only those for sitekeys and for hosts of all sites have weeks.
        (Family::Hosts, Grain::Minute | Grain::Hour) => "host_hour",
        (Family::Hosts, Grain::Day | Grain::Week) => "host_day",
        (Family::CodeHosts, Grain::Minute | Grain::Hour) => "code_host_hour",
        (Family::CodeHosts, Grain::Day) => "code_host_day",
        (Family::CodeHosts, Grain::Week) => "code_host_week",
    }
}

/// What stands second in a table's key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leading {
    /// The site.
    Site,
    /// The code, then the site.
    Code,
    /// The code, with rows of all codes together as code 0, then the site.
    SummedCode,
    /// The code, with rows of all errors together as code -1, then the host.
    ErrorCode,
    /// Nothing that is worth looking for.
    Nothing,
}

impl Leading {
    const fn of(family: Family, grain: Grain) -> Self {
        match (family, grain) {
            (Family::Stats, _) | (Family::Sitekeys, Grain::Minute) => Self::Site,
            (Family::Sitekeys, _) => Self::SummedCode,
            (Family::Hosts, _) => Self::Code,
            (Family::CodeHosts, _) => Self::ErrorCode,
            (Family::Totals, _) => Self::Nothing,
        }
    }

    /// Whether each bucket is looked up by itself: what follows it in the key is named, or the index
    /// would be walked through everything else in it.
    fn is_named(self, selection: &Selection<'_>) -> bool {
        let Selection { filter, codes, sites, hosts, sitekeys } = selection;
        match self {
            Self::Site => sites.is_some() || sitekeys.is_some() || filter.sitekey.is_some(),
            // A host on whichever site has an index of its own.
            Self::Code if (filter.host.is_some() || hosts.is_some()) && sites.is_none() => false,
            Self::Code => sites.is_some() || filter.code.is_some(),
            Self::SummedCode => sites.is_some() || filter.code.is_some() || !codes.are_told_apart(),
            Self::ErrorCode => hosts.is_some() || filter.code.is_some() || !codes.are_told_apart(),
            Self::Nothing => false,
        }
    }
}

/// Puts together what all segments of the plan hold. `columns` writes what is selected from a
/// segment.
pub(super) fn push_parts(
    sql: &mut QueryBuilder<Postgres>,
    plan: &Plan,
    family: Family,
    selection: &Selection<'_>,
    columns: impl Fn(&mut QueryBuilder<Postgres>, Segment),
) {
    for (index, segment) in plan.segments.iter().enumerate() {
        if index > 0 {
            sql.push(" union all ");
        }
        sql.push("select ");
        columns(sql, *segment);
        push_segment(sql, *segment, family, selection);
    }
}

/// What a row of the segment adds to the count.
pub(super) fn push_count(
    sql: &mut QueryBuilder<Postgres>,
    segment: Segment,
    family: Family,
    selection: &Selection<'_>,
) {
    let sign = if segment.less { "-" } else { "" };
    let is_difference = Leading::of(family, segment.grain) == Leading::SummedCode
        && selection.codes == Codes::Errors
        && selection.filter.code.is_none();
    if is_difference {
        // All of them, less those that are `ok`.
        sql.push(format_args!("{sign}(case when code_id = 0 then count else -count end)"));
    } else {
        sql.push(format_args!("{sign}count"));
    }
}

/// The rows of one segment.
fn push_segment(
    sql: &mut QueryBuilder<Postgres>,
    segment: Segment,
    family: Family,
    selection: &Selection<'_>,
) {
    let Segment { grain, range, .. } = segment;
    let table = table(family, grain);
    let leading = Leading::of(family, grain);
    let by_bucket = leading.is_named(selection);
    if by_bucket {
        let seconds = grain.seconds();
        sql.push(" from generate_series(");
        sql.push_bind(range.from.to_sqlx());
        sql.push("::timestamptz, ");
        sql.push_bind(range.to.to_sqlx());
        sql.push(format_args!(
            "::timestamptz - interval '{seconds} seconds', interval '{seconds} seconds') as at
             cross join lateral (select * from {table} where bucket = at and "
        ));
    } else {
        sql.push(format_args!(" from {table} where "));
    }
    let of_few_codes = selection.filter.code.is_some()
        || leading == Leading::ErrorCode && !selection.codes.are_told_apart();
    push_selection(sql, range, selection, of_few_codes || !by_bucket);
    push_codes(sql, leading, by_bucket, selection);
    if by_bucket {
        sql.push(" offset 0) as found");
    }
}

/// The condition on the code.
fn push_codes(
    sql: &mut QueryBuilder<Postgres>,
    leading: Leading,
    by_bucket: bool,
    selection: &Selection<'_>,
) {
    if let Some(code) = &selection.filter.code {
        sql.push(" and code_id = (select id from codes where code = ").push_bind(code.clone());
        sql.push(")");
        if selection.filter.errors {
            sql.push(" and code_id is distinct from (");
            push_ok(sql);
            sql.push(")");
        }
        return;
    }
    let with_ok = |sql: &mut QueryBuilder<Postgres>, first: &str| {
        sql.push(format_args!(" and code_id = any (array (select {first} union all "));
        push_ok(sql);
        sql.push("))");
    };
    let codes = selection.codes;
    match (leading, codes) {
        (Leading::SummedCode, Codes::Together) => {
            sql.push(" and code_id = 0");
        }
        (Leading::SummedCode, Codes::TogetherAndOk | Codes::Errors) => with_ok(sql, "0"),
        (Leading::ErrorCode, Codes::Together | Codes::TogetherAndOk) => with_ok(sql, "-1"),
        (Leading::ErrorCode, Codes::Errors) => {
            sql.push(" and code_id = -1");
        }
        // Where the code leads, each is looked up by itself.
        (Leading::Code | Leading::SummedCode | Leading::ErrorCode, _) if by_bucket => {
            sql.push(" and code_id = any (array (select id from codes");
            if matches!(codes, Codes::Errors | Codes::EachError) {
                sql.push(" where code <> ").push_bind(OK);
            }
            sql.push("))");
        }
        (_, Codes::Errors | Codes::EachError) => {
            sql.push(" and code_id > 0 and code_id is distinct from (");
            push_ok(sql);
            sql.push(")");
        }
        _ => {
            sql.push(" and code_id > 0");
        }
    }
}

/// The id of `ok`, as a statement.
pub(super) fn push_ok(sql: &mut QueryBuilder<Postgres>) {
    sql.push("select id from codes where code = ").push_bind(OK);
}

/// The conditions besides the code. `finds_hosts` says whether the index is to look for each of several
/// hosts by itself: it would do so for each of several codes as well, and for each bucket.
fn push_selection(
    sql: &mut QueryBuilder<Postgres>,
    range: Range,
    selection: &Selection<'_>,
    finds_hosts: bool,
) {
    let Selection { filter, codes: _, sites, hosts, sitekeys } = selection;
    sql.push("bucket >= ").push_bind(range.from.to_sqlx());
    sql.push(" and bucket < ").push_bind(range.to.to_sqlx());
    if let Some(sites) = sites {
        sql.push(" and site_id = any (").push_bind(sites.clone());
        sql.push(")");
    }
    if let Some(host) = &filter.host {
        sql.push(" and host = ").push_bind(host.clone());
    }
    if let Some(hosts) = hosts {
        sql.push(if finds_hosts { " and host = any (" } else { " and host || '' = any (" });
        sql.push_bind(owned(hosts)).push(")");
    }
    if let Some(sitekey) = &filter.sitekey {
        push_sitekeys(sql, sites.is_none(), vec![sitekey.clone()]);
    }
    if let Some(sitekeys) = sitekeys {
        push_sitekeys(sql, sites.is_none(), owned(sitekeys));
    }
    if let Some(site) = filter.keys_of {
        sql.push(" and site_id = ").push_bind(UNATTRIBUTED);
        sql.push(" and sitekey_id = any (array (select id from sitekeys where site_id = ");
        sql.push_bind(site).push("))");
    }
    if let Some(source) = &filter.source {
        sql.push(" and source_id = (select id from sources where name = ")
            .push_bind(source.clone());
        sql.push(")");
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn push_sitekeys(sql: &mut QueryBuilder<Postgres>, of_any_site: bool, sitekeys: Vec<String>) {
    if of_any_site {
        // Their events are the site's, or nobody's where the code says that the key was wrong.
        sql.push(" and site_id = any (array (select site_id from sitekeys where sitekey = any (")
            .push_bind(sitekeys.clone());
        sql.push(") union all select 0))");
    }
    let of_none = sitekeys.iter().any(String::is_empty);
    // Of several, the index would look for each on each site.
    let column = if sitekeys.len() > 1 { "sitekey_id + 0" } else { "sitekey_id" };
    sql.push(format_args!(
        " and {column} = any (array (select id from sitekeys where sitekey = any ("
    ))
    .push_bind(sitekeys);
    sql.push(")");
    if of_none {
        sql.push(" union all select 0");
    }
    sql.push("))");
}
