//! Reading what the pages about error codes show.

use super::likely_reads::likely;
use super::pages::{AffectedSite, CodeReport, CodeSite, Fixing, SentKey};
use super::replay::replays;
use super::{Code, Fix, entry};
use crate::context::AppState;
use crate::domains::rejected::in_words;
use crate::domains::report::ignored_denials;
use crate::error::AppError;
use crate::gate::{Detail, Explanation};
use crate::keys;
use crate::keys::rules::Malformed;
use crate::sites;
use crate::sites::model::{SiteId, SiteState};
use crate::stats::course::Compared;
use crate::stats::model::{Filter, HostCount, Sample};
use crate::stats::report::{Window, chart, counts, course};
use crate::stats::store::{samples, sites_of_code, top_hosts, top_sites, total, without_host};
use crate::ui::flash::Flash;
use crate::ui::key::shorten;
use sqlx::PgConnection;
use std::collections::HashMap;

/// How many sites and hosts a page lists.
const LISTED: u32 = 20;
/// How many examples are shown.
const SHOWN_SAMPLES: usize = 20;
/// How many examples are read to learn about keys and repeats.
const READ_SAMPLES: u32 = 500;
/// How many sent keys and repeats are shown.
const SHOWN_FINDINGS: usize = 8;

/// One code over a window, of one site (0: of none) or of all.
pub async fn code(
    state: &AppState,
    conn: &mut PgConnection,
    window: &Window,
    code: &str,
    site: Option<i64>,
    flash: Option<Flash>,
) -> Result<CodeReport, AppError> {
    let course = course(conn, window, site).await?;
    let before = counts(conn, &window.before(&course), site).await?;
    let filter = Filter { site, ..Filter::code(code) };
    let hosts = if entry(code).is_some_and(|entry| entry.fix() == Fix::AllowHost) {
        // The page lists the rejected hosts in their own way, and says how many requests named none.
        without_host(conn, window.range, &filter, &window.held).await?
    } else {
        top_hosts(conn, window.range, &filter, LISTED, &window.held).await?
    };
    let hosts_total = total(conn, hosts.range, &filter, &window.held).await?;
    let read = samples(conn, &filter, Some(window.range), READ_SAMPLES).await?;
    let fixing = fixing(state, conn, code, &hosts.rows, &read).await?;
    let only = match site.filter(|id| *id != 0).map(SiteId) {
        Some(id) => Some((id, state.gate.policy(id).ok_or(AppError::NotFound)?.name.clone())),
        None => None,
    };
    let sites = code_sites(conn, window, code, site).await?;
    let site_count = match site {
        Some(_) => i64::from(!sites.is_empty()),
        None => sites_of_code(conn, window.range, code, &window.held).await?,
    };
    Ok(CodeReport {
        flash,
        now: window.now,
        code: code.to_owned(),
        count: Compared { now: course.count(code), before: before.of(code) },
        ignored: if code == Code::RefererDenied.as_str() {
            ignored_denials(conn, window, site.map(SiteId)).await?
        } else {
            0
        },
        attempts: course.attempts(),
        chart: chart(conn, &course, Some(code), site).await?,
        only,
        sites,
        site_count,
        hosts_range: hosts.range,
        hosts_total,
        hosts: hosts.rows,
        samples: read.into_iter().take(SHOWN_SAMPLES).map(without_secrets).collect(),
        sample_days: state.keeping.kept().retention.sample_days,
        fixing,
    })
}

/// The sites a code occurred on, as they are now.
async fn code_sites(
    conn: &mut PgConnection,
    window: &Window,
    code: &str,
    only: Option<i64>,
) -> Result<Vec<CodeSite>, AppError> {
    let counted = match only {
        Some(site) => {
            let filter = Filter { site: Some(site), ..Filter::code(code) };
            let count = total(conn, window.range, &filter, &window.held).await?;
            if count == 0 { Vec::new() } else { vec![(site, count)] }
        }
        None => top_sites(conn, window.range, Some(code), LISTED, &window.held)
            .await?
            .rows
            .into_iter()
            .map(|row| (row.site, row.attempts))
            .collect(),
    };
    let ids: Vec<SiteId> = counted.iter().map(|(id, _)| SiteId(*id)).collect();
    let known = sites::store::by_ids(conn, &ids).await?;
    let affected = known.into_iter().map(|site| AffectedSite {
        id: site.id,
        name: site.name,
        state: site.state,
        since: site.state_changed_at,
    });
    let mut affected: HashMap<SiteId, AffectedSite> =
        affected.map(|site| (site.id, site)).collect();
    let site = |(id, count)| CodeSite { site: affected.remove(&SiteId(id)), count };
    Ok(counted.into_iter().map(site).collect())
}

