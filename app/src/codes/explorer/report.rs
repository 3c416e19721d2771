//! Reading what the explorer shows.

use super::lines::label;
use super::model::{Group, Nothing, Report, Sampled, Wanted};
use crate::codes::report::without_secrets;
use crate::error::AppError;
use crate::events::model::{UNATTRIBUTED, host as special};
use crate::gate::referer::host_of;
use crate::sites;
use crate::sites::model::SiteId;
use crate::stats::course::Compared;
use crate::stats::model::{
    CodeTrend, Counted, Filter, Grain, GroupBy, Key, Outcome, Range, Sample, Step,
};
use crate::stats::report::{Window, marks};
use crate::stats::rules::{Family, align, step_of, steps};
use crate::stats::store::{self, Question};
use crate::ui::chart::{Chart, Series};
use crate::ui::flash::Flash;
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::HashMap;

/// How many groups are listed, unless they are codes.
pub const LISTED: u32 = 20;
/// How many groups have a series of their own, unless they are codes.
const DRAWN: usize = 7;
/// How many sites there are to choose from.
const CHOICES: u32 = 50;
/// How many samples are read.
const READ_SAMPLES: u32 = 500;
/// How many of them are shown.
const SHOWN_SAMPLES: usize = 20;

/// What is asked, over a window; examples are kept for `sample_days`.
///
/// # Errors
///
/// Only faults of the database.
pub async fn report(
    conn: &mut PgConnection,
    window: &Window,
    mut wanted: Wanted,
    sample_days: u16,
    flash: Option<Flash>,
) -> Result<Report, AppError> {
    wanted.filter.host = wanted.filter.host.map(|typed| host_of(&typed));
    let sampled_by = sampled(&wanted);
    let (filter, by) = counted_of(&wanted, sampled_by);
    let top = (by != GroupBy::Code).then_some(LISTED);
    let family = Family::for_question(&filter, &[by]).map_err(|_| AppError::BadRequest)?;
    let step = step(window, family, by);
    let question = Question {
        range: window.range,
        filter: filter.clone(),
        group_by: vec![by],
        step: Some(step),
    };
    let outcome = store::answer(conn, &question, top, wanted.compare, &window.held).await?;
    let step = outcome.step.unwrap_or(step);
    let starts = steps(outcome.range, step);

    // Attempts are of the same time, whatever code they got.
    let tried = Filter { code: None, errors: false, ..filter.clone() };
    let all = Question {
        range: outcome.range,
        filter: tried.clone(),
        group_by: Vec::new(),
        step: Some(step),
    };
    let tries = store::answer(conn, &all, None, wanted.compare, &window.held).await?;
    let attempts = Compared { now: tries.total, before: tries.total_before.unwrap_or(0) };
    let attempts_trend = trend(&starts, &tries.rows, |row| row.count);

    let mut groups = groups(by, &outcome, &starts);
    set_attempts(conn, window, (&tried, by), &outcome, attempts.now, &mut groups).await?;
    name_sites(conn, by, &mut groups).await?;
    let count = Compared { now: outcome.total, before: outcome.total_before.unwrap_or(0) };
    let rest = rest(&outcome, &starts, &groups);
    let site = wanted.filter.site;
    let marks = marks(conn, outcome.range, site).await?;
    let chart = chart(by, (outcome.range, step, window.now), &groups, rest.as_ref(), marks);
    let chart = chart.silent_since(silent_since(conn, &wanted.filter, window.now).await?);
    let trend_before = match outcome.before {
        Some(_) => trend(&starts, outcome.rows.iter().chain(&outcome.other), then)
            .into_iter()
            .zip(trend(&starts, &tries.rows, then))
            .collect(),
        None => Vec::new(),
    };
    let sites_of = match (by, site) {
        (GroupBy::Code, None) if is_plain(&filter) => {
            store::sites_per_code(conn, outcome.range, &window.held).await?
        }
        _ => Vec::new(),
    };
    let (mut sampled, mut samples) = (None, None);
    if is_close(&wanted) {
        let read = store::samples(conn, &wanted.filter, Some(window.range), READ_SAMPLES).await?;
        if let Some(left_out) = sampled_by {
            let read_count = i64::try_from(read.len()).unwrap_or(i64::MAX);
            sampled = Some(Sampled { samples: read_count, left_out });
            if left_out == wanted.by {
                groups = groups_of_samples(wanted.by, &read);
            }
        }
        samples = Some(read.into_iter().take(SHOWN_SAMPLES).map(without_secrets).collect());
    }
    let nothing = match (attempts.now, count.now) {
        (0, _) => Some(nothing(conn, &wanted.filter).await?),
        (_, 0) => Some(Nothing::AllPassed),
        _ => None,
    };
    Ok(Report {
        flash,
        now: window.now,
        range: outcome.range,
        step,
        before: outcome.before,
        other: if sampled.is_some_and(|sampled| sampled.left_out == wanted.by) {
            None
        } else {
            rest
        },
        groups,
        count,
        attempts,
        attempts_trend,
        trend_before,
        chart,
        sites_of,
        sampled,
        nothing,
        sites: site_choices(conn, window, site).await?,
        sources: store::sources(conn).await?.into_iter().map(|seen| seen.source).collect(),
        samples,
        sample_days,
        wanted,
    })
}

