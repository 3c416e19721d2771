//! What is made of unusual events: their class, what drives them, which change brought them about,
//! what to do, and which of them are one incident.

mod changes;
mod drivers;
mod findings;
mod grouping;
mod recovery;
mod remedy;

pub use changes::{Evidence, Led, change, mends};
pub use drivers::{Counts, drivers, excess_shares, newcomers, ranked};
pub use findings::{
    Findings, Material, Shares, findings, hosts_of, leading_hosts, most_sent, sent_keys, values,
};
pub use grouping::{Found, grouped};
pub use recovery::recovery;
pub use remedy::{Facts, HostFacts, Standing, remedy, standing};

use super::model::Class;
use crate::codes::{self, Code, Fix, entry};

/// The class of an incident of `code`: what can be ended by a change, what is an attack once it rises
/// above its usual rate, what is ours; all else is noise.
pub fn class_of(code: &str) -> Class {
    let Some(entry) = entry(code) else { return Class::Noise };
    match entry.fix() {
        Fix::AllowHost | Fix::StartSite | Fix::RestoreSite | Fix::FindSite => Class::Fixable,
        Fix::ReplayWarning => Class::Attack,
        Fix::PlatformIncident => Class::Platform,
        Fix::WatchBaseline if entry.class == codes::Class::Attack => Class::Attack,
        Fix::None if entry.needs_operator_action() => Class::Fixable,
        Fix::WatchBaseline | Fix::None => Class::Noise,
    }
}

/// Whether `code` counts as the platform's where many sites have it at once, though it is a customer's
/// on one: everything but what follows from the state of a site.
pub fn spreads(code: &str) -> bool {
    !matches!(
        code.parse(),
        Ok(Code::SitePaused | Code::SiteDeleted | Code::NoSitekey | Code::SitekeyInvalid)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_the_class_that_its_fix_asks_for() {
        assert_eq!(class_of("referer_denied"), Class::Fixable);
        assert_eq!(class_of("sitekey_invalid"), Class::Fixable);
        assert_eq!(class_of("payload_used"), Class::Attack);
        assert_eq!(class_of("verify_limit"), Class::Attack);
        assert_eq!(class_of("tno_expired"), Class::Noise);
        assert_eq!(class_of("runtime_err"), Class::Platform);
        assert_eq!(class_of("of-no-catalogue"), Class::Noise);
    }
}
