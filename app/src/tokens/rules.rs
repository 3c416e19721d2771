//! What a token's name and scopes must be.

use super::model::Scope;
use crate::error::Refusal;
use jiff::SignedDuration;

/// What every token starts with.
pub const PREFIX: &str = "sk_api_";

/// The stored form of a token's name: trimmed, 1 to 64 characters, nothing but letters, digits and
/// `-_. ` — it stands in logs and as a source name.
pub fn name(typed: &str) -> Result<String, Refusal> {
    let name = typed.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err(Refusal::new(
            "token_name",
            "name",
            "Name the token with 1 to 64 letters, digits, spaces, dots, dashes or underscores, such as edge-1.",
        ));
    }
    Ok(name.to_owned())
}

/// The scopes, sorted and without repeats; at least one.
pub fn scopes(typed: &[Scope]) -> Result<Vec<Scope>, Refusal> {
    let mut scopes = typed.to_vec();
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(Refusal::new("token_scopes", "scopes", "Choose at least one scope."));
    }
    Ok(scopes)
}

/// The longest time a token is made for, in days; beyond it, one that does not expire says so more plainly.
pub const LONGEST_DAYS: i64 = 3_650;
/// The times the form offers, in days.
pub const OFFERED_DAYS: [i64; 4] = [7, 30, 90, 365];

/// How long a token is to work: `90d`, `12h`, or `never` (also empty), which is no time.
pub fn lifetime(typed: &str) -> Result<Option<SignedDuration>, Refusal> {
    let typed = typed.trim();
    if matches!(typed, "" | "never") {
        return Ok(None);
    }
    let hours = typed
        .char_indices()
        .next_back()
        .and_then(|(at, unit)| {
            let number: i64 = typed[..at].parse().ok()?;
            match unit {
                'd' => number.checked_mul(24),
                'h' => Some(number),
                _ => None,
            }
        })
        .filter(|hours| (1..=LONGEST_DAYS * 24).contains(hours));
    hours.map(|hours| Some(SignedDuration::from_hours(hours))).ok_or_else(|| {
        let message =
            format!("Write how long it is to work as 90d or 12h, up to {LONGEST_DAYS}d, or never.");
        Refusal::new("token_expires", "expires", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_works_for_days_or_hours_or_for_ever() {
        assert_eq!(lifetime("90d").unwrap(), Some(SignedDuration::from_hours(90 * 24)));
        assert_eq!(lifetime(" 12h ").unwrap(), Some(SignedDuration::from_hours(12)));
        assert_eq!(lifetime("never").unwrap(), None);
        assert_eq!(lifetime("").unwrap(), None);
        for typed in ["0d", "-1d", "90", "d", "90m", "3651d", "9223372036854775807d", "1.5d", "9ü"]
        {
            assert_eq!(lifetime(typed).unwrap_err().field, "expires", "{typed}");
        }
        for days in OFFERED_DAYS {
            assert!(lifetime(&format!("{days}d")).unwrap().is_some());
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_lifetime_panic(typed in "\\PC*") {
            let _ = lifetime(&typed);
        }
    }

    #[test]
    fn a_token_needs_a_plain_name_and_a_scope() {
        assert_eq!(name(" edge-1 ").unwrap(), "edge-1");
        for typed in ["", " ", "a\nb", "ü", &"x".repeat(65)] {
            assert_eq!(name(typed).unwrap_err().field, "name", "{typed:?}");
        }
        assert_eq!(scopes(&[Scope::StatsRead, Scope::Check, Scope::Check]).unwrap().len(), 2);
        assert!(scopes(&[]).is_err());
    }
}