/// What only the samples can tell: sitekey or source, where a host is asked for as well.
fn sampled(wanted: &Wanted) -> Option<GroupBy> {
    let Filter { host, sitekey, source, .. } = &wanted.filter;
    if host.is_none() && wanted.by != GroupBy::Host {
        return None;
    }
    match wanted.by {
        by @ (GroupBy::Sitekey | GroupBy::Source) => Some(by),
        _ if sitekey.is_some() => Some(GroupBy::Sitekey),
        _ if source.is_some() => Some(GroupBy::Source),
        _ => None,
    }
}

/// What is counted exactly: without what only the samples can tell.
fn counted_of(wanted: &Wanted, sampled: Option<GroupBy>) -> (Filter, GroupBy) {
    let filter = wanted.filter.clone();
    if sampled.is_none() {
        return (filter, wanted.by);
    }
    let by = match wanted.by {
        GroupBy::Sitekey | GroupBy::Source => GroupBy::Code,
        by => by,
    };
    (Filter { sitekey: None, source: None, ..filter }, by)
}

/// The steps of the courses. Those of many sites or hosts are an hour at least, once there are more than
/// a few: a minute is looked up for each.
fn step(window: &Window, family: Family, by: GroupBy) -> Step {
    let step = step_of(family, window.range, &window.held);
    let many = by != GroupBy::Code && window.range.length().as_hours() > 6;
    if many { step.max_of(Step::single(Grain::Hour)) } else { step }
}

/// Whether nothing is chosen, so that what all sites have in common is told.
fn is_plain(filter: &Filter) -> bool {
    filter.code.is_none()
        && filter.host.is_none()
        && filter.sitekey.is_none()
        && filter.source.is_none()
}

/// Whether it is looked at so closely that examples help.
fn is_close(wanted: &Wanted) -> bool {
    let Filter { code, host, sitekey, source, site, .. } = &wanted.filter;
    host.is_some() || sitekey.is_some() || (code.is_some() && (site.is_some() || source.is_some()))
}

fn then(row: &Counted) -> i64 {
    row.before.unwrap_or(0)
}

/// The counts of rows, one for each of `starts`.
fn trend<'a>(
    starts: &[Timestamp],
    rows: impl IntoIterator<Item = &'a Counted>,
    count: impl Fn(&Counted) -> i64,
) -> Vec<i64> {
    let mut trend = vec![0; starts.len()];
    for row in rows {
        // What a sender's clock puts into the future belongs to the last step.
        let place = match starts.binary_search(&row.start) {
            Ok(place) => place,
            Err(after) => after.saturating_sub(1),
        };
        if let Some(sum) = trend.get_mut(place) {
            *sum += count(row);
        }
    }
    trend
}

