//! What allowing a host would do, told before it is done.

use super::rejected::looks_alike;
use super::rules::canonicalise;
use super::{Nearest, Pattern, Refusal, host, registrable};
use crate::sites::model::SiteId;
use crate::ui::flash::Flash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A question to the operator: shall this host be allowed on this site?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub site_name: String,
    /// The version the answer is for.
    pub version: i64,
    /// What would follow, or why the host cannot be an entry.
    pub effect: Result<Effect, crate::error::Refusal>,
}

/// What allowing a host would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The entry as it would be stored.
    pub pattern: Pattern,
    /// What was changed on the way to it, and what is worth knowing.
    pub notes: Vec<String>,
    /// The entry that lets the host through already, if one does.
    pub covered_by: Option<String>,
    /// Denials of the range that it would have let through.
    pub lets_through: i64,
    /// All denials of the range.
    pub denied: i64,
    /// The hosts it would let through, the most denied first, with their denials.
    pub hosts: Vec<(String, i64)>,
    /// The nearest entry and why it does not match, as a clause.
    pub nearest: Option<String>,
    /// Reasons to look twice.
    pub warnings: Vec<String>,
}

/// Reasons to look twice before a host is allowed. `first_seen` is its first request ever.
pub fn warnings(
    pattern: &Pattern,
    nearest: Option<&Nearest>,
    first_seen: Option<Timestamp>,
    now: Timestamp,
) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(nearest) = nearest.filter(|nearest| looks_alike(nearest)) {
        warnings.push(format!(
            "It looks like {}, but belongs to somebody else unless you registered it too.",
            nearest.pattern
        ));
    }
    match first_seen {
        None => warnings.push("No request from it was ever seen. Check the spelling.".to_owned()),
        Some(first) if now.duration_since(first) < super::rejected::NEW_FOR => warnings.push(
            "It was never seen before the last 24 hours. Make sure that the launch is yours."
                .to_owned(),
        ),
        Some(_) => {}
    }
    if let Some(platform) = platform(&pattern.host) {
        warnings.push(format!(
            "Anybody can get a name under {platform}. Allow it only if this one is yours."
        ));
    }
    if pattern.unicode().is_some() {
        warnings.push(
            "Its letters can be mistaken for others. Compare the ASCII form with the name you know."
                .to_owned(),
        );
    }
    warnings
}

/// The hosting platform a host lies under, such as `github.io`, where each customer has a name.
fn platform(canonical: &str) -> Option<&str> {
    if host::is_testing(canonical) {
        return None;
    }
    let (_, above) = registrable(canonical).unwrap_or(canonical).split_once('.')?;
    matches!(canonicalise(above, true), Err(Refusal::PrivateSuffix { .. })).then_some(above)
}

#[cfg(test)]
mod tests {
    use super::super::{DomainId, DomainIndex, DomainScope};
    use super::*;
    use jiff::SignedDuration;

    fn pattern(host: &str) -> Pattern {
        Pattern { host: host.to_owned(), scope: DomainScope::Exact, port: None }
    }

    fn now() -> Timestamp {
        "2026-11-23T14:31:00Z".parse().unwrap()
    }

    #[test]
    fn a_known_host_of_its_own_raises_no_warning() {
        let long_ago = now() - SignedDuration::from_hours(25);
        assert!(warnings(&pattern("docs.example.com"), None, Some(long_ago), now()).is_empty());
    }

    #[test]
    fn strangers_newcomers_platforms_and_foreign_letters_are_pointed_out() {
        let long_ago = now() - SignedDuration::from_hours(25);
        let index = DomainIndex::new(vec![(DomainId(1), pattern("shop.example"))]);
        let nearest = index.nearest("notshop.example", None);
        for (host, nearest, first_seen, expected) in [
            ("notshop.example", nearest.as_ref(), Some(long_ago), "looks like shop.example"),
            ("a.example", None, None, "ever seen"),
            ("a.example", None, Some(now()), "last 24 hours"),
            ("acme.github.io", None, Some(long_ago), "under github.io"),
            ("www.acme.github.io", None, Some(long_ago), "under github.io"),
            ("xn--bcher-kva.example", None, Some(long_ago), "ASCII form"),
        ] {
            let warnings = warnings(&pattern(host), nearest, first_seen, now());
            assert_eq!(warnings.len(), 1, "{host}: {warnings:?}");
            assert!(warnings[0].contains(expected), "{host}: {warnings:?}");
        }
    }
}
