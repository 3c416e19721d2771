//! Several domains at once.

use super::paste::{Piece, take_apart};
use super::{Canonical, Refusal, canonicalise};
use crate::error as form;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// The most domains that are taken at once.
pub const MOST_LINES: usize = 5_000;

/// One domain of a list and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// What was typed, and where.
    pub piece: Piece<'a>,
    /// The entry it would be, or why it is none.
    pub outcome: Result<Canonical, Refusal>,
    /// The line on which the same entry stands before.
    pub repeats: Option<usize>,
}

/// Judges each domain of a list by itself. Nothing typed is left out, save empty lines and a header.
///
/// # Errors
/// Refuses a list with nothing on it, and one of more than [`MOST_LINES`].
pub fn judge_lines(typed: &str, include_subdomains: bool) -> Result<Vec<Line<'_>>, form::Refusal> {
    let pieces = take_apart(typed).pieces;
    if pieces.len() > MOST_LINES {
        let message =
            format!("These are {} domains. Add at most {MOST_LINES} at once.", pieces.len());
        return Err(form::Refusal::new("too_many_lines", "pattern", message));
    }
    if pieces.is_empty() {
        return Err(Refusal::Empty.into());
    }
    let mut seen = HashMap::with_capacity(pieces.len());
    let mut lines = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let outcome = canonicalise(piece.text, include_subdomains);
        let repeats = outcome.as_ref().ok().and_then(|Canonical { pattern, .. }| {
            match seen.entry((pattern.host.clone(), pattern.port)) {
                Entry::Occupied(first) => Some(*first.get()),
                Entry::Vacant(free) => {
                    free.insert(piece.line);
                    None
                }
            }
        });
        lines.push(Line { piece, outcome, repeats });
    }
    Ok(lines)
}

/// Turns a list into associated domains; what stands there twice counts once.
///
/// # Errors
/// Says which line is refused (when there are several), why, and what would be accepted; of several
/// that are refused, how many they are and which is the first.
pub fn canonicalise_lines(
    typed: &str,
    include_subdomains: bool,
) -> Result<Vec<Canonical>, form::Refusal> {
    let lines = judge_lines(typed, include_subdomains)?;
    let all = lines.len();
    let wrong = lines.iter().filter(|line| line.outcome.is_err()).count();
    let mut canonicals = Vec::with_capacity(all);
    for Line { piece, outcome, repeats } in lines {
        let canonical = outcome.map_err(|refusal| first_of(wrong, all, piece.line, refusal))?;
        if repeats.is_none() {
            canonicals.push(canonical);
        }
    }
    Ok(canonicals)
}

/// Turns entries that were given one by one, as on a command line, into associated domains.
///
/// # Errors
/// Says which entry is refused (when there are several), an empty one included.
pub fn canonicalise_each(
    entries: &[String],
    include_subdomains: bool,
) -> Result<Vec<Canonical>, form::Refusal> {
    let several = entries.len() > 1;
    let mut canonicals: Vec<Canonical> = Vec::with_capacity(entries.len());
    let mut seen = HashSet::with_capacity(entries.len());
    for (number, entry) in (1..).zip(entries) {
        let canonical = canonicalise(entry, include_subdomains)
            .map_err(|refusal| at_place("Domain", number, several, refusal))?;
        let Canonical { pattern, .. } = &canonical;
        if seen.insert((pattern.host.clone(), pattern.port)) {
            canonicals.push(canonical);
        }
    }
    Ok(canonicals)
}

/// The refusal of the first of `wrong` domains among `all`.
fn first_of(wrong: usize, all: usize, line: usize, refusal: Refusal) -> form::Refusal {
    if wrong < 2 {
        return at_place("Line", line, all > 1, refusal);
    }
    let mut refusal = form::Refusal::from(refusal);
    let message = &refusal.message;
    refusal.message = format!(
        "{wrong} of {all} domains cannot be added; the first stands on line {line}: {message}"
    );
    refusal
}

fn at_place(what: &str, number: usize, several: bool, refusal: Refusal) -> form::Refusal {
    let mut refusal = form::Refusal::from(refusal);
    if several {
        refusal.message = format!("{what} {number}: {}", refusal.message);
    }
    refusal
}

