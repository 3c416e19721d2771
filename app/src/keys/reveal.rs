//! Where a new secret waits between the form that made it and the page that shows it, once. In
//! memory only: writing it to the session's row would store what the house promises not to store.

use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long a secret waits to be looked at.
pub const WAITS: SignedDuration = SignedDuration::from_mins(10);

/// Secrets that were not shown yet, by the name under which they can be taken.
#[derive(Default)]
pub struct Reveals(Mutex<HashMap<String, Waiting>>);

struct Waiting {
    secret: String,
    until: Timestamp,
}

impl Reveals {
    /// Keeps `secret` for the page that asks for `name` within [`WAITS`].
    pub fn keep(&self, name: String, secret: String, now: Timestamp) {
        let until = now.saturating_add(WAITS).unwrap_or(Timestamp::MAX);
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, waiting| waiting.until > now);
        waiting.insert(name, Waiting { secret, until });
    }

    /// Hands the secret kept as `name` out, and forgets it.
    pub fn take(&self, name: &str, now: Timestamp) -> Option<String> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(name).filter(|waiting| waiting.until > now).map(|waiting| waiting.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_once_and_not_late() {
        let (reveals, now) = (Reveals::default(), Timestamp::UNIX_EPOCH);
        reveals.keep("a".into(), "secret_1".into(), now);
        assert_eq!(reveals.take("a", now).as_deref(), Some("secret_1"));
        assert_eq!(reveals.take("a", now), None);
        reveals.keep("b".into(), "secret_2".into(), now);
        assert_eq!(reveals.take("b", now + WAITS), None);
    }
}
