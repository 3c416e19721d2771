//! Slows down guessing, per account and per address. In memory: a restart forgives, and a second
//! replica doubles the allowance, which still keeps guessing hopeless.

use crate::error::AppError;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;

/// Ten tries at once for an account, then one every ten seconds; three times that for an address,
/// behind which a whole office may sit.
pub struct Throttle {
    accounts: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
}

const ACCOUNT_BURST: NonZeroU32 = NonZeroU32::new(10).expect("10 is not zero");
const ADDRESS_BURST: NonZeroU32 = NonZeroU32::new(30).expect("30 is not zero");
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(6).expect("6 is not zero");
const ADDRESS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(18).expect("18 is not zero");
/// Above this many remembered keys, the idle ones are forgotten.
const REMEMBERED: usize = 10_000;

impl Default for Throttle {
    fn default() -> Self {
        Self {
            accounts: RateLimiter::keyed(Quota::per_minute(PER_MINUTE).allow_burst(ACCOUNT_BURST)),
            addresses: RateLimiter::keyed(
                Quota::per_minute(ADDRESS_PER_MINUTE).allow_burst(ADDRESS_BURST),
            ),
            clock: DefaultClock::default(),
        }
    }
}

impl Throttle {
    /// Counts one attempt on `account` from `address`, or says how long to wait.
    pub fn attempt(&self, account: &str, address: &str) -> Result<(), AppError> {
        for (limiter, key) in [(&self.addresses, address), (&self.accounts, account)] {
            if limiter.len() > REMEMBERED {
                limiter.retain_recent();
            }
            limiter.check_key(&key.to_owned()).map_err(|until| AppError::Throttled {
                retry_after_s: until.wait_time_from(self.clock.now()).as_secs() + 1,
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_try_on_an_account_waits() {
        let throttle = Throttle::default();
        for _ in 0..10 {
            assert_eq!(throttle.attempt("ann@shop.example", "192.0.2.1"), Ok(()));
        }
        assert!(matches!(
            throttle.attempt("ann@shop.example", "192.0.2.1"),
            Err(AppError::Throttled { retry_after_s: 1..=11 })
        ));
        assert_eq!(throttle.attempt("bob@shop.example", "192.0.2.1"), Ok(()));
    }

    #[test]
    fn an_address_cannot_try_many_accounts() {
        let throttle = Throttle::default();
        let refused = (0..100)
            .filter(|n| throttle.attempt(&format!("{n}@shop.example"), "192.0.2.1").is_err())
            .count();
        assert_eq!(refused, 70);
    }
}
