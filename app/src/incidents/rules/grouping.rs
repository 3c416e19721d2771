//! Which unusual series are one incident: the same code on many sites at once is one, not fifty.

use super::{class_of, spreads};
use crate::incidents::model::Class;
use crate::sites::model::SiteId;
use jiff::Timestamp;

/// So many sites at once are no coincidence.
const MANY: usize = 5;
/// A site with so much of the excess is a case of its own, whatever the others do.
const OWN_CASE: f64 = 0.5;

/// A code of which one site, or all together, had unusually many.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The code.
    pub code: String,
    /// The site; none across sites.
    pub site: Option<SiteId>,
    /// The start of the first unusual minute.
    pub onset: Timestamp,
    /// Events since then.
    pub count: i64,
    /// How many of them are usual.
    pub expected: f64,
}

impl Found {
    #[expect(clippy::cast_precision_loss, reason = "shares need no more")]
    fn excess(&self) -> f64 {
        (self.count as f64 - self.expected).max(0.0)
    }
}

/// The incidents of one code: `sites` are those with unusually many, `across` the same of all sites
/// together, `open` says whether there is an incident across sites already.
pub fn grouped(code: &str, sites: Vec<Found>, across: Option<Found>, open: bool) -> Vec<Found> {
    let ours = class_of(code) == Class::Platform;
    let excess: f64 = sites.iter().map(Found::excess).sum();
    let own_case = |found: &Found| excess > 0.0 && found.excess() / excess > OWN_CASE;
    if !spreads(code) {
        return sites;
    }
    let many = sites.len() >= MANY && !sites.iter().any(own_case);
    if !open && !many {
        // Thin on each site and much on all together is ours, and nothing else can be.
        return match across {
            Some(across) if ours && (sites.is_empty() || sites.len() > 1) => vec![across],
            _ => sites,
        };
    }
    if open {
        return sites.into_iter().filter(own_case).collect();
    }
    vec![across.unwrap_or_else(|| Found {
        code: code.to_owned(),
        site: None,
        onset: sites.iter().map(|found| found.onset).min().unwrap_or_default(),
        count: sites.iter().map(|found| found.count).sum(),
        expected: sites.iter().map(|found| found.expected).sum(),
    })]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(site: Option<i64>, code: &str, count: i64) -> Found {
        let onset = Timestamp::UNIX_EPOCH;
        Found { code: code.to_owned(), site: site.map(SiteId), onset, count, expected: 1.0 }
    }

    fn sites(code: &str, counts: &[i64]) -> Vec<Found> {
        (1..).zip(counts).map(|(site, count)| found(Some(site), code, *count)).collect()
    }

    fn told(code: &str, counts: &[i64], across: bool, open: bool) -> Vec<Option<i64>> {
        let all = counts.iter().sum::<i64>().max(50);
        let across = across.then(|| found(None, code, all));
        let found = grouped(code, sites(code, counts), across, open);
        found.into_iter().map(|found| found.site.map(|site| site.0)).collect()
    }

    #[test]
    fn many_sites_at_once_are_one_incident() {
        assert_eq!(told("runtime_err", &[40, 50, 40, 60, 50], true, false), [None]);
        assert_eq!(told("referer_denied", &[40, 50, 40, 60, 50], false, false), [None]);
        assert_eq!(told("referer_denied", &[40, 50], true, false), [Some(1), Some(2)]);
    }

    #[test]
    fn a_site_with_most_of_it_stays_a_case_of_its_own() {
        let few_and_one = told("referer_denied", &[4_000, 50, 40, 60, 50], true, false);
        assert_eq!(few_and_one.len(), 5);
        assert_eq!(told("runtime_err", &[4_000], true, false), [Some(1)]);
    }

    #[test]
    fn while_it_is_open_across_sites_no_other_is_opened() {
        assert_eq!(told("runtime_err", &[40, 50, 40], true, true), []);
        assert_eq!(told("runtime_err", &[4_000, 50], true, true), [Some(1)]);
    }

    #[test]
    fn thin_everywhere_is_ours_only_where_it_can_be() {
        assert_eq!(told("runtime_err", &[], true, false), [None]);
        assert_eq!(told("referer_denied", &[], true, false), []);
    }

    #[test]
    fn the_state_of_a_site_is_its_own() {
        assert_eq!(told("site_paused", &[40, 50, 40, 60, 50], true, false).len(), 5);
    }
}
