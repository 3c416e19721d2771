//! Reasons to look twice at an associated domain, before it is added and on the list.

use super::model::{DomainScope, Pattern};
use super::nearest::{Nearest, WhyNot};
use super::{DomainIndex, suffix};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a host counts as new after its first request ever.
pub const NEW_FOR: SignedDuration = SignedDuration::from_hours(24);
/// After so long without a request, and no sooner after it was added, an entry counts as unused.
pub const SILENT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A reason to look twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "warning", rename_all = "snake_case")]
pub enum Warning {
    /// It may be taken for another entry, but is somebody else's.
    LookAlike {
        /// The other entry.
        of: String,
        /// Why it may, as a clause.
        why: String,
    },
    /// An incident takes it for a stranger's page that uses the sitekey.
    Suspected {
        /// The incident's number.
        incident: i64,
    },
    /// The site never had a request from it.
    NeverSeen,
    /// The site's first request from it came within [`NEW_FOR`].
    NewToday,
    /// It lies under a platform where everybody can have a name.
    Platform {
        /// The platform, such as `github.io`.
        suffix: String,
    },
    /// A preview pattern under such a platform.
    PreviewOnPlatform {
        /// The platform.
        suffix: String,
        /// The left-most label, such as `myapp-*`.
        label: String,
    },
    /// It is written in letters that can be mistaken for others.
    ForeignLetters,
    /// It only works on the operator's own machine or network, and the site has public domains.
    TestingBesideProduction,
    /// No request came in by it within [`SILENT_FOR`].
    Silent,
}

impl Warning {
    /// One or a few words for a badge.
    #[must_use]
    pub const fn badge(&self) -> &'static str {
        match self {
            Self::LookAlike { .. } => "look-alike",
            Self::Suspected { .. } => "looks like key theft",
            Self::NeverSeen => "never seen",
            Self::NewToday => "new today",
            Self::Platform { .. } => "shared platform",
            Self::PreviewOnPlatform { .. } => "open to strangers",
            Self::ForeignLetters => "foreign letters",
            Self::TestingBesideProduction => "testing beside production",
            Self::Silent => "no traffic for 90 days",
        }
    }

    /// One or two sentences for the operator.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::LookAlike { of, why } => format!(
                "It looks like {of} ({why}), but belongs to somebody else unless you registered it too."
            ),
            Self::Suspected { incident } => format!(
                "Incident {incident} takes it for key theft: somebody else's page that uses your sitekey. Allow it only if you know the page."
            ),
            Self::NeverSeen => {
                "The site never had a request from it. Check the spelling.".to_owned()
            }
            Self::NewToday => {
                "It was never seen before the last 24 hours. Make sure that the launch is yours."
                    .to_owned()
            }
            Self::Platform { suffix } => format!(
                "Anybody can get a name under {suffix}, right beside this one. Allow it only if this one is yours."
            ),
            Self::PreviewOnPlatform { suffix, label } => format!(
                "Anybody can register a name under {suffix} that fits {label}. Fix as much of it as your deployments share."
            ),
            Self::ForeignLetters => {
                "Its letters can be mistaken for others. Compare the ASCII form with the name you know."
                    .to_owned()
            }
            Self::TestingBesideProduction => {
                "A testing host on a site with public domains: whoever copies the sitekey can use it on their own machine. Keep a site of its own for testing."
                    .to_owned()
            }
            Self::Silent => {
                "No request came in by it for 90 days. Remove what nobody uses.".to_owned()
            }
        }
    }

    /// Whether it may be an attack rather than an oversight: then nothing leads with *Allow*.
    #[must_use]
    pub const fn is_posing(&self) -> bool {
        matches!(self, Self::LookAlike { .. } | Self::Suspected { .. })
    }
}

/// When a site had its first request from a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FirstSeen {
    /// It cannot be told: the site is new, or the entry stands for many hosts.
    Unknown,
    /// It never had one.
    Never,
    /// At this instant.
    At(Timestamp),
}

impl FirstSeen {
    /// Whether that is within [`NEW_FOR`] of `now`.
    #[must_use]
    pub fn is_new(self, now: Timestamp) -> bool {
        matches!(self, Self::At(first) if now.duration_since(first) < NEW_FOR)
    }
}

/// Reasons to look twice before `pattern` joins the entries of `index`.
#[must_use]
pub fn before_adding(
    pattern: &Pattern,
    index: &DomainIndex,
    first_seen: FirstSeen,
    now: Timestamp,
) -> Vec<Warning> {
    let nearest = index.nearest(&pattern.host, pattern.port);
    let mut warnings: Vec<Warning> = nearest.as_ref().and_then(posing).into_iter().collect();
    match first_seen {
        FirstSeen::Never => warnings.push(Warning::NeverSeen),
        seen if seen.is_new(now) => warnings.push(Warning::NewToday),
        FirstSeen::Unknown | FirstSeen::At(_) => {}
    }
    warnings.extend(shared(pattern));
    if pattern.unicode().is_some() {
        warnings.push(Warning::ForeignLetters);
    }
    if pattern.testing() && has_production(index) {
        warnings.push(Warning::TestingBesideProduction);
    }
    warnings
}

