//! Slows down guessing. In memory: a restart forgives, and a second replica doubles the allowance, which still keeps
//! guessing hopeless.
//!
//! Failures are counted three times: closely for an account from one address, loosely for an address (an office may sit
//! behind one) and for an account from anywhere. An address that signed in to an account before is not held up by what
//! strangers try on it, so nobody can lock an operator out from afar.

use super::rules::network;
use crate::error::AppError;
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// How many failures are let through.
#[derive(Clone, Copy)]
struct Allowance {
    /// At once.
    burst: f64,
    /// After that.
    per_second: f64,
}

/// Of an account from one address: ten, then six a minute.
const PAIR: Allowance = Allowance { burst: 10.0, per_second: 0.1 };
/// Of an address: thirty, then eighteen a minute.
const ADDRESS: Allowance = Allowance { burst: 30.0, per_second: 0.3 };
/// Of an account from anywhere: a hundred, then sixty a minute.
const ACCOUNT: Allowance = Allowance { burst: 100.0, per_second: 1.0 };
/// From this many remembered keys on, those that owe nothing are forgotten, now and then.
const REMEMBERED: usize = 10_000;
const SWEEP_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// The failures of late, as a vessel that leaks.
#[derive(Clone, Copy)]
struct Level {
    failures: f64,
    at: Timestamp,
}

impl Level {
    /// What is left of it at `now`.
    fn drained(self, allowance: Allowance, now: Timestamp) -> f64 {
        let elapsed = now.duration_since(self.at).as_secs_f64().max(0.0);
        (self.failures - elapsed * allowance.per_second).max(0.0)
    }
}

/// What failures are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Pair(String, String),
    Address(String),
    Account(String),
}

impl Key {
    const fn allowance(&self) -> Allowance {
        match self {
            Self::Pair(..) => PAIR,
            Self::Address(_) => ADDRESS,
            Self::Account(_) => ACCOUNT,
        }
    }
}

/// See the module.
#[derive(Default)]
pub struct Throttle(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    levels: HashMap<Key, Level>,
    /// Accounts with the addresses from which somebody signed in to them: only what is true is kept.
    familiar: HashSet<(String, String)>,
    /// When those that owe nothing were last looked for.
    swept_at: Option<Timestamp>,
}

/// A try that is under way. It counts as a failure unless it is [forgiven](Self::forgive) or
/// [succeeds](Self::succeed): counted only afterwards, many at once would all be let through.
#[must_use = "a try counts as a failure until it says otherwise"]
pub struct Attempt<'a> {
    throttle: &'a Throttle,
    account: Option<String>,
    network: String,
    keys: Vec<Key>,
}

impl Throttle {
    /// Counts a try on `account`, or on what has no account, from `address`.
    ///
    /// # Errors
    /// [`AppError::Throttled`] says how long to wait.
    pub fn attempt(
        &self,
        account: Option<&str>,
        address: &str,
        now: Timestamp,
    ) -> Result<Attempt<'_>, AppError> {
        let (account, network) = (account.map(str::to_owned), network(address));
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = vec![Key::Address(network.clone())];
        if let Some(account) = &account {
            let pair = (account.clone(), network.clone());
            if !memory.familiar.contains(&pair) {
                keys.push(Key::Account(account.clone()));
            }
            keys.push(Key::Pair(pair.0, pair.1));
        }
        let wait_s = keys.iter().map(|key| memory.wait_s(key, now)).fold(0.0, f64::max);
        if wait_s > 0.0 {
            return Err(AppError::Throttled { retry_after_s: whole_seconds(wait_s) });
        }
        for key in &keys {
            memory.add(key, 1.0, now);
        }
        memory.sweep(now);
        drop(memory);
        Ok(Attempt { throttle: self, account, network, keys })
    }
}

impl Attempt<'_> {
    /// Takes the try out of the count: it was no wrong guess.
    pub fn forgive(self, now: Timestamp) {
        let mut memory = self.throttle.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            memory.add(key, -1.0, now);
        }
    }

    /// The same, and the failures before it from this address are forgotten: it was the right one who had mistyped.
    pub fn succeed(self, now: Timestamp) {
        if let Some(account) = &self.account {
            let pair = (account.clone(), self.network.clone());
            let mut memory = self.throttle.0.lock().unwrap_or_else(PoisonError::into_inner);
            memory.levels.remove(&Key::Pair(pair.0.clone(), pair.1.clone()));
            memory.familiar.insert(pair);
        }
        self.forgive(now);
    }
}

impl Memory {
    /// How long until one more failure is let through, in seconds.
    fn wait_s(&self, key: &Key, now: Timestamp) -> f64 {
        let allowance = key.allowance();
        let failures = self.levels.get(key).map_or(0.0, |level| level.drained(allowance, now));
        ((failures + 1.0 - allowance.burst) / allowance.per_second).max(0.0)
    }

