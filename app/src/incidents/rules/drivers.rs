//! What drives an incident: which values the events beyond the usual ones have, and had before.

use crate::incidents::model::{Dimension, Driver};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// Values that explain less are not named.
const LEAST_SHARE: f64 = 0.05;
/// Of each dimension so many are named.
const NAMED: usize = 2;
/// With fewer events before the onset, nothing can be said of their shares.
const ENOUGH: i64 = 20;

/// So many standard deviations are no chance, whichever of thousands of values they are of.
const CERTAIN: f64 = 5.0;

/// A share that leaves little to explain.
const NEARLY_ALL: f64 = 0.8;

/// So many samples are enough to say that nearly all are of one client: of all clients, none has such a part by chance.
const ENOUGH_OF_CLIENT: i64 = 8;

/// Counts by value.
pub type Counts = Vec<(String, i64)>;

/// The values of one dimension that explain most of the excess.
///
/// `now` are the events since the onset, `before` those of as long a time before it times `1 / scale`:
/// of a day before an incident of one hour, `scale` is 1/24. Where hardly anything came before,
/// `usual`, the outcomes of any code, tells what share a value usually has.
pub fn drivers(
    dimension: Dimension,
    now: &Counts,
    before: &Counts,
    scale: f64,
    usual: &Counts,
) -> Vec<Driver> {
    let told = past(before, usual);
    let shares: HashMap<&str, f64> = told
        .iter()
        .map(|(value, count)| (value.as_str(), float(*count) / float(total(told))))
        .collect();
    excess_shares(now, before, scale)
        .into_iter()
        .filter(|(_, _, share)| *share >= LEAST_SHARE)
        .take(NAMED)
        .map(|(value, count, share)| {
            let before = shares.get(value.as_str()).copied().unwrap_or(0.0);
            let by_chance = by_chance((share, total(now)), (before, total(told)));
            Driver { dimension, value, others: 0, count, share, before, by_chance }
        })
        .collect()
}

/// The values that had no part in what came before, taken together under the one that explains most: of many small
/// ones, none explains much by itself. Nothing where there are fewer than two. See [`drivers`].
pub fn newcomers(
    dimension: Dimension,
    now: &Counts,
    before: &Counts,
    scale: f64,
    usual: &Counts,
) -> Option<Driver> {
    let told = past(before, usual);
    let known: HashSet<&str> = told.iter().map(|(value, _)| value.as_str()).collect();
    let new: Vec<(String, i64, f64)> = excess_shares(now, before, scale)
        .into_iter()
        .filter(|(value, ..)| !known.contains(value.as_str()))
        .collect();
    let others = new.len().checked_sub(1).filter(|others| *others > 0)?;
    let (count, share) =
        new.iter().fold((0, 0.0), |(all, whole), (_, count, share)| (all + count, whole + share));
    Some(Driver {
        dimension,
        value: new.into_iter().next()?.0,
        others: others.try_into().unwrap_or(u32::MAX),
        count,
        share,
        before: 0.0,
        by_chance: by_chance((share, total(now)), (0.0, total(told))),
    })
}

/// What tells the usual shares: the same events before, or the outcomes of any code where there were hardly any.
fn past<'a>(before: &'a Counts, usual: &'a Counts) -> &'a Counts {
    if total(before) >= ENOUGH { before } else { usual }
}

/// Whether two shares, each of so many events, may differ as much by chance. Where nothing is known of
/// before, there is no telling, and it may not.
fn by_chance((share, of): (f64, i64), (before, of_before): (f64, i64)) -> bool {
    if of == 0 || of_before == 0 {
        return false;
    }
    let (of, of_before) = (float(of), float(of_before));
    let pooled = (share * of + before * of_before) / (of + of_before);
    let deviation = (pooled * (1.0 - pooled) * (1.0 / of + 1.0 / of_before)).sqrt();
    share - before < CERTAIN * deviation
}

/// Each value with its count since the onset and its share of the excess, the largest first; nothing
/// where there is no excess. See [`drivers`].
pub fn excess_shares(now: &Counts, before: &Counts, scale: f64) -> Vec<(String, i64, f64)> {
    let expected: HashMap<&str, f64> =
        before.iter().map(|(value, count)| (value.as_str(), float(*count) * scale)).collect();
    let excess = |value: &str, count: i64| {
        (float(count) - expected.get(value).copied().unwrap_or(0.0)).max(0.0)
    };
    let all: f64 = now.iter().map(|(value, count)| excess(value, *count)).sum();
    if all <= 0.0 {
        return Vec::new();
    }
    let share =
        |(value, count): &(String, i64)| (value.clone(), *count, excess(value, *count) / all);
    let mut shares: Vec<(String, i64, f64)> = now.iter().map(share).collect();
    shares.sort_by(|(a, _, a_share), (b, _, b_share)| {
        b_share.total_cmp(a_share).then_with(|| a.cmp(b))
    });
    shares
}

/// The drivers of all dimensions, those that explain most first: a value that always had its share
/// explains nothing, and what may be chance comes last. Where a value that is counted explains nearly all,
/// none that is only sampled comes before it, but for one client that nearly all is of. Between equals, the dimension
/// that says most about the cause.
pub fn ranked(mut drivers: Vec<Driver>) -> Vec<Driver> {
    let is_sampled =
        |driver: &Driver| matches!(driver.dimension, Dimension::Client | Dimension::UserAgent);
    let is_settled = drivers
        .iter()
        .any(|driver| !is_sampled(driver) && driver.explains() && driver.share >= NEARLY_ALL);
    drivers.sort_by_key(|driver| {
        // To a twentieth: less is chance.
        #[expect(clippy::cast_possible_truncation, reason = "between -20 and 20")]
        let gain = ((driver.share - driver.before) * 20.0).round() as i64;
        let is_second = is_settled && is_sampled(driver) && !is_one_client(driver);
        let order = (Reverse(driver.explains()), is_second, driver.by_chance);
        (order, Reverse(gain), driver.dimension)
    });
    drivers
}