/// `typed` with its first refused domain replaced by what would be accepted, and how *include
/// subdomains* should be set then; `None` when nothing is refused or nothing can be suggested. What one
/// of several domains asks for is not done to all of them.
pub fn suggested_lines(typed: &str, include_subdomains: bool) -> Option<(String, bool)> {
    let pieces = take_apart(typed).pieces;
    let alone = pieces.len() == 1;
    let (at, refusal) = pieces.into_iter().find_map(|Piece { text, at, .. }| {
        canonicalise(text, include_subdomains).err().map(|refusal| (at, refusal))
    })?;
    let suggested = refusal.suggested()?;
    let mut corrected = typed.to_owned();
    corrected.replace_range(at, &suggested.input);
    let include = suggested.include_subdomains.filter(|_| alone).unwrap_or(include_subdomains);
    // The same again would be refused again.
    (corrected != typed || include != include_subdomains).then_some((corrected, include))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn accepted(typed: &str) -> Vec<String> {
        let canonicals = canonicalise_lines(typed, false).unwrap();
        canonicals.iter().map(|canonical| canonical.pattern.to_string()).collect()
    }

    #[test]
    fn empty_lines_and_repetitions_are_skipped() {
        let typed = "shop.example\r\n\n  https://SHOP.example/cart\napi.example\n";
        assert_eq!(accepted(typed), ["shop.example", "api.example"]);
        assert_eq!(accepted("domain,owner\nshop.example,Ann\n"), ["shop.example"]);
        let lines = judge_lines(typed, false).unwrap();
        let repeats: Vec<_> = lines.iter().map(|line| line.repeats).collect();
        assert_eq!(repeats, [None, Some(1), None]);
    }

    #[test]
    fn the_refused_line_is_named_among_several() {
        let refusal = canonicalise_lines("shop.example\n\nco.uk", false).unwrap_err();
        assert_eq!((&*refusal.code, &*refusal.field), ("public_suffix", "pattern"));
        assert!(refusal.message.starts_with("Line 3: co.uk is a public suffix"), "{refusal:?}");
        let two = canonicalise_lines("shop.example\nco.uk\ncom", false).unwrap_err();
        let told = "2 of 3 domains cannot be added; the first stands on line 2: co.uk is a public";
        assert!(two.message.starts_with(told), "{two:?}");
        let alone = canonicalise_lines("co.uk", false).unwrap_err();
        assert!(alone.message.starts_with("co.uk is a public suffix"), "{alone:?}");
    }

    #[test]
    fn an_entry_given_by_itself_is_never_passed_over() {
        let each = |entries: &[&str]| {
            let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
            canonicalise_each(&entries, false)
        };
        let empty = each(&["shop.example", ""]).unwrap_err();
        assert_eq!(empty.code, "empty");
        assert!(empty.message.starts_with("Domain 2: "), "{empty:?}");
        assert_eq!(each(&["a.example,b.example"]).unwrap_err().code, "several");
        assert_eq!(each(&["a.example", "A.example."]).unwrap().len(), 1);
        assert_eq!(each(&[]), Ok(Vec::new()));
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        assert_eq!(canonicalise_lines(" \n", false).unwrap_err().code, "empty");
        let many = "shop.example\n".repeat(MOST_LINES + 1);
        assert_eq!(canonicalise_lines(&many, false).unwrap_err().code, "too_many_lines");
    }

    #[test]
    fn a_suggestion_replaces_the_refused_domain_alone() {
        let suggested = suggested_lines("shop.example\n*.api.example, x.example", false);
        assert_eq!(suggested, Some(("shop.example\napi.example, x.example".to_owned(), false)));
        let alone = suggested_lines("*.api.example", false);
        assert_eq!(alone, Some(("api.example".to_owned(), true)));
        assert_eq!(suggested_lines("shop.example", false), None);
    }

    proptest! {
        #[test]
        fn a_line_is_taken_as_it_would_be_alone(
            typed in "[a-z*@.:/-]{1,24}", include in any::<bool>(),
        ) {
            let alone =
                canonicalise(&typed, include).map(|one| vec![one]).map_err(form::Refusal::from);
            let header = take_apart(&typed).pieces.is_empty();
            prop_assert!(header || canonicalise_lines(&typed, include) == alone);
        }

        #[test]
        fn every_piece_gets_a_verdict(typed in "([a-z.*/ ,;\\n]|co\\.uk|a\\.example){0,30}") {
            let pieces = take_apart(&typed).pieces;
            match judge_lines(&typed, false) {
                Ok(lines) => prop_assert_eq!(lines.len(), pieces.len()),
                Err(refusal) => prop_assert!(pieces.is_empty(), "{:?}", refusal),
            }
        }
    }
}