    fn add(&mut self, key: &Key, failures: f64, now: Timestamp) {
        let before = self.levels.get(key).map_or(0.0, |level| level.drained(key.allowance(), now));
        let failures = (before + failures).max(0.0);
        if failures == 0.0 {
            self.levels.remove(key);
        } else {
            self.levels.insert(key.clone(), Level { failures, at: now });
        }
    }

    /// Forgets the levels that have drained, if there are many.
    fn sweep(&mut self, now: Timestamp) {
        let lately = |at: Timestamp| now.duration_since(at).abs() < SWEEP_EVERY;
        if self.levels.len() < REMEMBERED || self.swept_at.is_some_and(lately) {
            return;
        }
        self.swept_at = Some(now);
        self.levels.retain(|key, level| level.drained(key.allowance(), now) > 0.0);
    }
}

/// At least one second, at most an hour.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 3,600")]
fn whole_seconds(seconds: f64) -> u64 {
    seconds.ceil().clamp(1.0, 3_600.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: Option<&str> = Some("ann@shop.example");
    const HOME: &str = "192.0.2.1";

    fn start() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    /// How many of `tries` wrong guesses are let through.
    fn failed(throttle: &Throttle, account: Option<&str>, address: &str, tries: usize) -> usize {
        (0..tries).filter(|_| throttle.attempt(account, address, start()).is_ok()).count()
    }

    #[test]
    fn the_eleventh_wrong_guess_from_an_address_waits_and_only_there() {
        let throttle = Throttle::default();
        assert_eq!(failed(&throttle, ANN, HOME, 12), 10);
        assert!(matches!(
            throttle.attempt(ANN, HOME, start()),
            Err(AppError::Throttled { retry_after_s: 1..=11 })
        ));
        assert!(
            throttle.attempt(ANN, "192.0.2.2", start()).is_ok(),
            "Ann herself is not locked out"
        );
        assert!(throttle.attempt(Some("bob@shop.example"), HOME, start()).is_ok());
        let later = start().saturating_add(SignedDuration::from_secs(11)).unwrap();
        assert!(throttle.attempt(ANN, HOME, later).is_ok());
    }

    #[test]
    fn who_signs_in_is_never_charged() {
        let throttle = Throttle::default();
        for _ in 0..200 {
            throttle.attempt(ANN, HOME, start()).unwrap().succeed(start());
        }
        assert_eq!(failed(&throttle, ANN, HOME, 9), 9);
        throttle.attempt(ANN, HOME, start()).unwrap().succeed(start());
        assert_eq!(failed(&throttle, ANN, HOME, 12), 10, "the failures before are forgotten");
    }

    #[test]
    fn many_at_once_are_not_all_let_through() {
        let throttle = Throttle::default();
        let under_way: Vec<_> =
            (0..50).filter_map(|_| throttle.attempt(ANN, HOME, start()).ok()).collect();
        assert_eq!(under_way.len(), 10);
        for attempt in under_way {
            attempt.forgive(start());
        }
        assert_eq!(failed(&throttle, ANN, HOME, 12), 10);
    }

    #[test]
    fn an_address_cannot_try_many_accounts() {
        let throttle = Throttle::default();
        let accounts = (0..100).map(|n| format!("{n}@shop.example"));
        let through = accounts.filter(|name| failed(&throttle, Some(name), HOME, 1) == 1).count();
        assert_eq!(through, 30);
        assert_eq!(failed(&throttle, None, HOME, 1), 0, "nor the set-up link");
    }

    #[test]
    fn many_addresses_hold_up_strangers_but_not_who_signed_in_before() {
        let throttle = Throttle::default();
        throttle.attempt(ANN, HOME, start()).unwrap().succeed(start());
        let through: usize =
            (0..100).map(|n| failed(&throttle, ANN, &format!("198.51.100.{n}"), 5)).sum();
        assert_eq!(through, 100);
        assert!(throttle.attempt(ANN, "203.0.113.1", start()).is_err());
        assert!(throttle.attempt(ANN, HOME, start()).is_ok());
    }

    #[test]
    fn a_flood_of_keys_is_forgotten_once_it_owes_nothing() {
        let throttle = Throttle::default();
        for n in 0..5_000_u32 {
            let address = std::net::Ipv4Addr::from(n).to_string();
            let _ = throttle.attempt(Some(&format!("{n}@x")), &address, start());
        }
        let later = start().saturating_add(SignedDuration::from_mins(10)).unwrap();
        let _ = throttle.attempt(ANN, HOME, later);
        assert!(throttle.0.lock().unwrap().levels.len() < 10);
    }
}
