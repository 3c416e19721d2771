//! Several domains at once, one a line.

use super::{Canonical, Refusal, canonicalise};
use crate::error as form;

/// The most lines that are taken at once.
pub const MOST_LINES: usize = 200;

/// Turns each line of an operator's input into an associated domain; empty lines are skipped, and
/// what stands there twice counts once.
///
/// # Errors
/// Says which line is refused (when there are several), why, and what would be accepted.
pub fn canonicalise_lines(
    typed: &str,
    include_subdomains: bool,
) -> Result<Vec<Canonical>, form::Refusal> {
    let lines: Vec<(usize, &str)> =
        typed.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).collect();
    if lines.len() > MOST_LINES {
        let message = format!("These are {} lines. Add at most {MOST_LINES} at once.", lines.len());
        return Err(form::Refusal::new("too_many_lines", "pattern", message));
    }
    if lines.is_empty() {
        return Err(Refusal::Empty.into());
    }
    let mut canonicals: Vec<Canonical> = Vec::with_capacity(lines.len());
    for (at, line) in &lines {
        let canonical = canonicalise(line, include_subdomains).map_err(|refusal| {
            let mut refusal = form::Refusal::from(refusal);
            if lines.len() > 1 {
                refusal.message = format!("Line {}: {}", at + 1, refusal.message);
            }
            refusal
        })?;
        if !canonicals.iter().any(|present| present.pattern == canonical.pattern) {
            canonicals.push(canonical);
        }
    }
    Ok(canonicals)
}

/// `typed` with its first refused line replaced by what would be accepted, and how *include
/// subdomains* should be set then; `None` when nothing is refused or nothing can be suggested.
pub fn suggested_lines(typed: &str, include_subdomains: bool) -> Option<(String, bool)> {
    let mut lines: Vec<String> = typed.lines().map(ToOwned::to_owned).collect();
    let (line, refusal) = lines.iter_mut().find_map(|line| {
        let refused = !line.trim().is_empty();
        let refusal = canonicalise(line, include_subdomains).err().filter(|_| refused)?;
        Some((line, refusal))
    })?;
    let suggested = refusal.suggested()?;
    *line = suggested.input;
    Some((lines.join("\n"), suggested.include_subdomains.unwrap_or(include_subdomains)))
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
    }

    #[test]
    fn the_refused_line_is_named_among_several() {
        let refusal = canonicalise_lines("shop.example\n\nco.uk", false).unwrap_err();
        assert_eq!((&*refusal.code, &*refusal.field), ("public_suffix", "pattern"));
        assert!(refusal.message.starts_with("Line 3: co.uk is a public suffix"), "{refusal:?}");
        let alone = canonicalise_lines("co.uk", false).unwrap_err();
        assert!(alone.message.starts_with("co.uk is a public suffix"), "{alone:?}");
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        assert_eq!(canonicalise_lines(" \n", false).unwrap_err().code, "empty");
        let many = "shop.example\n".repeat(MOST_LINES + 1);
        assert_eq!(canonicalise_lines(&many, false).unwrap_err().code, "too_many_lines");
    }

    #[test]
    fn a_suggestion_replaces_the_refused_line_alone() {
        let suggested = suggested_lines("shop.example\n*.api.example", false);
        assert_eq!(suggested, Some(("shop.example\napi.example".to_owned(), true)));
        assert_eq!(suggested_lines("shop.example", false), None);
    }

    proptest! {
        #[test]
        fn a_line_is_taken_as_it_would_be_alone(typed in "[a-z*@.:/ -]{1,24}", include in any::<bool>()) {
            prop_assume!(!typed.trim().is_empty());
            let alone = canonicalise(&typed, include).map(|one| vec![one]).map_err(form::Refusal::from);
            prop_assert_eq!(canonicalise_lines(&typed, include), alone);
        }
    }
}
