//! The rows of a page of rejected hosts: what is said of each, and what would help.

use super::super::rejected::{
    Denial, Group, IgnoredHost, Nameless, NamelessSite, RejectedHost, Remedy, SHOWN_OF_GROUP,
    Standing, Wanted, domain_of, remedy, standing,
};
use super::super::warnings::of_rejected;
use super::super::{FirstSeen, Warning, store};
use super::{Ignored, Policies, by_code, count, is_ignored};
use crate::codes::likely::LikelySite;
use crate::codes::likely_reads::likely_by_host;
use crate::context::AppState;
use crate::error::AppError;
use crate::events::model::SEVERAL_SITES;
use crate::events::model::host as special;
use crate::gate::{DenyCode, Detail};
use crate::incidents::Thefts;
use crate::sites;
use crate::sites::model::{MissingReferer, Site, SiteId, SiteState};
use crate::sites::rules::as_of;
use jiff::Timestamp;
use sqlx::PgConnection;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// How many samples are read of a host.
const READ_SAMPLES: i64 = 20;
/// How many referers are shown of a host.
const SHOWN_REFERERS: usize = 3;

/// The groups of a page, or its rows in one group.
pub(super) async fn of_page(
    state: &AppState,
    conn: &mut PgConnection,
    now: Timestamp,
    wanted: &Wanted,
    groups: Vec<Vec<Denial>>,
    ignored: &Ignored,
) -> Result<Vec<Group>, AppError> {
    let most = if wanted.by_domain { SHOWN_OF_GROUP } else { usize::MAX };
    let shown: Vec<&Denial> = groups.iter().flat_map(|group| group.iter().take(most)).collect();
    let mut known = Known::read(state, conn, now, &shown).await?;
    if wanted.with_referers {
        known.sent = Sent::read(conn, &shown, state.keeping.floors(now).sample).await?;
    }
    let make = |row: Denial| known.row(state, row, ignored);
    Ok(if wanted.by_domain {
        groups.into_iter().map(|rows| group(rows, make)).collect()
    } else {
        ungrouped(groups.into_iter().flatten().filter_map(make).collect())
    })
}

/// What the rows of a page are judged by.
struct Known {
    now: Timestamp,
    /// Their sites as they are now.
    sites: HashMap<SiteId, Site>,
    /// The site that lists a host whose own is deleted, or none.
    likely: HashMap<String, LikelySite>,
    /// The hosts that incidents take for key theft.
    thefts: Thefts,
    /// What the hosts sent.
    sent: Sent,
}

impl Known {
    async fn read(
        state: &AppState,
        conn: &mut PgConnection,
        now: Timestamp,
        rows: &[&Denial],
    ) -> Result<Self, AppError> {
        let ids: HashSet<SiteId> = rows.iter().map(|row| SiteId(row.counted.site)).collect();
        let ids: Vec<SiteId> = ids.into_iter().collect();
        let sites = sites::store::by_ids(conn, &ids).await?;
        let sites: HashMap<SiteId, Site> =
            sites.into_iter().map(|site| (site.id, as_of(site, now))).collect();
        let served =
            |id: i64| sites.get(&SiteId(id)).is_some_and(|site| site.state != SiteState::Deleted);
        let lost = rows.iter().filter(|row| !served(row.counted.site));
        let lost: HashSet<&str> = lost.map(|row| row.counted.host.as_str()).collect();
        let lost: Vec<&str> = lost.into_iter().collect();
        let likely = likely_by_host(state, conn, &lost).await?;
        let thefts = Thefts::read(conn, now).await?;
        Ok(Self { now, thefts, sites, likely, sent: Sent::default() })
    }

