//! The decision itself: one code for a sitekey and a referer, in a fixed order.

use jiff::Timestamp;

use super::model::{Decision, DenyCode, Explanation, SitePolicy, Verdict};
use super::referer::{self, Referer};
use crate::keys::model::KeyState;
use crate::keys::rules::{Lapsed, accepted, check_sitekey};
use crate::sites::model::{MissingReferer, SiteState};
use crate::sites::rules::state_at;

/// What the gate knows of a sitekey that was issued.
#[derive(Clone, Copy, Debug)]
pub struct KeyStanding<'a> {
    /// The site it was issued for.
    pub policy: &'a SitePolicy,
    /// Where it stands in its life.
    pub state: KeyState,
    /// For a retiring sitekey, the first instant at which it is refused.
    pub retires_at: Option<Timestamp>,
}

/// How much trouble to go to over the explanation of a denied host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Only what the decision itself needs.
    Brief,
    /// Also the nearest associated domain: about half a microsecond for each hundred entries.
    Nearest,
}

/// Decides a request as of `now`. `resolve` answers what is known of a sitekey; it is asked at most
/// once, and only for one that is well formed.
///
/// The order is `no_sitekey`, `sitekey_invalid`, `site_deleted`, `site_paused`, `referer_denied`,
/// allow: the first that holds is the answer. Spaces around a sitekey are ignored.
pub fn decide<'a>(
    sitekey: Option<&str>,
    referer: Option<&[u8]>,
    resolve: impl FnOnce(&str) -> Option<KeyStanding<'a>>,
    now: Timestamp,
    detail: Detail,
) -> Verdict {
    let referer = referer.map_or(Referer::Missing, referer::parse);
    let policy = match find_site(sitekey, resolve, now) {
        Ok(policy) => policy,
        Err((code, explanation)) => {
            return Verdict { decision: Decision::Deny(code), site: None, referer, explanation };
        }
    };
    let (decision, explanation) = match state_at(policy.state, policy.starts_at, now) {
        SiteState::Deleted => {
            let name = policy.name.clone();
            (Decision::Deny(DenyCode::SiteDeleted), Explanation::SiteDeleted { name })
        }
        SiteState::Paused => {
            let (name, reason) = (policy.name.clone(), policy.pause_reason.clone());
            let explanation = Explanation::SitePaused { name, reason, starts_at: policy.starts_at };
            (Decision::Deny(DenyCode::SitePaused), explanation)
        }
        SiteState::Active => match admit(policy, &referer, detail) {
            Ok(explanation) => (Decision::Allow, explanation),
            Err(explanation) => (Decision::Deny(DenyCode::RefererDenied), explanation),
        },
    };
    Verdict { decision, site: Some(policy.site), referer, explanation }
}

/// The site of an accepted sitekey, or why there is none.
fn find_site<'a>(
    sitekey: Option<&str>,
    resolve: impl FnOnce(&str) -> Option<KeyStanding<'a>>,
    now: Timestamp,
) -> Result<&'a SitePolicy, (DenyCode, Explanation)> {
    let sitekey = sitekey.map(str::trim).filter(|sitekey| !sitekey.is_empty());
    let sitekey = sitekey.ok_or((DenyCode::NoSitekey, Explanation::NoSitekey))?;
    let invalid = |explanation| (DenyCode::SitekeyInvalid, explanation);
    check_sitekey(sitekey).map_err(|fault| invalid(Explanation::MalformedKey { fault }))?;
    let KeyStanding { policy, state, retires_at } =
        resolve(sitekey).ok_or_else(|| invalid(Explanation::UnknownKey))?;
    accepted(state, retires_at, now).map_err(|lapsed| {
        let (site, name) = (policy.site, policy.name.clone());
        invalid(match lapsed {
            Lapsed::Revoked => Explanation::RevokedKey { site, name },
            Lapsed::PastGrace { ended_at } => Explanation::ExpiredKey { site, name, ended_at },
        })
    })?;
    Ok(policy)
}

/// Whether an active site takes requests from this referer, and why.
fn admit(
    policy: &SitePolicy,
    referer: &Referer,
    detail: Detail,
) -> Result<Explanation, Explanation> {
    let (host, port) = match (referer, policy.missing_referer) {
        (Referer::Host { host, port }, _) => (host, *port),
        (_, MissingReferer::Allow) => return Ok(Explanation::MissingRefererAllowed),
        (Referer::Missing, MissingReferer::Deny) => return Err(Explanation::RefererMissing),
        (Referer::Unusable(unusable), MissingReferer::Deny) => {
            return Err(Explanation::RefererUnusable { reason: unusable.why });
        }
    };
    if policy.any_hostname {
        return Ok(Explanation::AnyHostname);
    }
    match policy.index.lookup(host, port) {
        Some(found) => {
            Ok(Explanation::Listed { domain: found.domain, pattern: found.pattern.clone() })
        }
        None => Err(Explanation::NotListed {
            entries: policy.index.len(),
            nearest: match detail {
                Detail::Brief => None,
                Detail::Nearest => policy.index.nearest(host, port),
            },
        }),
    }
}

#[cfg(test)]
mod tests;
