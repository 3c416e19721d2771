//! What the pages of keys read, put together from the stores.

use super::model::{Key, KeyId, KeyKind, KeyState};
use super::pages::{
    Crossing, FoundKey, KeyPageData, KeyRow, KeysPageData, OldAndNew, RotationData, SecretFound,
    SitekeyFound, Used, Verdict,
};
use super::{rules, store};
use crate::auth::operator::Operator;
use crate::error::AppError;
use crate::sites::model::SiteId;
use crate::sites::{reads, traffic};
use crate::stats::model::{Filter, Grain, GroupBy, Key as Counted, Range, Row, Step};
use crate::stats::rules::{Held, align, steps};
use crate::stats::store::{Question, rows, total};
use crate::ui::chart::{Chart, Series};
use crate::{audit, sites};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use std::collections::HashMap;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const HOURLY: Step = Step::single(Grain::Hour);
/// How many hosts are looked for in the samples.
const HOSTS: i64 = 20;
/// How many changes are marked on the chart of a rotation.
const MOST_MARKS: i64 = 50;
/// The hue of the key that took over.
const NEW_HUE: u8 = 1;

/// The keys of a site, with what came in by each sitekey over the last seven days.
pub async fn page(operator: &Operator, site: SiteId) -> Result<KeysPageData, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let head = reads::head(operator, &mut conn, site).await?;
    let sitekeys = store::of_site(&mut conn, site, KeyKind::Sitekey).await?;
    let secrets = store::of_site(&mut conn, site, KeyKind::Secret).await?;
    let range = traffic::last_days(head.now);
    let mut week = by_key(&mut conn, site, &sitekeys, range, head.now).await?;
    let mut day = by_key(&mut conn, site, &sitekeys, last_day(head.now), head.now).await?;
    let hours = traffic::hours(&mut conn, site, head.now).await?;
    let with_traffic = |mut key: Key| {
        let week = week.remove(&key.text).unwrap_or_default();
        let day = day.remove(&key.text).unwrap_or_default();
        key.last_used_at = last_used(&week, head.now);
        KeyRow { used: Some(used(&key, &week, &day, hours, head.now)), key }
    };
    let sitekeys = sitekeys.into_iter().map(with_traffic).collect();
    let secrets = secrets.into_iter().map(|key| KeyRow { key, used: None }).collect();
    Ok(KeysPageData { head, sitekeys, secrets })
}

/// The keys of a kind that a site has, newest first, each with when it was last used.
pub async fn listed(
    conn: &mut PgConnection,
    site: SiteId,
    kind: KeyKind,
    now: Timestamp,
) -> Result<Vec<Key>, AppError> {
    let mut keys = store::of_site(conn, site, kind).await?;
    if kind == KeyKind::Sitekey {
        let by_key = by_key(conn, site, &keys, traffic::last_days(now), now).await?;
        for key in &mut keys {
            key.last_used_at = by_key.get(&key.text).and_then(|own| last_used(own, now));
        }
    }
    Ok(keys)
}

/// One key of a site, with what came in by it; its newest active sitekey without an `id`.
pub async fn one(
    operator: &Operator,
    site: SiteId,
    id: Option<KeyId>,
) -> Result<KeyPageData, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let head = reads::head(operator, &mut conn, site).await?;
    let kind = id.map_or(KeyKind::Sitekey, |id| id.kind);
    let keys = store::of_site(&mut conn, site, kind).await?;
    let meant = |key: &Key| id.map_or(key.state == KeyState::Active, |id| key.id == id);
    let mut key = keys.into_iter().find(meant).ok_or(AppError::NotFound)?;
    if kind == KeyKind::Secret {
        return Ok(KeyPageData { head, key, used: None, hosts: Vec::new() });
    }
    let range = traffic::last_days(head.now);
    let week = by_hour(&mut conn, &key, range, head.now).await?;
    let day = by_hour(&mut conn, &key, last_day(head.now), head.now).await?;
    let hours = traffic::hours(&mut conn, site, head.now).await?;
    key.last_used_at = last_used(&week, head.now);
    let used = Some(used(&key, &week, &day, hours, head.now));
    let hosts = sampled_hosts(&mut conn, &key, range.from).await?;
    Ok(KeyPageData { head, key, used, hosts })
}

