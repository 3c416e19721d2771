//! Finding out about an incident: what drives it, what changed before it, what to do.

use super::model::{Dimension, Explanation, Remedy, UNATTRIBUTED};
use super::rules::{
    Counts, Material, Shares, findings, hosts_of, leading_hosts, most_sent, sent_keys,
};
use crate::audit::model::{Entry, Filter as Entries};
use crate::audit::reads::entries;
use crate::codes::likely_reads::likely;
use crate::context::AppState;
use crate::domains::store::mainly_let_through;
use crate::error::AppError;
use crate::events::model::is_unattributed;
use crate::events::partitions::host_minutes_from;
use crate::gate::Detail;
use crate::sites::model::SiteId;
use crate::stats::model::{Filter, Grain, GroupBy, Key, Range, Sample};
use crate::stats::rules::Held;
use crate::stats::store::{Question, hosts_by_minute, rows, samples};
use crate::ui::key::shorten;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use std::collections::HashSet;

/// With what the events since the onset are compared.
const COMPARED: SignedDuration = SignedDuration::from_hours(24);
/// Hosts that were let through so lately are known.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(28 * 24);
/// A rotation takes effect when its grace ends.
const LONGEST_GRACE: SignedDuration = SignedDuration::from_hours(31 * 24);
/// How many samples are read.
const SAMPLES: u32 = 1_000;
/// Of how many sites the trail is read, and how many entries of each.
const SITES: usize = 20;
const ENTRIES: i64 = 500;

/// What an incident is of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The code.
    pub code: &'a str,
    /// The site; none across sites.
    pub site: Option<SiteId>,
    /// The start of the first unusual minute.
    pub onset: Timestamp,
}

/// Everything that can be found out about an incident by `now`.
pub async fn explain(
    state: &AppState,
    conn: &mut PgConnection,
    subject: Subject<'_>,
    now: Timestamp,
) -> Result<Explanation, AppError> {
    let filter = filter_of(subject.code, subject.site);
    let range = Range::new(subject.onset, now).unwrap_or(Range::ending(now, SignedDuration::ZERO));
    let before = Range::ending(subject.onset, COMPARED);
    let kept = samples(conn, &filter, Some(range), SAMPLES).await?;
    let earlier = samples(conn, &filter, Some(before), SAMPLES).await?;
    let any = samples(conn, &of_any_code(subject), Some(before), SAMPLES).await?;
    let held = state.held(now);
    let mut counts: Vec<Shares> = Vec::new();
    for (dimension, by) in dimensions(subject) {
        counts.push(counted(conn, subject, (dimension, by), now, &held).await?);
    }
    let sitekeys = sent_keys(&kept, |key| state.gate.owner_of(key).map(|(site, _)| site));
    let owners: Vec<SiteId> = sitekeys.iter().map(|(_, _, site)| *site).collect();
    let trail = trail(conn, subject, &owners, now).await?;
    let policy =
        subject.site.filter(|site| *site != UNATTRIBUTED).and_then(|site| state.gate.policy(site));
    let known = match (subject.site, &policy) {
        (Some(site), Some(_)) => {
            let since = subject.onset.checked_sub(KNOWN_FOR).unwrap_or(subject.onset);
            let known = mainly_let_through(conn, site, &leading_hosts(&counts), since).await?;
            known.into_iter().collect()
        }
        _ => HashSet::new(),
    };
    let found = findings(&Material {
        code: subject.code,
        site: subject.site,
        onset: subject.onset,
        counted: &counts,
        kept: &kept,
        earlier: &earlier,
        any: &any,
        sitekeys: &sitekeys,
        trail: &trail,
        policy: policy.as_deref(),
        known: &known,
    });
    let remedy = match found.remedy {
        Remedy::Key { .. } => key(state, conn, &kept).await?,
        remedy => remedy,
    };
    Ok(Explanation { drivers: found.drivers, change: found.change, remedy, events: 0 })
}

/// What an incident's events are read by. Those with a wrong sitekey are no site's; with one that was a site's, they are
/// in an incident of that site.
pub fn filter_of(code: &str, site: Option<SiteId>) -> Filter {
    match site {
        Some(site) if is_of_keys(code, site) => {
            Filter { keys_of: Some(site.0), ..Filter::code(code) }
        }
        _ => Filter { site: site.map(|site| site.0), ..Filter::code(code) },
    }
}

/// Whether the events of an incident of a site are known by their sitekeys.
fn is_of_keys(code: &str, site: SiteId) -> bool {
    site != UNATTRIBUTED && is_unattributed(code)
}

/// All outcomes that an incident's events are among.
fn of_any_code(Subject { site, .. }: Subject<'_>) -> Filter {
    Filter { site: site.map(|site| site.0), ..Filter::default() }
}