/// Warnings of a rejected host whose nearest entry is known.
#[must_use]
pub fn of_rejected(
    host: &str,
    nearest: Option<&Nearest>,
    first_seen: FirstSeen,
    now: Timestamp,
) -> Vec<Warning> {
    let pattern = Pattern { host: host.to_owned(), scope: DomainScope::Exact, port: None };
    let new = first_seen.is_new(now).then_some(Warning::NewToday);
    nearest.and_then(posing).into_iter().chain(new).chain(shared(&pattern)).collect()
}

/// The warning of a name that may pose as the site: almost that of an entry, but somebody else's.
#[must_use]
pub fn posing(nearest: &Nearest) -> Option<Warning> {
    let why = match nearest.why {
        WhyNot::LookAlike { distance: 1 } => "one letter away",
        WhyNot::LookAlike { .. } => "two letters away",
        WhyNot::Confusable => "letters that pass for one another",
        WhyNot::Carries => "it begins with that name",
        WhyNot::Sibling => "the same ending, without a dot before it",
        WhyNot::OtherSuffix => "the same name under another suffix",
        _ => return None,
    };
    Some(Warning::LookAlike { of: nearest.pattern.to_string(), why: why.to_owned() })
}

/// The warning of a name under a platform where everybody can have one.
#[must_use]
pub fn shared(pattern: &Pattern) -> Option<Warning> {
    if pattern.testing() {
        return None;
    }
    let suffix = suffix::platform(&pattern.host)?.to_owned();
    let label = pattern.host.split_once('.').map_or("", |(label, _)| label).to_owned();
    // Below one's own name on the platform, the star covers nobody else's.
    let strangers = pattern.preview().is_some_and(|parts| parts.parent == suffix);
    Some(if strangers {
        Warning::PreviewOnPlatform { suffix, label }
    } else {
        Warning::Platform { suffix }
    })
}

/// Whether some entry is more than a testing host.
#[must_use]
pub fn has_production(index: &DomainIndex) -> bool {
    index.iter().any(|entry| !entry.pattern.testing())
}

#[cfg(test)]
mod tests {
    use super::super::DomainId;
    use super::super::rules::canonicalise;
    use super::*;

    fn pattern(typed: &str) -> Pattern {
        canonicalise(typed, false).unwrap().pattern
    }

    fn index(entries: &[&str]) -> DomainIndex {
        let entries = entries.iter().map(|entry| pattern(entry));
        DomainIndex::new((1..).map(DomainId).zip(entries).collect())
    }

    fn now() -> Timestamp {
        "2026-11-23T14:31:00Z".parse().unwrap()
    }

    fn badges(typed: &str, entries: &[&str], seen: FirstSeen) -> Vec<&'static str> {
        let warnings = before_adding(&pattern(typed), &index(entries), seen, now());
        assert!(warnings.iter().all(|warning| warning.message().ends_with('.')));
        warnings.iter().map(Warning::badge).collect()
    }

    #[test]
    fn a_known_host_of_its_own_raises_no_warning() {
        let long_ago = FirstSeen::At(now() - SignedDuration::from_hours(25));
        assert!(badges("docs.example.com", &["example.com"], long_ago).is_empty());
        assert!(badges("docs.example.com", &["example.com"], FirstSeen::Unknown).is_empty());
        assert!(badges("localhost:3000", &["127.0.0.1"], FirstSeen::Unknown).is_empty());
    }

    #[test]
    fn each_reason_to_look_twice_is_pointed_out() {
        let (old, shop) = (FirstSeen::At(now() - SignedDuration::from_hours(25)), ["shop.example"]);
        for (typed, seen, expected) in [
            ("notshop.example", old, "look-alike"),
            ("sh0p.example", old, "look-alike"),
            ("shop.example.evil.net", old, "look-alike"),
            ("shop.test", old, "look-alike"),
            ("elsewhere.net", FirstSeen::Never, "never seen"),
            ("elsewhere.net", FirstSeen::At(now()), "new today"),
            ("acme.github.io", old, "shared platform"),
            ("www.acme.github.io", old, "shared platform"),
            ("myapp-*.vercel.app", old, "open to strangers"),
            ("xn--bcher-kva.example", old, "foreign letters"),
            ("localhost", old, "testing beside production"),
            ("192.168.0.10", old, "testing beside production"),
        ] {
            assert_eq!(badges(typed, &shop, seen), [expected], "{typed}");
        }
        assert!(shared(&pattern("github.io")).is_none(), "the platform's own page");
        let mine = shared(&pattern("pr-1*.acme.github.io"));
        assert!(matches!(mine, Some(Warning::Platform { .. })), "{mine:?}");
    }
}
