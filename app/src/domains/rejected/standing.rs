//! What would help a rejected host.

use super::super::{DomainIndex, Nearest, registrable};
use crate::codes::likely::LikelySite;
use crate::events::model::host as special;
use crate::gate::DenyCode;
use crate::sites::model::{Site, SiteId, SiteState};
use crate::sites::rules::restorable_until;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the domain check of a site says to a rejected host now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Standing {
    /// It is no host, so there is nothing to allow.
    NoHost,
    /// It is let through, by this entry or because the domain check is off.
    AllowedNow {
        /// The entry.
        by: Option<String>,
    },
    /// It is denied.
    Denied {
        /// The entry that comes nearest.
        nearest: Option<Nearest>,
        /// The name that was registered to get the host.
        registrable: Option<String>,
    },
}

/// What would help a rejected host's requests: it follows from the code and from what the site is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Remedy {
    /// To allow it, unless that was done: the code was `referer_denied`.
    Allow(Standing),
    /// To start the site, which is paused.
    Start {
        /// Since when.
        since: Timestamp,
        /// What the domain check says to the host once it is started.
        then: Standing,
    },
    /// To restore the site, which is deleted, or to send its visitors to another.
    Restore {
        /// Since when.
        since: Timestamp,
        /// Until when it can be; nothing once that is over.
        until: Option<Timestamp>,
        /// An active site that lists the host, with the sitekey to use.
        successor: Option<LikelySite>,
    },
    /// Nothing any more: the site was paused or deleted, and is active now.
    Over {
        /// Since when.
        since: Timestamp,
        /// What the domain check says to the host.
        now: Standing,
    },
    /// To put the right sitekey into its pages: the one that was sent names no site.
    Key {
        /// What the gate says to a sitekey that it sent lately, if one is known.
        sent: Option<String>,
        /// The site that lists the host.
        likely: Option<LikelySite>,
    },
}

/// What a host that is none is called: requests without a referer and the like.
pub fn in_words(host: &str) -> Option<&'static str> {
    match host {
        special::NONE => Some("no referer"),
        special::UNUSABLE => Some("unusable referer"),
        special::OTHER => Some("other hosts"),
        _ => None,
    }
}

/// What the domain check of a site says to `host` now.
pub fn standing(host: &str, any_hostname: bool, index: &DomainIndex) -> Standing {
    if in_words(host).is_some() {
        return Standing::NoHost;
    }
    if any_hostname {
        return Standing::AllowedNow { by: None };
    }
    // Ports are not counted. A page's port is nearly always that of https.
    match index.lookup(host, Some(443)) {
        Some(found) => Standing::AllowedNow { by: Some(found.pattern.to_string()) },
        None => Standing::Denied {
            nearest: index.nearest(host, None),
            registrable: registrable(host).map(str::to_owned),
        },
    }
}

/// What would help requests from a host that were denied on `site`, as it is now, with `code`. `then`
/// is what the domain check says to the host, `successor` an active site that lists it.
#[must_use]
pub fn remedy(
    code: DenyCode,
    site: &Site,
    then: Standing,
    successor: Option<LikelySite>,
    now: Timestamp,
) -> Remedy {
    let since = site.state_changed_at;
    match (site.state, code) {
        (SiteState::Deleted, _) => {
            let until = Some(restorable_until(since)).filter(|until| *until >= now);
            Remedy::Restore { since, until, successor }
        }
        (_, DenyCode::RefererDenied) => Remedy::Allow(then),
        (SiteState::Paused, _) => Remedy::Start { since, then },
        (SiteState::Active, _) => Remedy::Over { since, now: then },
    }
}

/// The part of an address that leads to a host's row.
#[must_use]
pub fn anchor(site: SiteId, code: DenyCode, host: &str) -> String {
    match code {
        DenyCode::RefererDenied => format!("host-{site}-{host}"),
        code => format!("{code}-{site}-{host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{DomainId, DomainScope, Pattern};
    use super::*;
    use crate::sites::model::MissingReferer;

    fn index(host: &str) -> DomainIndex {
        let pattern = Pattern { host: host.to_owned(), scope: DomainScope::Exact, port: None };
        DomainIndex::new(vec![(DomainId(1), pattern)])
    }

    #[test]
    fn a_rejected_host_is_judged_by_the_present_list() {
        let shop = index("shop.example");
        let by = Some("shop.example".to_owned());
        assert_eq!(standing("shop.example", false, &shop), Standing::AllowedNow { by });
        assert_eq!(standing("a.example", true, &shop), Standing::AllowedNow { by: None });
        for none in ["", "?", "*"] {
            assert_eq!(standing(none, true, &shop), Standing::NoHost);
            assert!(in_words(none).is_some());
        }
        let Standing::Denied { nearest: Some(nearest), registrable } =
            standing("www.shop-example.com", false, &shop)
        else {
            panic!("it is not on the list");
        };
        assert_eq!(nearest.pattern.host, "shop.example");
        assert_eq!(registrable.as_deref(), Some("shop-example.com"));
    }

    fn site(state: SiteState, since: &str) -> Site {
        Site {
            id: SiteId(1),
            name: "Shop".to_owned(),
            state,
            state_before_delete: (state == SiteState::Deleted).then_some(SiteState::Active),
            state_changed_at: since.parse().unwrap(),
            any_hostname: false,
            missing_referer: MissingReferer::Deny,
            version: 1,
            sample: false,
            created_at: since.parse().unwrap(),
            tags: Vec::new(),
            pause_reason: None,
            starts_at: None,
        }
    }

    #[test]
    fn only_what_was_denied_for_its_host_is_ever_allowed() {
        let now = "2026-11-23T14:00:00Z".parse().unwrap();
        let since = "2026-11-20T14:00:00Z";
        let denied = || Standing::Denied { nearest: None, registrable: None };
        for state in [SiteState::Active, SiteState::Paused, SiteState::Deleted] {
            for code in DenyCode::ALL {
                let remedy = remedy(code, &site(state, since), denied(), None, now);
                let allows = matches!(remedy, Remedy::Allow(_));
                let may = code == DenyCode::RefererDenied && state != SiteState::Deleted;
                assert_eq!(allows, may, "{code} on a site that is {state:?}");
            }
        }
        let of = |code, state, since| remedy(code, &site(state, since), denied(), None, now);
        let paused = of(DenyCode::SitePaused, SiteState::Paused, since);
        assert!(matches!(paused, Remedy::Start { .. }), "{paused:?}");
        let started = of(DenyCode::SitePaused, SiteState::Active, since);
        assert!(matches!(started, Remedy::Over { .. }), "{started:?}");
        let restorable = |since| match of(DenyCode::SiteDeleted, SiteState::Deleted, since) {
            Remedy::Restore { until, .. } => until.is_some(),
            other => panic!("{other:?}"),
        };
        assert!(restorable(since) && !restorable("2026-10-01T00:00:00Z"));
    }
}