/// Whether nearly all is of one client.
fn is_one_client(driver: &Driver) -> bool {
    driver.dimension == Dimension::Client
        && driver.count >= ENOUGH_OF_CLIENT
        && driver.share >= NEARLY_ALL
}

fn total(counts: &Counts) -> i64 {
    counts.iter().map(|(_, count)| *count).sum()
}

#[expect(clippy::cast_precision_loss, reason = "shares need no more")]
fn float(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(of: &[(&str, i64)]) -> Counts {
        of.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect()
    }

    #[test]
    fn what_is_new_explains_more_than_what_was_always_there() {
        let now = counts(&[("www.shop.example", 3_000), ("spam.example", 100)]);
        let before = counts(&[("www.shop.example", 48), ("spam.example", 2_352)]);
        let found = drivers(Dimension::Host, &now, &before, 1.0 / 24.0, &Vec::new());
        assert_eq!(found[0].value, "www.shop.example");
        assert!(found[0].share > 0.99 && found[0].before < 0.03, "{found:?}");
        let edge = counts(&[("edge-1", 3_100)]);
        let always =
            drivers(Dimension::Source, &edge, &counts(&[("edge-1", 2_400)]), 0.04, &Vec::new());
        let all = ranked([always, found].concat());
        assert_eq!(all[0].value, "www.shop.example");
        assert!(all[0].explains() && !all[1].explains());
    }

    #[test]
    fn of_a_handful_of_events_a_larger_share_is_chance() {
        let before = counts(&[("Phone", 28), ("Desk", 72)]);
        let few = drivers(
            Dimension::UserAgent,
            &counts(&[("Phone", 6), ("Desk", 4)]),
            &before,
            0.0,
            &before,
        );
        assert!(few[0].share > 0.59 && !few[0].explains(), "{few:?}");
        let many = counts(&[("Phone", 180), ("Desk", 120)]);
        let many = drivers(Dimension::UserAgent, &many, &before, 0.0, &before);
        assert!(many[0].explains(), "{many:?}");
        let bots = drivers(Dimension::UserAgent, &counts(&[("curl", 5)]), &before, 0.0, &before);
        assert!(bots[0].explains(), "{bots:?}");
    }

    #[test]
    fn many_small_newcomers_explain_together_what_none_does_alone() {
        let hosts = |names: std::ops::Range<i64>, count: i64| -> Counts {
            names.map(|name| (format!("p{name}.biz"), count)).collect()
        };
        let strays = hosts(100..150, 10);
        let now = [hosts(0..40, 10), hosts(100..110, 1)].concat();
        let found = newcomers(Dimension::Host, &now, &strays, 0.01, &Vec::new()).unwrap();
        assert!(found.explains() && found.share > 0.95 && found.others == 39, "{found:?}");
        assert_eq!(found.count, 400);
        assert!(found.name().starts_with("host p0.biz and 39 others"), "{}", found.name());
        assert_eq!(newcomers(Dimension::Host, &strays, &strays, 0.01, &Vec::new()), None);
        assert_eq!(newcomers(Dimension::Host, &hosts(0..1, 9), &strays, 0.01, &Vec::new()), None);
    }

    #[test]
    fn one_client_comes_before_the_source_that_it_uses() {
        let driver = |dimension, value: &str, share, before, count| Driver {
            dimension,
            value: value.to_owned(),
            others: 0,
            count,
            share,
            before,
            by_chance: false,
        };
        let source = driver(Dimension::Source, "edge-1", 1.0, 0.4, 500);
        let first = |sampled: Driver| ranked(vec![source.clone(), sampled])[0].dimension;
        assert_eq!(first(driver(Dimension::Client, "bot", 1.0, 0.0, 15)), Dimension::Client);
        assert_eq!(first(driver(Dimension::Client, "bot", 1.0, 0.0, 5)), Dimension::Source);
        assert_eq!(first(driver(Dimension::UserAgent, "curl", 1.0, 0.0, 15)), Dimension::Source);
    }

    #[test]
    fn without_a_past_of_its_own_the_usual_outcomes_tell_the_shares() {
        let now = counts(&[("a.example", 50), ("b.example", 50)]);
        let usual = counts(&[("a.example", 500), ("b.example", 500)]);
        let found = drivers(Dimension::Host, &now, &Vec::new(), 0.1, &usual);
        assert!(found.iter().all(|driver| !driver.explains()), "{found:?}");
    }

    proptest! {
        #[test]
        fn shares_are_shares(
            now in proptest::collection::vec(("[a-e]", 0i64..1_000_000), 0..8),
            before in proptest::collection::vec(("[a-e]", 0i64..1_000_000), 0..8),
            scale in 0.0f64..2.0,
        ) {
            for driver in drivers(Dimension::Host, &now, &before, scale, &before) {
                prop_assert!((0.0..=1.0 + 1e-9).contains(&driver.share));
                prop_assert!((0.0..=1.0 + 1e-9).contains(&driver.before));
            }
        }
    }
}