/// What the fix of a code needs to know.
async fn fixing(
    state: &AppState,
    conn: &mut PgConnection,
    code: &str,
    hosts: &[HostCount],
    samples: &[Sample],
) -> Result<Fixing, AppError> {
    Ok(match entry(code).map_or(Fix::None, super::CatalogueEntry::fix) {
        Fix::StartSite | Fix::RestoreSite => {
            let mut likely = likely(state, conn, hosts).await?;
            likely.retain(|site| site.state == SiteState::Active);
            Fixing::Successors(likely)
        }
        Fix::FindSite => Fixing::Keys {
            sent: sent_keys(state, samples),
            samples: i64::try_from(samples.len()).unwrap_or(i64::MAX),
            likely: likely(state, conn, hosts).await?,
        },
        Fix::ReplayWarning => {
            let (mut groups, single) = replays(samples);
            groups.truncate(SHOWN_FINDINGS);
            Fixing::Replays { groups, single }
        }
        Fix::AllowHost | Fix::WatchBaseline | Fix::PlatformIncident | Fix::None => Fixing::Nothing,
    })
}

/// The keys of the samples, the most frequent first, and what the gate says to each now.
fn sent_keys(state: &AppState, samples: &[Sample]) -> Vec<SentKey> {
    let mut groups: HashMap<Option<&str>, Vec<&Sample>> = HashMap::new();
    for sample in samples {
        groups.entry(sample.sitekey.as_deref()).or_default().push(sample);
    }
    let mut sent: Vec<SentKey> =
        groups.into_iter().map(|(key, samples)| sent_key(state, key, &samples)).collect();
    sent.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.shown.cmp(&b.shown)));
    sent.truncate(SHOWN_FINDINGS);
    sent
}

fn sent_key(state: &AppState, key: Option<&str>, samples: &[&Sample]) -> SentKey {
    let verdict = state.gate.check(key, None, Detail::Brief);
    let mut hosts: HashMap<&str, usize> = HashMap::new();
    for sample in samples {
        *hosts.entry(&sample.host).or_default() += 1;
    }
    let host = hosts.into_iter().max_by_key(|(host, count)| (*count, in_words(host).is_none()));
    let said = match &verdict.explanation {
        Explanation::NoSitekey
        | Explanation::MalformedKey { .. }
        | Explanation::UnknownKey
        | Explanation::RevokedKey { .. }
        | Explanation::ExpiredKey { .. } => verdict.message(),
        _ => "This sitekey is accepted now.".to_owned(),
    };
    SentKey {
        shown: key.map(|key| shown_key(key, &verdict.explanation)),
        count: i64::try_from(samples.len()).unwrap_or(i64::MAX),
        verdict: said,
        site: key.and_then(|key| state.gate.owner_of(key)).map(|(site, _)| site),
        host: host.map_or_else(String::new, |(host, _)| host.to_owned()),
    }
}

/// A key as it may be shown: a secret sent in its place is not repeated.
fn shown_key(key: &str, why: &Explanation) -> String {
    match why {
        Explanation::MalformedKey { fault: Malformed::OtherKind { .. } } => "a secret".to_owned(),
        _ => shorten(key),
    }
}

/// A sample whose sitekey, should it be a secret sent by mistake, is not repeated.
pub fn without_secrets(mut sample: Sample) -> Sample {
    let secret = |key: &String| key.starts_with(keys::rules::SECRET_PREFIX);
    if sample.sitekey.as_ref().is_some_and(secret) {
        sample.sitekey = Some("a secret".to_owned());
    }
    sample
}