/// The rotation by which key `new` of a site took over.
pub async fn rotation(
    operator: &Operator,
    site: SiteId,
    new: KeyId,
) -> Result<RotationData, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let head = reads::head(operator, &mut conn, site).await?;
    let keys = store::of_site(&mut conn, site, new.kind).await?;
    let found = |number| keys.iter().find(|key| key.id.number == number).cloned();
    let new = found(new.number).ok_or(AppError::NotFound)?;
    let old = new.replaces.and_then(found).ok_or(AppError::NotFound)?;
    let crossing = match new.id.kind {
        KeyKind::Sitekey => Some(crossing(&mut conn, &old, &new, head.now).await?),
        KeyKind::Secret => None,
    };
    Ok(RotationData { head, old, new, crossing })
}

async fn crossing(
    conn: &mut PgConnection,
    old: &Key,
    new: &Key,
    now: Timestamp,
) -> Result<Crossing, AppError> {
    // From a day before the rotation, so that one sees what was moved, and at most a week back.
    let week = traffic::last_days(now);
    let from = new.created_at.saturating_sub(DAY).unwrap_or(week.from).max(week.from);
    let range = align(Range { from, ..week }, HOURLY);
    let starts = steps(range, HOURLY);
    let mut series = Vec::new();
    for (name, hue, key) in [("new sitekey", Some(NEW_HUE), new), ("old sitekey", None, old)] {
        let counts = course(&by_hour(conn, key, range, now).await?, &starts);
        series.push(Series { name: name.to_owned(), hue, counts });
    }
    let marks =
        audit::store::changes_between(conn, Some(new.site), range.from, range.to, MOST_MARKS)
            .await?;
    let chart = Chart { range, step: HOURLY, now, series, marks, silent_since: None };
    let last_hour = old_and_new(conn, old, new, Range::ending(now, HOUR), now).await?;
    let day = last_day(now);
    let last_day = old_and_new(conn, old, new, day, now).await?;
    let of_old =
        Question { range: day, filter: of(old), group_by: vec![GroupBy::Source], step: None };
    let sources = rows(conn, &of_old, &held(now)).await?.rows.into_iter();
    let sources = sources.filter_map(|row| match row.key {
        Counted::Name(name) => Some((name, row.count)),
        Counted::Null | Counted::Site(_) | Counted::Pair(_) => None,
    });
    let hosts = sampled_hosts(conn, old, day.from).await?;
    Ok(Crossing { chart, last_hour, last_day, sources: sources.collect(), hosts })
}

async fn old_and_new(
    conn: &mut PgConnection,
    old: &Key,
    new: &Key,
    range: Range,
    now: Timestamp,
) -> Result<OldAndNew, AppError> {
    let held = held(now);
    Ok(OldAndNew {
        old: total(conn, range, &of(old), &held).await?,
        new: total(conn, range, &of(new), &held).await?,
    })
}

/// How many requests came with `key` since it was issued. Of a secret it is only known whether it was
/// ever checked.
pub async fn requests_since_issued(
    conn: &mut PgConnection,
    key: &Key,
    now: Timestamp,
) -> Result<i64, AppError> {
    match (key.id.kind, Range::new(key.created_at, now)) {
        (KeyKind::Sitekey, Some(range)) => total(conn, range, &of(key), &held(now)).await,
        (KeyKind::Sitekey, None) => Ok(0),
        (KeyKind::Secret, _) => Ok(i64::from(key.last_used_at.is_some())),
    }
}

/// Which sitekey was pasted, or was meant.
pub async fn which_sitekey(operator: &Operator, pasted: &str) -> Result<SitekeyFound, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let text = rules::without_wrapping(pasted);
    let verdict = match rules::check_sitekey(text) {
        _ if text.starts_with(rules::SECRET_PREFIX) => Verdict::Secret,
        Ok(()) => match found_named(&mut conn, &[text.to_owned()]).await?.pop() {
            Some(found) => Verdict::Known(found),
            None => Verdict::Unknown,
        },
        Err(malformed) => {
            let corrections = rules::corrections(text);
            let named: Vec<String> = corrections.iter().map(|one| one.sitekey.clone()).collect();
            let found = found_named(&mut conn, &named).await?.into_iter();
            let with_slip = found.filter_map(|found| {
                let one = corrections.iter().find(|one| one.sitekey == found.key.text)?;
                Some((found, one.slip))
            });
            Verdict::Malformed {
                reason: malformed.sentence(),
                looks_like: rules::looks_like(text).map(str::to_owned),
                likely: with_slip.collect(),
            }
        }
    };
    Ok(SitekeyFound { verdict, now: operator.state.clock.now() })
}

/// Which secret has this SHA-256.
pub async fn which_secret(operator: &Operator, hash: &[u8]) -> Result<SecretFound, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let secret = store::secret_hashed(&mut conn, hash).await?;
    let found = match secret {
        Some(key) => Some(of_its_site(&mut conn, key).await?),
        None => None,
    };
    Ok(SecretFound { found, now: operator.state.clock.now() })
}

