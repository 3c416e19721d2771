//! What fits a search, and how well.

use super::model::{Hit, Kind};
use crate::codes::Code;

/// The longest search that is looked for, in bytes.
pub const LONGEST: usize = 253;

/// The pages that can be gone to by name, with other words for them.
const PAGES: [(&str, &str, &str); 14] = [
    ("Overview", "home dashboard", "/"),
    ("Sites", "list", "/sites"),
    ("Create a site", "new add", "/sites/new"),
    ("Errors", "codes statistics", "/errors"),
    ("Live", "tail samples events follow stream", "/errors/live"),
    ("Incidents", "alerts spikes unusual outage", "/incidents"),
    ("Rejected hosts", "inbox referer denied domains allow", "/errors/hosts"),
    ("Which key is this?", "sitekey secret find", "/keys"),
    ("Verifiers", "sources edge silent", "/verifiers"),
    ("Audit", "trail activity changes undo", "/audit"),
    ("API tokens", "settings bearer", "/settings/tokens"),
    ("Alerts", "settings webhook slack e-mail notifications rules", "/settings/alerts"),
    ("Maintenance", "settings window quiet alerts", "/settings/maintenance"),
    ("Storage", "settings retention partitions database disk", "/settings/storage"),
];

/// How well `text` fits `query`, the best first: it is it, begins with it, has a word that begins
/// with it, holds it. Case does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// The whole of it.
    Whole,
    /// Its beginning.
    Start,
    /// The beginning of one of its words.
    Word,
    /// A part of it.
    Part,
}

/// How well `text` fits `query`, if it does. An empty query fits nothing.
pub fn fit(query: &str, text: &str) -> Option<Fit> {
    let (query, text) = (query.trim().to_lowercase(), text.to_lowercase());
    if query.is_empty() {
        return None;
    }
    let words = || text.split(|letter: char| !letter.is_alphanumeric());
    match text.find(&query)? {
        0 if text.len() == query.len() => Some(Fit::Whole),
        0 => Some(Fit::Start),
        _ if words().any(|word| word.starts_with(&query)) => Some(Fit::Word),
        _ => Some(Fit::Part),
    }
}

/// Whether a query holds what may be a secret, which is not sent to be looked for.
pub fn holds_secret(query: &str) -> bool {
    query.contains("secret_")
}

/// The pages whose name or other words fit; all of them without a query.
pub fn pages(query: &str) -> Vec<Hit> {
    let all = query.trim().is_empty();
    let hit = |label: &str, href: &str| Hit {
        kind: Kind::Page,
        label: label.to_owned(),
        detail: String::new(),
        href: href.to_owned(),
    };
    let mut found: Vec<_> = PAGES
        .iter()
        .filter_map(|(label, words, href)| {
            let by_words = || fit(query, words).map(|_| Fit::Part);
            let fit = fit(query, label).or_else(by_words);
            (all || fit.is_some()).then(|| (fit, hit(label, href)))
        })
        .collect();
    found.sort_by_key(|(fit, _)| *fit);
    found.into_iter().map(|(_, hit)| hit).collect()
}

/// The codes whose name fits.
pub fn codes(query: &str) -> Vec<Hit> {
    let hit = |code: Code| Hit {
        kind: Kind::Code,
        label: code.as_str().to_owned(),
        detail: code.entry().description.to_owned(),
        href: format!("/errors/{}", code.as_str()),
    };
    let mut found: Vec<_> = Code::ALL
        .into_iter()
        .filter_map(|code| fit(query, code.as_str()).map(|fit| (fit, hit(code))))
        .collect();
    found.sort_by_key(|(fit, _)| *fit);
    found.into_iter().map(|(_, hit)| hit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::rules::mint_secret;
    use proptest::prelude::*;

    #[test]
    fn the_better_fit_comes_first() {
        assert_eq!(fit("shop", "Shop"), Some(Fit::Whole));
        assert_eq!(fit("shop", "shop.example"), Some(Fit::Start));
        assert_eq!(fit("example", "shop.example"), Some(Fit::Word));
        assert_eq!(fit("amp", "shop.example"), Some(Fit::Part));
        assert_eq!(fit("bank", "shop.example"), None);
        assert_eq!(fit(" ", "shop.example"), None);
    }

    #[test]
    fn a_page_is_found_by_other_words_too() {
        assert_eq!(pages("trail")[0].href, "/audit");
        assert_eq!(pages("").len(), PAGES.len());
        assert!(pages("zzz").is_empty());
    }

    #[test]
    fn a_secret_is_told_from_what_may_be_looked_for() {
        let secret = mint_secret(|bytes| bytes.fill(7));
        assert!(holds_secret(&format!("\"{}\"", secret.reveal())));
        assert!(!holds_secret("the secret shop"));
        assert_eq!(pages("Which key is this?")[0].href, "/keys");
    }

    #[test]
    fn a_code_is_found_by_a_part_of_its_name() {
        let found: Vec<_> = codes("denied").into_iter().map(|hit| hit.label).collect();
        assert_eq!(found, ["referer_denied"]);
    }

    proptest! {
        #[test]
        fn a_text_fits_itself(text in "\\PC{1,40}") {
            prop_assume!(!text.trim().is_empty() && text.trim() == text);
            prop_assert_eq!(fit(&text, &text), Some(Fit::Whole));
        }

        #[test]
        fn no_query_makes_it_panic(query in "\\PC*") {
            let _ = (pages(&query), codes(&query));
        }
    }
}
