//! Our words about a code, shown beside the catalogue's and marked as ours.

use super::model::{CatalogueEntry, Class, Code, Twin};

/// The mark beside everything that is ours and not in the source document.
pub const OUR_READING: &str = "Our reading, not part of the catalogue";

impl CatalogueEntry {
    /// What usually causes it, as a sentence (ours).
    pub fn usual_cause(&self) -> String {
        let mut rest = self.cause.chars();
        let first = rest.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(rest).chain(['.']).collect()
    }

    /// Who can make it stop (ours).
    pub const fn who_can_fix(&self) -> &'static str {
        match self.class {
            Class::Operator => "You, in this console.",
            Class::Integrator => "Whoever maintains the customer's page or backend.",
            Class::Client => "The visitor, by trying again.",
            Class::Platform => "We, the operators of the service.",
            Class::Attack => {
                "A possible attack: you decide, once it rises above the site's usual level."
            }
        }
    }

    /// What to do about it (ours).
    pub const fn what_to_do(&self) -> &'static str {
        match self.code {
            Code::InternalError => {
                "Compare the page's widget parameters with the site's integration snippet."
            }
            Code::InvalidSitekey => {
                "Find the site by its hosts and copy its sitekey into the page."
            }
            Code::NetworkError => {
                "Check how many sites see it: one visitor's network is theirs, many sites at once are us."
            }
            Code::RequestTimeout => {
                "Check how many sites see it: one slow connection is theirs, many sites at once are us."
            }
            Code::Forbidden => {
                "Review the policy if real people report it; otherwise watch the baseline."
            }
            Code::VerificationExpired => {
                "Leave it at a low, steady rate: the visitor starts again."
            }
            Code::DecryptFail => {
                "Watch the baseline; above it, look for one client or an outdated SDK."
            }
            Code::TimeInvalid => "Watch the baseline; above it, look for replayed requests.",
            Code::RefererDenied => {
                "Allow the rejected hosts that are yours, one by one; ignore the rest."
            }
            Code::VerifyLimit => {
                "Watch the baseline; above it, look for clients that guess answers."
            }
            Code::RefreshLimit => {
                "Watch the baseline; above it, look for clients that harvest challenges."
            }
            Code::NoSitekey => "Find the site by its hosts and put its sitekey into the page.",
            Code::SitekeyInvalid => {
                "Check the key that was sent: mistyped, retired or revoked; then copy the right one."
            }
            Code::SiteDeleted => {
                "Restore the site within 30 days, or give its pages the successor's sitekey."
            }
            Code::SitePaused => "Start the site, or give its pages the sitekey of an active one.",
            Code::InvalidRuntimeData | Code::RuntimeDataMissing => {
                "Watch the baseline; above it, look for scripts that skip the widget."
            }
            Code::NoTno => {
                "Watch the baseline; above it, look for scripts that invent trace numbers."
            }
            Code::TnoInvalid | Code::TnoFormatErr => {
                "Watch the baseline; above it, look for scripts that alter trace numbers."
            }
            Code::TnoMissing => {
                "Check how many sites see it: many at once mean our cache lost data."
            }
            Code::TnoMismatch => {
                "Check that the sitekey and the secret belong to one site; then watch the baseline."
            }
            Code::TnoExpired => {
                "Leave it at a low, steady rate; above the baseline, look for slow submissions."
            }
            Code::TokenErr => "Check that the customer's backend uses this site's secret.",
            Code::PayloadErr => {
                "Check that the customer's backend passes the response on unchanged."
            }
            Code::PayloadUsed => {
                "Look at the traces: bursts from strangers are replay, pairs from one backend are retries."
            }
            Code::RuntimeErr => "Open an incident: the failure is ours.",
        }
    }

    /// The code it is easily mistaken for, if there is one.
    pub const fn twin(&self) -> Option<Twin> {
        const SITEKEY: &str = "invalid_sitekey comes from the widget in the browser before the \
            server is asked; sitekey_invalid is the server's own verdict on the key.";
        const MISSING: &str = "no_tno means that the request brought no trace number we know; \
            tno_missing means that we lost what we had stored for it.";
        const FORMAT: &str = "Both say that a trace number is badly formed; the catalogue does \
            not say how they differ, so they are counted apart.";
        let (code, difference) = match self.code {
            Code::InvalidSitekey => (Code::SitekeyInvalid, SITEKEY),
            Code::SitekeyInvalid => (Code::InvalidSitekey, SITEKEY),
            Code::NoTno => (Code::TnoMissing, MISSING),
            Code::TnoMissing => (Code::NoTno, MISSING),
            Code::TnoInvalid => (Code::TnoFormatErr, FORMAT),
            Code::TnoFormatErr => (Code::TnoInvalid, FORMAT),
            _ => return None,
        };
        Some(Twin { code, difference })
    }
}

#[cfg(test)]
mod tests {
    use super::super::CATALOGUE;
    use super::*;

    #[test]
    fn our_words_are_sentences() {
        for entry in &CATALOGUE {
            for words in [entry.usual_cause().as_str(), entry.who_can_fix(), entry.what_to_do()] {
                assert!(words.starts_with(|c: char| c.is_ascii_uppercase()), "{words}");
                assert!(words.ends_with('.') && !words.ends_with(".."), "{words}");
                assert!(!words.contains("  "), "{words}");
            }
        }
        assert_eq!(
            Code::RefererDenied.entry().usual_cause(),
            "A domain missing from the list, or somebody else's page using the sitekey."
        );
    }

    #[test]
    fn twins_name_each_other() {
        let twins = CATALOGUE.iter().filter_map(|entry| Some((entry.code, entry.twin()?)));
        assert_eq!(twins.clone().count(), 6);
        for (code, twin) in twins {
            let back = twin.code.entry().twin().unwrap();
            assert_eq!(back.code, code);
            assert_eq!(back.difference, twin.difference);
            assert!(!twin.difference.contains("  "));
        }
    }
}
