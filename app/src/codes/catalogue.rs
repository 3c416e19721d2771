//! The catalogue as a Rust table: the columns of `catalogue.csv`, then those of
//! `notes.csv`, word for word, in the order of the source.

use super::model::{CatalogueEntry, Class, Code, Family};

/// Every catalogued code, in the order of [`Code::ALL`] and of the source document.
pub static CATALOGUE: [CatalogueEntry; Code::ALL.len()] = [
    CatalogueEntry {
        code: Code::InternalError,
        family: Family::Web,
        description: "Invalid query parameters",
        action: "Verify request parameters and format",
        step: "init or load",
        class: Class::Integrator,
        cause: "the page builds the widget's URL or parameters wrongly; not an outage",
    },
    CatalogueEntry {
        code: Code::InvalidSitekey,
        family: Family::Web,
        description: "Site key is invalid",
        action: "Confirm the correct site key is being used",
        step: "init",
        class: Class::Integrator,
        cause: "key mistyped or from another environment; seen in the browser before the server is asked",
    },
    CatalogueEntry {
        code: Code::NetworkError,
        family: Family::Web,
        description: "Network connection issue",
        action: "Check network connectivity",
        step: "any",
        class: Class::Client,
        cause: "one user's connection, an ad blocker or the page's CSP; many at once: our outage",
    },
    CatalogueEntry {
        code: Code::RequestTimeout,
        family: Family::Web,
        description: "Request timed out",
        action: "Retry request or check network stability",
        step: "any",
        class: Class::Client,
        cause: "slow connection; many at once: our latency",
    },
    CatalogueEntry {
        code: Code::Forbidden,
        family: Family::Web,
        description: "Policy violation triggered",
        action: "Wait before retrying",
        step: "load or verify",
        class: Class::Attack,
        cause: "policy block; an operator reviews it when real people report it",
    },
    CatalogueEntry {
        code: Code::VerificationExpired,
        family: Family::Web,
        description: "Challenge session expired",
        action: "Refresh and restart verification",
        step: "verify",
        class: Class::Client,
        cause: "the user was too slow; expected at a low steady rate",
    },
    CatalogueEntry {
        code: Code::DecryptFail,
        family: Family::Server,
        description: "parameter decryption failed",
        action: "-",
        step: "load or verify",
        class: Class::Attack,
        cause: "forged request or an outdated SDK; low rates are noise",
    },
    CatalogueEntry {
        code: Code::TimeInvalid,
        family: Family::Server,
        description: "timestamp validation failed",
        action: "-",
        step: "verify",
        class: Class::Client,
        cause: "device clock skew; at volume, replay",
    },
    CatalogueEntry {
        code: Code::RefererDenied,
        family: Family::Server,
        description: "referrer access denied",
        action: "Adjust the site's \"Associated Domains\" list.",
        step: "load",
        class: Class::Operator,
        cause: "a domain missing from the list, or somebody else's page using the sitekey",
    },
    CatalogueEntry {
        code: Code::VerifyLimit,
        family: Family::Server,
        description: "verification attempts limit reached",
        action: "-",
        step: "verify",
        class: Class::Attack,
        cause: "guessing the answer; low rates are noise",
    },
    CatalogueEntry {
        code: Code::RefreshLimit,
        family: Family::Server,
        description: "refresh attempts limit reached",
        action: "-",
        step: "refresh",
        class: Class::Attack,
        cause: "harvesting challenges; low rates are noise",
    },
    CatalogueEntry {
        code: Code::NoSitekey,
        family: Family::Server,
        description: "site key not provided",
        action: "Check and make sure you are using the correct sitekey.",
        step: "init or load",
        class: Class::Integrator,
        cause: "the integration leaves the sitekey out (template variable empty)",
    },
    CatalogueEntry {
        code: Code::SitekeyInvalid,
        family: Family::Server,
        description: "invalid site key",
        action: "Check and make sure you are using the correct sitekey.",
        step: "load or siteverify",
        class: Class::Integrator,
        cause: "typo, another environment's key, or a key revoked or past its grace",
    },
    CatalogueEntry {
        code: Code::SiteDeleted,
        family: Family::Server,
        description: "site has been deleted",
        action: "Replace sitekey with the sitekey of the site that was not deleted.",
        step: "load or siteverify",
        class: Class::Integrator,
        cause: "a page still carries the key of a deleted site; the operator supplies the successor's key",
    },
    CatalogueEntry {
        code: Code::SitePaused,
        family: Family::Server,
        description: "site has been paused",
        action: "Start the site or replace the sitekey with the sitekey of the active site.",
        step: "load or siteverify",
        class: Class::Operator,
        cause: "the site was paused on purpose or by accident",
    },
    CatalogueEntry {
        code: Code::InvalidRuntimeData,
        family: Family::Server,
        description: "runtime data not provided",
        action: "-",
        step: "verify",
        class: Class::Attack,
        cause: "a script calls verify without the widget's runtime data",
    },
    CatalogueEntry {
        code: Code::NoTno,
        family: Family::Server,
        description: "trace number not found",
        action: "-",
        step: "refresh or verify",
        class: Class::Attack,
        cause: "no trace number sent or an unknown one",
    },
    CatalogueEntry {
        code: Code::TnoInvalid,
        family: Family::Server,
        description: "invalid trace number format",
        action: "-",
        step: "refresh or verify",
        class: Class::Attack,
        cause: "trace number malformed or tampered with",
    },
    CatalogueEntry {
        code: Code::RuntimeDataMissing,
        family: Family::Server,
        description: "runtime data missing",
        action: "-",
        step: "verify",
        class: Class::Attack,
        cause: "a script without the widget",
    },
    CatalogueEntry {
        code: Code::TnoMissing,
        family: Family::Server,
        description: "trace number data missing",
        action: "-",
        step: "verify or siteverify",
        class: Class::Client,
        cause: "our stored state for the trace is gone; on many sites at once: our cache lost data",
    },
    CatalogueEntry {
        code: Code::TnoFormatErr,
        family: Family::Server,
        description: "trace number format error",
        action: "-",
        step: "refresh or verify",
        class: Class::Attack,
        cause: "near twin of tno_invalid",
    },
    CatalogueEntry {
        code: Code::TnoMismatch,
        family: Family::Server,
        description: "trace number does not match",
        action: "-",
        step: "verify or siteverify",
        class: Class::Attack,
        cause: "two sessions mixed; or sitekey and secret of different sites",
    },
    CatalogueEntry {
        code: Code::TnoExpired,
        family: Family::Server,
        description: "trace number has expired",
        action: "-",
        step: "verify or siteverify",
        class: Class::Client,
        cause: "submitted too late; expected at a low steady rate",
    },
    CatalogueEntry {
        code: Code::TokenErr,
        family: Family::Server,
        description: "token processing failed",
        action: "-",
        step: "siteverify",
        class: Class::Integrator,
        cause: "damaged token or the wrong secret",
    },
    CatalogueEntry {
        code: Code::PayloadErr,
        family: Family::Server,
        description: "payload data corrupted",
        action: "-",
        step: "verify or siteverify",
        class: Class::Integrator,
        cause: "response truncated or altered on its way through the customer's backend",
    },
    CatalogueEntry {
        code: Code::PayloadUsed,
        family: Family::Server,
        description: "payload has been used",
        action: "The same response is used for multiple server-side verifications. Beware of replay attacks.",
        step: "siteverify",
        class: Class::Attack,
        cause: "the same response verified twice: replay, or the customer's backend retries or double-submits",
    },
    CatalogueEntry {
        code: Code::RuntimeErr,
        family: Family::Server,
        description: "system execution failure",
        action: "Please try again later, or you can contact us with your response and sitekey information.",
        step: "any",
        class: Class::Platform,
        cause: "our failure",
    },
];