/// What is counted exactly, and so told apart exactly. Hosts are not counted by sitekey.
fn dimensions(Subject { code, site, .. }: Subject<'_>) -> Vec<(Dimension, GroupBy)> {
    let (host, source) = ((Dimension::Host, GroupBy::Host), (Dimension::Source, GroupBy::Source));
    let sitekey = (Dimension::Sitekey, GroupBy::Sitekey);
    match site {
        None => vec![(Dimension::Site, GroupBy::Site), source],
        Some(UNATTRIBUTED) => vec![host, source],
        Some(site) if is_of_keys(code, site) => vec![sitekey, source],
        Some(_) => vec![host, sitekey, source],
    }
}

/// Counts by one dimension, since the onset and before it. What hosts had before is counted by the hour, up to the hour of the
/// onset; what they had since by the minute, or, of an onset days ago, by the hour as well.
async fn counted(
    conn: &mut PgConnection,
    subject: Subject<'_>,
    (dimension, by): (Dimension, GroupBy),
    now: Timestamp,
    held: &Held,
) -> Result<Shares, AppError> {
    let filter = filter_of(subject.code, subject.site);
    let range = Range::new(subject.onset, now).unwrap_or(Range::ending(now, SignedDuration::ZERO));
    let of = |range, filter| Question { range, filter, group_by: vec![by], step: None };
    let of_hosts = dimension == Dimension::Host;
    let (since, from) = if of_hosts && subject.onset >= host_minutes_from(now) {
        (hosts_by_minute(conn, range, subject.code, filter.site).await?, subject.onset)
    } else {
        let since = rows(conn, &of(range, filter.clone()), held).await?;
        (named(since.rows), since.range.from)
    };
    let before = Range::ending(if of_hosts { Grain::Hour.floor(from) } else { from }, COMPARED);
    let earlier = rows(conn, &of(before, filter.clone()), held).await?;
    // Each of the site's sitekeys has its part of what is well; of what is wrong, it had none before.
    let usual = match dimension {
        Dimension::Sitekey if filter.keys_of.is_some() => Vec::new(),
        _ => rows(conn, &of(before, of_any_code(subject)), held).await?.rows,
    };
    let length = now.duration_since(from).as_secs_f64();
    let scale = length / earlier.range.length().as_secs_f64().max(1.0);
    Ok(Shares { dimension, now: since, before: named(earlier.rows), usual: named(usual), scale })
}

fn named(rows: Vec<crate::stats::model::Row>) -> Counts {
    let name = |key| match key {
        Key::Name(name) => name,
        Key::Site(site) => site.to_string(),
        Key::Null | Key::Pair(_) => String::new(),
    };
    rows.into_iter().map(|row| (name(row.key), row.count)).collect()
}

/// The entries of the trail that an incident may follow from, and those that may have mended it since.
pub async fn trail(
    conn: &mut PgConnection,
    Subject { code, site, onset }: Subject<'_>,
    owners: &[SiteId],
    now: Timestamp,
) -> Result<Vec<Entry>, AppError> {
    let sites: &[SiteId] = match &site {
        None => &[],
        Some(UNATTRIBUTED) => owners,
        Some(site) => std::slice::from_ref(site),
    };
    // What a key's grace brings about was decided long before.
    let (action, back) = match code {
        "sitekey_invalid" => (Some("sitekey"), LONGEST_GRACE),
        "token_err" => (Some("secret"), LONGEST_GRACE),
        _ => (None, COMPARED),
    };
    let mut trail = Vec::new();
    for site in sites.iter().take(SITES) {
        let filter = Entries {
            action: action.map(str::to_owned),
            from: onset.checked_sub(back).ok(),
            to: Some(now),
            ..Entries::site(*site)
        };
        trail.extend(entries(conn, &filter, None, ENTRIES).await?);
    }
    Ok(trail)
}

/// What is wrong with the sitekey that is sent most, and whose traffic it most likely is.
async fn key(
    state: &AppState,
    conn: &mut PgConnection,
    samples: &[Sample],
) -> Result<Remedy, AppError> {
    let sent = most_sent(samples);
    let sent = sent.as_deref();
    let said = state.gate.check(sent, None, Detail::Brief).message();
    let owner = sent.and_then(|key| state.gate.owner_of(key)).map(|(site, _)| site);
    let hosts = hosts_of(samples, sent);
    let likely = likely(state, conn, &hosts).await?.into_iter().next();
    let site = owner.or(likely.as_ref().map(|site| site.site));
    let site_name = site.and_then(|site| state.gate.policy(site)).map(|policy| policy.name.clone());
    // A secret that was sent by mistake is not repeated.
    let shown = sent.map(|key| {
        if key.starts_with(crate::keys::rules::SECRET_PREFIX) {
            "a secret".to_owned()
        } else {
            shorten(key)
        }
    });
    Ok(Remedy::Key { sent: shown, said, site, site_name })
}