fn groups(by: GroupBy, outcome: &Outcome, starts: &[Timestamp]) -> Vec<Group> {
    let mut rows: HashMap<&Key, Vec<&Counted>> = HashMap::new();
    for row in &outcome.rows {
        rows.entry(&row.key).or_default().push(row);
    }
    let group = |(key, rows): (&Key, Vec<&Counted>)| Group {
        key: key.clone(),
        label: label(by, key),
        count: Compared {
            now: rows.iter().map(|row| row.count).sum(),
            before: rows.iter().copied().map(then).sum(),
        },
        attempts: None,
        trend: trend(starts, rows, |row| row.count),
    };
    let mut groups: Vec<Group> = rows.into_iter().map(group).collect();
    sort(&mut groups);
    groups
}

fn sort(groups: &mut [Group]) {
    groups.sort_by(|a, b| {
        let order = |group: &Group| (-group.count.now, -group.count.before);
        order(a).cmp(&order(b)).then_with(|| a.key.cmp(&b.key))
    });
}

/// What has no group of its own, and how many keys that are.
fn rest(outcome: &Outcome, starts: &[Timestamp], groups: &[Group]) -> Option<(Group, i64)> {
    if outcome.other.is_empty() {
        return None;
    }
    let keys = (outcome.groups - i64::try_from(groups.len()).unwrap_or(0)).max(0);
    let group = Group {
        key: Key::Null,
        label: "other".to_owned(),
        count: Compared {
            now: outcome.other.iter().map(|row| row.count).sum(),
            before: outcome.other.iter().map(then).sum(),
        },
        attempts: None,
        trend: trend(starts, &outcome.other, |row| row.count),
    };
    Some((group, keys))
}

/// How many attempts each group's errors are a part of: of codes, all; of anything else, its own.
async fn set_attempts(
    conn: &mut PgConnection,
    window: &Window,
    (tried, by): (&Filter, GroupBy),
    outcome: &Outcome,
    all: i64,
    groups: &mut [Group],
) -> Result<(), AppError> {
    if by == GroupBy::Code {
        for group in groups {
            group.attempts = Some(all);
        }
        return Ok(());
    }
    let is_several =
        |key: &Key| by == GroupBy::Host && *key == Key::Name(special::OTHER.to_owned());
    let keys: Vec<Key> =
        groups.iter().map(|group| group.key.clone()).filter(|key| !is_several(key)).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let question =
        Question { range: outcome.range, filter: tried.clone(), group_by: vec![by], step: None };
    let rows = store::rows_of(conn, &question, &keys, &window.held).await?.rows;
    let attempts: HashMap<Key, i64> = rows.into_iter().map(|row| (row.key, row.count)).collect();
    for group in groups.iter_mut().filter(|group| !is_several(&group.key)) {
        let own = attempts.get(&group.key).copied().unwrap_or(0);
        group.attempts = Some(own.max(group.count.now));
    }
    Ok(())
}

async fn name_sites(
    conn: &mut PgConnection,
    by: GroupBy,
    groups: &mut [Group],
) -> Result<(), AppError> {
    if by != GroupBy::Site {
        return Ok(());
    }
    let id = |group: &Group| if let Key::Site(id) = group.key { Some(id) } else { None };
    let ids: Vec<i64> = groups.iter().filter_map(id).collect();
    let names: HashMap<i64, String> = sites::store::names(conn, &ids)
        .await?
        .into_iter()
        .map(|(site, name, _)| (site.0, name))
        .collect();
    for group in groups {
        if let Some(name) = id(group).and_then(|id| names.get(&id)) {
            group.label.clone_from(name);
        }
    }
    Ok(())
}