// `Code::entry` indexes the table by discriminant, so the orders must agree.
const _: () = {
    let mut index = 0;
    while index < CATALOGUE.len() {
        assert!(CATALOGUE[index].code as usize == index);
        assert!(Code::ALL[index] as usize == index);
        index += 1;
    }
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    type Row = (String, String, String, String);

    /// The first four columns of a CSV file, all rows, header checked.
    fn rows(text: &str, columns: [&str; 4]) -> BTreeSet<Row> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().unwrap().clone();
        let at = columns.map(|name| headers.iter().position(|header| header == name).unwrap());
        reader
            .records()
            .map(|record| {
                let record = record.unwrap();
                let [a, b, c, d] = at.map(|column| record[column].to_owned());
                (a, b, c, d)
            })
            .collect()
    }

    #[test]
    fn table_equals_the_source_document_word_for_word() {
        let source =
            rows(include_str!("catalogue.csv"), ["family", "code", "description", "action"]);
        let table: BTreeSet<Row> = CATALOGUE
            .iter()
            .map(|entry| {
                (
                    entry.family.as_str().to_owned(),
                    entry.code.as_str().to_owned(),
                    entry.description.to_owned(),
                    entry.action.to_owned(),
                )
            })
            .collect();
        assert_eq!(source.len(), 27);
        assert_eq!(table, source);
    }

    #[test]
    fn table_equals_our_notes_word_for_word() {
        let notes = rows(
            include_str!("notes.csv"),
            ["code", "step", "class", "likely cause (ours; not in the source document)"],
        );
        let table: BTreeSet<Row> = CATALOGUE
            .iter()
            .map(|entry| {
                (
                    entry.code.as_str().to_owned(),
                    entry.step.to_owned(),
                    entry.class.as_str().to_owned(),
                    entry.cause.to_owned(),
                )
            })
            .collect();
        assert_eq!(notes.len(), 27);
        assert_eq!(table, notes);
    }

    #[test]
    fn table_is_in_the_order_of_the_source_document() {
        let mut reader = csv::Reader::from_reader(include_str!("catalogue.csv").as_bytes());
        let source: Vec<String> =
            reader.records().map(|record| record.unwrap()[1].to_owned()).collect();
        assert_eq!(source, Code::ALL.map(Code::as_str));
    }
}