async fn found_named(
    conn: &mut PgConnection,
    sitekeys: &[String],
) -> Result<Vec<FoundKey>, AppError> {
    let mut found = Vec::new();
    for key in store::sitekeys_named(conn, sitekeys).await? {
        found.push(of_its_site(conn, key).await?);
    }
    Ok(found)
}

async fn of_its_site(conn: &mut PgConnection, key: Key) -> Result<FoundKey, AppError> {
    let site = sites::store::by_id(conn, key.site).await?.ok_or(AppError::NotFound)?;
    Ok(FoundKey { key, site_name: site.name, site_state: site.state })
}

async fn sampled_hosts(
    conn: &mut PgConnection,
    key: &Key,
    since: Timestamp,
) -> Result<Vec<String>, AppError> {
    Ok(store::sampled_hosts(conn, key.site, &key.text, since, HOSTS).await?)
}

/// The last 24 hours, to the minute.
fn last_day(now: Timestamp) -> Range {
    Range::ending(now, DAY)
}

/// What came with each of a site's `keys` in a range, as [`by_sitekey`] has it. A request with a key that
/// is refused by now is counted for no site, so such keys are asked for one by one.
async fn by_key(
    conn: &mut PgConnection,
    site: SiteId,
    keys: &[Key],
    range: Range,
    now: Timestamp,
) -> Result<HashMap<String, Vec<Row>>, AppError> {
    let mut by_key = by_sitekey(conn, site, range, now).await?;
    for key in keys.iter().filter(|key| !key.accepted(now)) {
        by_key.insert(key.text.clone(), by_hour(conn, key, range, now).await?);
    }
    Ok(by_key)
}

/// What a site got in a range, by sitekey and hour; the first hour and the last may be cut.
async fn by_sitekey(
    conn: &mut PgConnection,
    site: SiteId,
    range: Range,
    now: Timestamp,
) -> Result<HashMap<String, Vec<Row>>, AppError> {
    let question = Question {
        range,
        filter: Filter::site(site.0),
        group_by: vec![GroupBy::Sitekey],
        step: Some(HOURLY),
    };
    let mut by_sitekey: HashMap<String, Vec<Row>> = HashMap::new();
    for row in rows(conn, &question, &held(now)).await?.rows {
        if let Counted::Name(sitekey) = &row.key {
            by_sitekey.entry(sitekey.clone()).or_default().push(row);
        }
    }
    Ok(by_sitekey)
}

/// What came with one sitekey, by the hour, also after its grace.
async fn by_hour(
    conn: &mut PgConnection,
    key: &Key,
    range: Range,
    now: Timestamp,
) -> Result<Vec<Row>, AppError> {
    let question = Question { range, filter: of(key), group_by: Vec::new(), step: Some(HOURLY) };
    Ok(rows(conn, &question, &held(now)).await?.rows)
}

fn of(key: &Key) -> Filter {
    Filter { sitekey: Some(key.text.clone()), ..Filter::default() }
}

fn held(now: Timestamp) -> Held {
    Held::at_least(now)
}

/// When the last request came, to the hour: the end of its hour, which is not later than `now`. A key
/// must never look longer unused than it is.
fn last_used(rows: &[Row], now: Timestamp) -> Option<Timestamp> {
    let hour = rows.iter().filter(|row| row.count > 0).map(|row| row.start).max()?;
    Some(hour.saturating_add(HOUR).unwrap_or(now).min(now))
}

/// The counts of `rows`, one for each of `starts`.
fn course(rows: &[Row], starts: &[Timestamp]) -> Vec<i64> {
    let by_start: HashMap<Timestamp, i64> = rows.iter().map(|row| (row.start, row.count)).collect();
    starts.iter().map(|start| by_start.get(start).copied().unwrap_or(0)).collect()
}

/// What came with `key`, given the hours of its last week and of its last 24 hours. `site_hours` are
/// those of [`traffic::hours`].
fn used(key: &Key, week: &[Row], day: &[Row], site_hours: i64, now: Timestamp) -> Used {
    // A replayed log may be older than the key.
    let first = week
        .iter()
        .map(|row| row.start)
        .min()
        .map_or(key.created_at, |first| first.min(key.created_at));
    let age = now.duration_since(first).as_hours();
    Used {
        week: week.iter().map(|row| row.count).sum(),
        hours: site_hours.min(age.max(24)),
        by_hour: course(day, &steps(last_day(now), HOURLY)),
    }
}