    fn row(&self, state: &AppState, row: Denial, ignored: &Ignored) -> Option<RejectedHost> {
        let is_ignored = is_ignored(ignored, &row);
        let Denial { code, counted } = row;
        let referers = self.sent.referers(code, counted.site, &counted.host);
        let likely = self.likely.get(&counted.host).cloned();
        let (site_name, remedy) = if let Some(site) = self.sites.get(&SiteId(counted.site)) {
            let policy = state.gate.policy(site.id)?;
            let then = standing(&counted.host, policy.any_hostname, &policy.index);
            let successor = likely.filter(|site| site.state == SiteState::Active);
            (site.name.clone(), remedy(code, site, then, successor, self.now))
        } else {
            let sent = self.sent.sitekey(code, counted.site, &counted.host);
            let sent = sent.map(|key| state.gate.check(Some(key), None, Detail::Brief));
            let sent = sent.map(|verdict| match verdict.site {
                Some(_) => "The sitekey that was sent is accepted now.".to_owned(),
                None => verdict.message(),
            });
            (String::new(), Remedy::Key { sent, likely })
        };
        let warnings = match &remedy {
            Remedy::Allow(Standing::Denied { nearest, .. }) => {
                let first = FirstSeen::At(counted.first_seen);
                let warnings = of_rejected(&counted.host, nearest.as_ref(), first, self.now);
                let theft = self.thefts.of(SiteId(counted.site), &counted.host);
                let theft = theft.map(|incident| Warning::Suspected { incident: incident.0 });
                theft.into_iter().chain(warnings).collect()
            }
            _ => Vec::new(),
        };
        Some(RejectedHost {
            site: SiteId(counted.site),
            site_name,
            code,
            host: counted.host,
            count: counted.count,
            first_seen: counted.first_seen,
            last_seen: counted.last_seen,
            remedy,
            warnings,
            referers,
            ignored: is_ignored,
        })
    }
}

fn group(rows: Vec<Denial>, make: impl Fn(Denial) -> Option<RejectedHost>) -> Group {
    let counted = || rows.iter().map(|row| &row.counted);
    let hosts: HashSet<&str> = counted().map(|row| row.host.as_str()).collect();
    Group {
        domain: Some(domain_of(&rows).to_owned()),
        hosts: count(hosts.len()),
        all: count(rows.len()),
        count: counted().map(|row| row.count).sum(),
        first_seen: counted().map(|row| row.first_seen).min().unwrap_or_default(),
        last_seen: counted().map(|row| row.last_seen).max().unwrap_or_default(),
        rows: rows.into_iter().take(SHOWN_OF_GROUP).filter_map(make).collect(),
    }
}

/// All rows in one group; none without any.
fn ungrouped(rows: Vec<RejectedHost>) -> Vec<Group> {
    let group = Group {
        domain: None,
        hosts: count(rows.len()),
        all: count(rows.len()),
        count: rows.iter().map(|row| row.count).sum(),
        first_seen: rows.iter().map(|row| row.first_seen).min().unwrap_or_default(),
        last_seen: rows.iter().map(|row| row.last_seen).max().unwrap_or_default(),
        rows,
    };
    if group.rows.is_empty() { Vec::new() } else { vec![group] }
}

/// What named no host: with `referer_denied` by what it was, with the other codes by code.
pub(super) fn without_host(
    rows: Vec<Denial>,
    policies: &Policies,
) -> (Vec<Nameless>, Vec<(DenyCode, i64)>) {
    let settable = |row: &Denial| row.code == DenyCode::RefererDenied && row.counted.site != 0;
    let (settable, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(settable);
    (nameless(settable, policies), by_code(&others))
}

fn nameless(rows: Vec<Denial>, policies: &Policies) -> Vec<Nameless> {
    let mut kinds: Vec<Nameless> = Vec::new();
    for Denial { counted: row, .. } in rows {
        let policy = policies.get(&SiteId(row.site));
        if policy.is_none() && row.site != SEVERAL_SITES {
            continue;
        }
        let names_none = matches!(row.host.as_str(), special::NONE | special::UNUSABLE);
        let site = policy.map(|policy| NamelessSite {
            site: policy.site,
            name: policy.name.clone(),
            count: row.count,
            allowed_now: names_none && policy.missing_referer == MissingReferer::Allow,
        });
        match kinds.iter_mut().find(|kind| kind.host == row.host) {
            Some(kind) => {
                kind.count += row.count;
                kind.last_seen = kind.last_seen.max(row.last_seen);
                kind.sites.extend(site);
            }
            None => kinds.push(Nameless {
                host: row.host,
                count: row.count,
                last_seen: row.last_seen,
                sites: site.into_iter().collect(),
            }),
        }
    }
    kinds.sort_by_key(|kind| Reverse(kind.count));
    for kind in &mut kinds {
        kind.sites.sort_by_key(|site| Reverse(site.count));
    }
    kinds
}

/// The hosts that are left out of the rows, each once a site, the most denied first.
pub(super) fn hidden(rows: Vec<Denial>, policies: &Policies) -> Vec<IgnoredHost> {
    let mut hosts: HashMap<(i64, String), i64> = HashMap::new();
    for Denial { counted, .. } in rows {
        *hosts.entry((counted.site, counted.host)).or_default() += counted.count;
    }
    let named = hosts.into_iter().map(|((site, host), count)| {
        let policy = policies.get(&SiteId(site));
        let site_name = policy.map(|policy| policy.name.clone()).unwrap_or_default();
        let site_deleted = policy.is_some_and(|policy| policy.state == SiteState::Deleted);
        IgnoredHost { site: SiteId(site), site_name, host, count, site_deleted }
    });
    let mut named: Vec<IgnoredHost> = named.collect();
    named.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.host.cmp(&b.host)));
    named
}

