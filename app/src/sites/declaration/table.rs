//! Sites as a CSV file of names and domains.

use super::model::{Desired, Domains, Place, Wrong};
use crate::domains::rules::canonicalise;
use crate::error::Refusal;
use crate::sites::rules;
use std::collections::HashMap;

/// The most bytes of a file.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The most characters of a line that are repeated.
const SHOWN: usize = 80;

/// Reads lines of a name and its domains, which stand in one cell with spaces or semicolons between
/// them, in several, or on several lines of the same name. A head line is recognised by its words
/// `name` and `domain` or `domains`. `*.shop.example` stands for `shop.example` and its subdomains.
///
/// Domains are added to those a site has; none is removed.
///
/// # Errors
/// Says everything that is wrong with it.
pub fn read(text: &str) -> Result<Vec<Desired>, Vec<Wrong>> {
    if text.len() > MOST_BYTES {
        let message = format!("It has {} bytes. Use at most {MOST_BYTES}.", text.len());
        return Err(vec![Wrong::new(&Place::default(), message)]);
    }
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut desired: Vec<Desired> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    let mut wrong = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map(csv::Position::line);
                let place = Place { path: String::new(), line };
                wrong.push(Wrong::new(&place, error.to_string()));
                break;
            }
        };
        let place = Place { path: String::new(), line: record.position().map(csv::Position::line) };
        if at == 0 && is_head(&record) {
            continue;
        }
        if at == 0 && names_no_host(&record) {
            let typed: Vec<&str> = record.iter().collect();
            let typed: String = typed.join(",").chars().take(SHOWN).collect();
            let message = format!(
                "{typed} is neither a known header (name or site, then domain, domains, host or \
                 hosts) nor a site with its domains."
            );
            wrong.push(Wrong::new(&place, message));
            continue;
        }
        let cells: Vec<&str> = record.iter().collect();
        let (name, cells) =
            cells.split_first().map_or(("", &[][..]), |(name, cells)| (*name, cells));
        let name = match rules::name(name) {
            Ok(name) => name,
            Err(refusal) => {
                wrong.push(Wrong::new(&place, refusal.message));
                continue;
            }
        };
        let site = *by_name.entry(name.clone()).or_insert_with(|| {
            let (place, domains) = (place.clone(), Some(Domains::default()));
            desired.push(Desired { place, name: Some(name), domains, ..Desired::default() });
            desired.len() - 1
        });
        let domains = desired[site].domains.get_or_insert_default();
        let typed = cells.iter().flat_map(|cell| cell.split([';', ' ', '\n']));
        for typed in typed.map(str::trim).filter(|typed| !typed.is_empty()) {
            add(domains, typed, &place, &mut wrong);
        }
    }
    if wrong.is_empty() { Ok(desired) } else { Err(wrong) }
}

fn add(domains: &mut Domains, typed: &str, place: &Place, wrong: &mut Vec<Wrong>) {
    let pattern = match canonicalise(typed, typed.starts_with("*.")).map_err(Refusal::from) {
        Ok(canonical) => canonical.pattern,
        Err(refusal) => {
            wrong.push(Wrong::new(place, refusal.message));
            return;
        }
    };
    let same = |of: &&crate::domains::Pattern| of.host == pattern.host && of.port == pattern.port;
    match domains.patterns.iter().find(same) {
        None => domains.patterns.push(pattern),
        Some(before) if before.scope == pattern.scope => {}
        Some(before) => {
            let (scope, other) = (before.scope.label(), pattern.scope.label());
            let message = format!("{pattern} stands here as {other} and before as {scope}.");
            wrong.push(Wrong::new(place, message));
        }
    }
}

fn is_head(record: &csv::StringRecord) -> bool {
    let is = |at: usize, words: &[&str]| {
        record.get(at).is_some_and(|cell| words.iter().any(|word| cell.eq_ignore_ascii_case(word)))
    };
    is(0, &["name", "site"]) && is(1, &["domain", "domains", "host", "hosts"])
}

/// Whether a line has words alone where domains should be, as a header of other names does.
fn names_no_host(record: &csv::StringRecord) -> bool {
    let mut words = record.iter().skip(1).filter(|cell| !cell.is_empty()).peekable();
    let is_word = |cell: &str| !cell.contains(['.', ':']) && canonicalise(cell, false).is_err();
    words.peek().is_some() && words.all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(desired: &Desired) -> Vec<String> {
        let patterns = &desired.domains.as_ref().unwrap().patterns;
        patterns.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lines_of_one_name_are_one_site() {
        let text = "\u{feff}Name,Domains\r\nShop,shop.example;www.shop.example\nShop,https://SHOP.example/ pay.example\n\"A, B\",*.a.example,b.example\nEmpty\n";
        let desired = read(text).unwrap();
        let names: Vec<_> = desired.iter().map(|of| of.name.as_deref().unwrap()).collect();
        assert_eq!(names, ["Shop", "A, B", "Empty"]);
        assert_eq!(hosts(&desired[0]), ["shop.example", "www.shop.example", "pay.example"]);
        assert_eq!(hosts(&desired[1]), ["a.example", "b.example"]);
        assert!(desired.iter().all(|of| !of.domains.as_ref().unwrap().whole));
        assert_eq!(desired[1].place.to_string(), "line 4");
    }

    #[test]
    fn a_header_of_other_names_is_told_which_are_known() {
        let told = read("Customer,Website\nShop,shop.example\n").unwrap_err();
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        let expected = "line 1: Customer,Website is neither a known header (name or site, then";
        assert!(told[0].starts_with(expected), "{told:?}");
        assert!(read("Empty\nShop,shop.example\n").is_ok());
    }

    #[test]
    fn every_bad_line_is_named() {
        let told = read("Shop,shop.example\nShop,co.uk\n,a.example\n").unwrap_err();
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        assert!(told[0].starts_with("line 2: co.uk is a public suffix"), "{told:?}");
        assert!(told[1].starts_with("line 3: Give the site a name"), "{told:?}");
        assert_eq!(told.len(), 2);
    }
}
