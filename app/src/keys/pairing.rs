//! Whether a secret belongs to the site of a sitekey, and whether each is accepted: what an integrator asks whose
//! verification fails.

use super::model::{Key, KeyState};
use super::rules::{Lapsed, Malformed, accepted};
use crate::sites::model::SiteId;
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;

/// How often the use of a secret is written down at most.
pub const USE_NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// What is known of a key that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It cannot be a key of ours.
    Malformed(Malformed),
    /// It is well formed, but was never issued.
    Unknown,
    /// It was issued.
    Issued(Standing),
}

/// A key that was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// For which site.
    pub site: SiteId,
    /// Where it stands in its life.
    pub state: KeyState,
    /// For a retiring key, the first instant at which it is refused.
    pub retires_at: Option<Timestamp>,
}

impl From<&Key> for Known {
    fn from(key: &Key) -> Self {
        let Key { site, state, retires_at, .. } = *key;
        Self::Issued(Standing { site, state, retires_at })
    }
}

impl Known {
    /// The site it was issued for.
    pub const fn site(&self) -> Option<SiteId> {
        match self {
            Self::Issued(standing) => Some(standing.site),
            Self::Malformed(_) | Self::Unknown => None,
        }
    }

    /// For a retiring key, the first instant at which it is refused.
    pub const fn retires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Issued(standing) => standing.retires_at,
            Self::Malformed(_) | Self::Unknown => None,
        }
    }

    /// `active`, `retiring`, `revoked`, `unknown` or `malformed`, as of `now`. A key past its grace is `revoked`: it is
    /// refused just so.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Unknown => "unknown",
            Self::Issued(Standing { state, retires_at, .. }) => {
                match accepted(*state, *retires_at, now) {
                    Ok(()) => state.as_str(),
                    Err(_) => KeyState::Revoked.as_str(),
                }
            }
        }
    }

    /// What is wrong with its form, as a sentence.
    pub fn problem(&self) -> Option<String> {
        match self {
            Self::Malformed(malformed) => Some(sentence(malformed)),
            Self::Unknown | Self::Issued(_) => None,
        }
    }

    /// What keeps it, or will keep it, from being accepted, as a sentence; nothing of an active key.
    fn standing(&self, name: &str, now: Timestamp) -> Option<String> {
        match self {
            Self::Malformed(malformed) => Some(sentence(malformed)),
            Self::Unknown => Some(format!("This {name} was never issued here.")),
            Self::Issued(Standing { state, retires_at, .. }) => {
                match (accepted(*state, *retires_at, now), retires_at) {
                    (Ok(()), Some(until)) => {
                        Some(format!("The {name} was replaced and is accepted until {until}."))
                    }
                    (Ok(()), None) => None,
                    (Err(Lapsed::PastGrace { ended_at: Some(end) }), _) => {
                        Some(format!("The {name} was replaced and is refused since {end}."))
                    }
                    (Err(_), _) => Some(format!("The {name} is revoked.")),
                }
            }
        }
    }
}

/// Whether both were issued for one site, whatever their states.
pub fn belong_together(sitekey: &Known, secret: &Known) -> bool {
    sitekey.site().is_some() && sitekey.site() == secret.site()
}

/// Why they belong together or do not, and what is wrong with each. Numbers of sites only when `sites` may be told.
pub fn explain(sitekey: &Known, secret: &Known, now: Timestamp, sites: bool) -> String {
    let mut told = match (sitekey.site(), secret.site()) {
        (Some(one), Some(other)) if one == other => "The two belong together.".to_owned(),
        (Some(one), Some(other)) if sites => {
            format!(
                "This secret belongs to another site: it is of site {other}, the sitekey of site {one}."
            )
        }
        (Some(_), Some(_)) => "This secret belongs to another site.".to_owned(),
        _ => "Whether the two belong together cannot be said.".to_owned(),
    };
    for sentence in
        [sitekey.standing("sitekey", now), secret.standing("secret", now)].into_iter().flatten()
    {
        // Writing to a String cannot fail.
        let _ = write!(told, " {sentence}");
    }
    told
}