/// The courses of the largest groups, and of the rest together.
fn chart(
    by: GroupBy,
    (range, step, now): (Range, Step, Timestamp),
    groups: &[Group],
    rest: Option<&(Group, i64)>,
    marks: Vec<crate::audit::model::ChangeMark>,
) -> Chart {
    if by == GroupBy::Code {
        let codes: Vec<CodeTrend> = groups
            .iter()
            .map(|group| CodeTrend {
                code: group.label.clone(),
                count: group.count.now,
                trend: group.trend.clone(),
            })
            .collect();
        let only_ok = codes.iter().all(|code| code.code == crate::codes::OK) && !codes.is_empty();
        if !only_ok {
            return Chart::of_errors(range, step, &codes, marks, now);
        }
    }
    let is_several =
        |group: &&Group| by == GroupBy::Host && group.key == Key::Name(special::OTHER.to_owned());
    let named: Vec<&Group> = groups.iter().filter(|group| !is_several(group)).collect();
    let drawn = named.iter().take(DRAWN);
    let mut series: Vec<Series> = drawn
        .zip(1_u8..)
        .map(|(group, hue)| Series {
            // In an address, hidden series stand with commas between.
            name: group.label.replace(',', " "),
            hue: Some(hue),
            counts: group.trend.clone(),
        })
        .collect();
    let undrawn = named.into_iter().skip(DRAWN).chain(groups.iter().filter(is_several));
    let others: Vec<&Group> = undrawn.chain(rest.map(|(group, _)| group)).collect();
    if !others.is_empty() {
        let mut counts = vec![0; steps(range, step).len()];
        for group in others {
            counts.iter_mut().zip(&group.trend).for_each(|(sum, count)| *sum += count);
        }
        series.push(Series { name: OTHERS.to_owned(), hue: None, counts });
    }
    Chart { range: align(range, step), step, now, series, marks, silent_since: None }
}

/// The series of all that has none of its own.
const OTHERS: &str = "all others";

/// Groups of samples, the most frequent first.
fn groups_of_samples(by: GroupBy, samples: &[Sample]) -> Vec<Group> {
    let mut counts: HashMap<Key, i64> = HashMap::new();
    for sample in samples.iter().cloned().map(without_secrets) {
        let key = match by {
            GroupBy::Sitekey => sample.sitekey.map_or(Key::Null, Key::Name),
            _ => Key::Name(sample.source),
        };
        *counts.entry(key).or_default() += 1;
    }
    let group = |(key, count): (Key, i64)| Group {
        label: if key == Key::Null { "No sitekey".to_owned() } else { label(by, &key) },
        key,
        count: Compared { now: count, before: 0 },
        attempts: None,
        trend: Vec::new(),
    };
    let mut groups: Vec<Group> = counts.into_iter().map(group).collect();
    sort(&mut groups);
    groups.truncate(usize::try_from(LISTED).unwrap_or(usize::MAX));
    groups
}

/// Since when nothing is reported of what is looked at, though it usually is.
async fn silent_since(
    conn: &mut PgConnection,
    filter: &Filter,
    now: Timestamp,
) -> Result<Option<Timestamp>, AppError> {
    Ok(match (filter.site, &filter.source) {
        (_, Some(_)) => None,
        (None, None) => crate::verifiers::report::standings(conn, now).await?.all_silent_since,
        (Some(site), None) => sites::silence::silent(conn, &[site], now).await?.get(&site).copied(),
    })
}

/// Why there are no attempts.
async fn nothing(conn: &mut PgConnection, filter: &Filter) -> Result<Nothing, AppError> {
    let site = filter.site.filter(|site| *site != UNATTRIBUTED);
    if let Some(site) = site
        && sites::store::names(conn, &[site]).await?.is_empty()
    {
        return Ok(Nothing::NoSite);
    }
    if let Some(last) = store::last_heard_of(conn, filter).await? {
        return Ok(Nothing::SilentSince(last));
    }
    Ok(match store::extent(conn, filter.site).await? {
        Some(extent) => Nothing::Elsewhere(extent),
        None => Nothing::Never,
    })
}

async fn site_choices(
    conn: &mut PgConnection,
    window: &Window,
    chosen: Option<i64>,
) -> Result<Vec<(SiteId, String)>, AppError> {
    let top = store::top_sites(conn, window.range, None, CHOICES, &window.held).await?.rows;
    let mut ids: Vec<i64> = top.into_iter().map(|count| count.site).chain(chosen).collect();
    ids.sort_unstable();
    ids.dedup();
    let named = sites::store::names(conn, &ids).await?;
    let mut sites: Vec<_> = named.into_iter().map(|(id, name, _)| (id, name)).collect();
    sites.sort_by_key(|(_, name)| name.to_lowercase());
    Ok(sites)
}