/// What was sent lately, by site, code and host, the newest first.
#[derive(Default)]
struct Sent(HashMap<(i64, &'static str, String), Vec<store::Sent>>);

impl Sent {
    async fn read(
        conn: &mut PgConnection,
        rows: &[&Denial],
        from: Timestamp,
    ) -> Result<Self, AppError> {
        let denials: Vec<(SiteId, &str, &str, Timestamp)> = rows
            .iter()
            .map(|row| (row.code, &row.counted))
            .map(|(code, row)| (SiteId(row.site), code.as_str(), &*row.host, row.last_seen))
            .collect();
        let mut sent = Self::default();
        for one in store::sent(conn, &denials, from, READ_SAMPLES).await? {
            let Some(code) = DenyCode::from_name(&one.code) else { continue };
            let key = (one.site.0, code.as_str(), one.host.clone());
            sent.0.entry(key).or_default().push(one);
        }
        Ok(sent)
    }

    fn of(&self, code: DenyCode, site: i64, host: &str) -> &[store::Sent] {
        self.0.get(&(site, code.as_str(), host.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// A few different referers.
    fn referers(&self, code: DenyCode, site: i64, host: &str) -> Vec<String> {
        let mut referers: Vec<String> = Vec::new();
        for sent in self.of(code, site, host).iter().filter_map(|sent| sent.referer.as_ref()) {
            let sent = String::from_utf8_lossy(sent).into_owned();
            if referers.len() < SHOWN_REFERERS && !referers.contains(&sent) {
                referers.push(sent);
            }
        }
        referers
    }

    /// The newest sitekey.
    fn sitekey(&self, code: DenyCode, site: i64, host: &str) -> Option<&str> {
        self.of(code, site, host).iter().find_map(|sent| sent.sitekey.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::model::SiteHostCount;

    fn denial(code: DenyCode, site: i64, host: &str, count: i64) -> Denial {
        let seen = Timestamp::UNIX_EPOCH;
        let host = host.to_owned();
        let counted = SiteHostCount { site, host, count, first_seen: seen, last_seen: seen };
        Denial { code, counted }
    }

    #[test]
    fn what_names_no_host_is_counted_under_its_code() {
        let rows = vec![
            denial(DenyCode::SitePaused, 1, "", 4),
            denial(DenyCode::NoSitekey, 0, "?", 9),
            denial(DenyCode::SitePaused, 2, "", 3),
        ];
        let (nameless, others) = without_host(rows, &Policies::new());
        assert!(nameless.is_empty());
        assert_eq!(others, [(DenyCode::NoSitekey, 9), (DenyCode::SitePaused, 7)]);
    }

    #[test]
    fn an_ignored_host_stands_once_whatever_it_was_denied_with() {
        let rows = vec![
            denial(DenyCode::SitePaused, 1, "a.example", 4),
            denial(DenyCode::RefererDenied, 1, "b.example", 5),
            denial(DenyCode::RefererDenied, 1, "a.example", 2),
        ];
        let hidden = hidden(rows, &Policies::new());
        let hidden: Vec<_> = hidden.iter().map(|host| (&*host.host, host.count)).collect();
        assert_eq!(hidden, [("a.example", 6), ("b.example", 5)]);
    }
}