/// Whether the use of a secret is to be written down again.
pub fn use_is_due(noted_at: Option<Timestamp>, now: Timestamp) -> bool {
    noted_at.is_none_or(|noted_at| now.duration_since(noted_at) >= USE_NOTED_EVERY)
}

/// The words of a fault as a sentence: a capital at the start, a full stop at the end.
fn sentence(malformed: &Malformed) -> String {
    let words = malformed.to_string();
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::model::KeyKind;
    use super::super::rules::check_secret;
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn issued(site: i64, state: KeyState, retires_at: Option<&str>) -> Known {
        Known::Issued(Standing { site: SiteId(site), state, retires_at: retires_at.map(at) })
    }

    const NOW: &str = "2026-11-24T12:00:00Z";
    const LATER: &str = "2026-11-25T12:00:00Z";
    const EARLIER: &str = "2026-11-23T12:00:00Z";

    #[test]
    fn keys_of_one_site_belong_together_whatever_their_states() {
        let sitekey = issued(3, KeyState::Active, None);
        for state in [KeyState::Active, KeyState::Revoked] {
            let secret = issued(3, state, None);
            assert!(belong_together(&sitekey, &secret));
        }
        assert!(!belong_together(&sitekey, &issued(4, KeyState::Active, None)));
        assert!(!belong_together(&Known::Unknown, &Known::Unknown));
        assert!(!belong_together(&sitekey, &Known::Unknown));
    }

    #[test]
    fn the_explanation_says_which_of_them_is_wrong_and_how() {
        let now = at(NOW);
        let sitekey = issued(3, KeyState::Active, None);
        let told = |secret: &Known, sites| explain(&sitekey, secret, now, sites);
        assert_eq!(told(&issued(3, KeyState::Active, None), false), "The two belong together.");
        assert_eq!(
            told(&issued(3, KeyState::Retiring, Some(LATER)), false),
            "The two belong together. The secret was replaced and is accepted until 2026-11-25T12:00:00Z."
        );
        assert!(
            told(&issued(3, KeyState::Retiring, Some(EARLIER)), false).contains("refused since")
        );
        assert!(
            told(&issued(3, KeyState::Revoked, None), false).ends_with("The secret is revoked.")
        );
        assert_eq!(
            told(&issued(4, KeyState::Active, None), false),
            "This secret belongs to another site."
        );
        assert!(told(&issued(4, KeyState::Active, None), true).contains("site 4"));
        assert!(told(&Known::Unknown, true).contains("never issued"));
        let swapped = check_secret("site_0000").unwrap_err();
        assert!(told(&Known::Malformed(swapped), true).contains("This is a sitekey, not a secret"));
    }

    #[test]
    fn a_key_past_its_grace_counts_as_revoked() {
        let now = at(NOW);
        assert_eq!(issued(1, KeyState::Retiring, Some(LATER)).state(now), "retiring");
        assert_eq!(issued(1, KeyState::Retiring, Some(EARLIER)).state(now), "revoked");
        assert_eq!(issued(1, KeyState::Retiring, Some(NOW)).state(now), "revoked");
        assert_eq!(issued(1, KeyState::Active, None).state(now), "active");
        assert_eq!(Known::Unknown.state(now), "unknown");
        let typo = Known::Malformed(Malformed::ChecksumMismatch { wanted: KeyKind::Sitekey });
        assert_eq!(typo.state(now), "malformed");
        assert!(typo.problem().unwrap().contains("typo"));
    }

    #[test]
    fn a_use_is_noted_once_a_minute() {
        let now = at(NOW);
        assert!(use_is_due(None, now));
        assert!(use_is_due(Some(at("2026-11-24T11:59:00Z")), now));
        assert!(!use_is_due(Some(at("2026-11-24T11:59:01Z")), now));
        // A clock that was set back.
        assert!(!use_is_due(Some(at(LATER)), now));
    }

    proptest! {
        #[test]
        fn no_number_of_a_site_is_told_to_who_may_not_read_sites(one in 100_000i64.., other in 100_000i64..) {
            let told = explain(
                &issued(one, KeyState::Active, None),
                &issued(other, KeyState::Revoked, None),
                at(NOW),
                false,
            );
            prop_assert!(!told.contains(&one.to_string()) && !told.contains(&other.to_string()));
        }
    }
}
