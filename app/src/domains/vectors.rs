//! The rules held against the vectors of those whose rules they are. See `tests/vectors/README.md`.
//!
//! A vector either passes or is excluded for a reason that is named here. The numbers are part of the
//! tests, so that nothing slips from one side to the other unseen.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::Value;

use super::rules::canonicalise;
use super::{DomainScope, host, registrable};
use crate::gate::{Referer, referer};

const PUBLIC_SUFFIX: &str = include_str!("../../../tests/vectors/public-suffix.txt");
const URL: &str = include_str!("../../../tests/vectors/url.json");
const IDNA: &[u8] = include_bytes!("../../../tests/vectors/idna.txt.gz");

/// Why a vector says nothing about our rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Excluded {
    /// The list's own file has it commented out: top-level domains that do not exist.
    CommentedOut,
    /// It asks what becomes of no name at all, which the type rules out.
    NoName,
    /// It is a path or the like, which means something only beside the page it stands on. A referer
    /// stands on none.
    Relative,
    /// It is of another scheme than http and https, from which no page of a site is served.
    OtherScheme,
    /// Its scheme is followed by one slash or none. We read it as a browser's address bar does, and
    /// the vector only beside a page.
    SlashesMissing,
    /// It is an IPv6 address without brackets, which no browser sends and an operator may type.
    Unbracketed,
    /// It holds a percent sign, which the URL Standard decodes before UTS #46 is asked.
    Percent,
    /// Its last label is a number, so that the URL Standard makes an IPv4 address of it or refuses it.
    Number,
    /// It holds ASCII that the URL Standard forbids in hosts, and UTS #46 by itself does not.
    ForbiddenAscii,
    /// It holds half of a surrogate pair, which no Rust text does.
    Surrogate,
    /// It is Punycode of a label that looks like Punycode (V4). UTS #46 forbids that since Unicode
    /// 15.1; the `idna` crate, which we share with the `url` crate, does not ask for it yet.
    PunycodeTwice,
    /// It holds a code point of plane 3 that Unicode 16 does not know (V7). The tables of the `idna`
    /// crate are newer and know more of that plane.
    NewerUnicode,
}

/// How a set of vectors went.
#[derive(Default)]
struct Tally {
    passed: usize,
    excluded: BTreeMap<Excluded, usize>,
    failed: Vec<String>,
}

impl Tally {
    fn exclude(&mut self, why: Excluded) {
        *self.excluded.entry(why).or_default() += 1;
    }

    fn check<T: fmt::Debug + PartialEq>(&mut self, vector: &str, found: &T, expected: &T) {
        if found == expected {
            self.passed += 1;
        } else {
            self.failed.push(format!("{vector}: {found:?}, not {expected:?}"));
        }
    }

    #[track_caller]
    fn expect(&self, what: &str, passed: usize, excluded: &[(Excluded, usize)]) {
        println!("{what}: {} passed, excluded {:?}", self.passed, self.excluded);
        assert!(self.failed.is_empty(), "{what}:\n{}", self.failed.join("\n"));
        assert_eq!((self.passed, &self.excluded), (passed, &excluded.iter().copied().collect()));
    }
}

#[test]
fn the_public_suffix_list_agrees_about_registrable_domains() {
    let (mut registered, mut refused) = (Tally::default(), Tally::default());
    for line in PUBLIC_SUFFIX.lines() {
        let (line, comment) = match line.strip_prefix("//") {
            Some(rest) => (rest, true),
            None => (line, false),
        };
        let Some((name, expected)) = line.split_once(' ').filter(|(name, _)| !name.is_empty())
        else {
            continue;
        };
        if comment {
            registered.exclude(Excluded::CommentedOut);
            continue;
        }
        if name == "null" {
            registered.exclude(Excluded::NoName);
            continue;
        }
        let canonical = |name: &str| host::canonical(name.as_bytes()).ok();
        let expected = if expected == "null" { None } else { canonical(expected) };
        let found = canonical(name).and_then(|host| registrable(&host).map(str::to_owned));
        registered.check(name, &found, &expected);
        // What has no registrable domain cannot be listed with its subdomains, and what has can.
        // A dot in front is asked about, not taken for a host.
        if name.starts_with('.') {
            continue;
        }
        let taken = canonicalise(name, true)
            .is_ok_and(|canonical| canonical.pattern.scope == DomainScope::Subdomains);
        refused.check(name, &taken, &expected.is_some());
    }
    registered.expect(
        "registrable domains",
        77,
        &[(Excluded::CommentedOut, 4), (Excluded::NoName, 1)],
    );
    refused.expect("entries with their subdomains", 73, &[]);
}

#[test]
fn the_url_standard_agrees_about_hosts() {
    let (mut sent, mut typed) = (Tally::default(), Tally::default());
    let vectors: Vec<Value> = serde_json::from_str(URL).unwrap();
    for vector in vectors.iter().filter(|vector| vector.is_object()) {
        let input = vector["input"].as_str().unwrap();
        if let Some(why) = outside(input, vector["base"].as_str()) {
            sent.exclude(why);
            continue;
        }
        let failure = vector["failure"].as_bool().unwrap_or_default();
        let hostname = vector["hostname"].as_str().unwrap_or_default();
        let name = hostname.strip_suffix('.').unwrap_or(hostname);
        // A name that the DNS cannot carry is no host of ours, whatever a browser makes of it.
        let carried = name.starts_with('[') || host::check_lengths(name).is_ok();
        let default = if vector["protocol"] == "http:" { 80 } else { 443 };
        let port = vector["port"].as_str().and_then(|port| port.parse().ok()).unwrap_or(default);
        let expected = (!failure && carried).then(|| (name.to_owned(), Some(port)));
        let found = match referer::parse(input.as_bytes()) {
            Referer::Host { host, port } => Some((host, port)),
            Referer::Missing | Referer::Unusable(_) => None,
        };
        sent.check(input, &found, &expected);
        // An operator is told of what a browser lets pass, so we take less; but what we take is
        // what the browser sends.
        if let Ok(canonical) = canonicalise(input, false) {
            if failure && canonical.pattern.host.starts_with('[') && !input.contains('[') {
                typed.exclude(Excluded::Unbracketed);
                continue;
            }
            let expected = expected.map(|(host, _)| host).unwrap_or_default();
            typed.check(input, &canonical.pattern.host, &expected);
        }
    }
    sent.expect(
        "hosts of referers",
        366,
        &[(Excluded::Relative, 156), (Excluded::OtherScheme, 288), (Excluded::SlashesMissing, 9)],
    );
    typed.expect("hosts of entries", 87, &[(Excluded::Unbracketed, 1)]);
}

/// Why the input of a URL vector is no http or https address that stands for itself.
fn outside(input: &str, base: Option<&str>) -> Option<Excluded> {
    let text: String = input.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let text = text.trim_matches(|c: char| c <= ' ').replace('\\', "/").to_ascii_lowercase();
    let Some((scheme, rest)) = text.split_once(':') else { return Some(Excluded::Relative) };
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(letters) {
        return Some(Excluded::Relative);
    }
    if !matches!(scheme, "http" | "https") {
        return Some(Excluded::OtherScheme);
    }
    (!rest.starts_with("//") && base.is_some()).then_some(Excluded::SlashesMissing)
}

#[test]
fn unicode_agrees_about_international_names() {
    let mut text = String::new();
    GzDecoder::new(IDNA).read_to_string(&mut text).unwrap();
    let mut tally = Tally::default();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let columns: Vec<&str> = line.split(';').map(str::trim).collect();
        let [source, unicode, unicode_status, ascii, ascii_status, ..] = columns[..] else {
            panic!("too few columns: {line}");
        };
        let (Some(source), Some(unicode)) = (unescaped(source), unescaped(unicode)) else {
            tally.exclude(Excluded::Surrogate);
            continue;
        };
        let unicode = if unicode.is_empty() { source.clone() } else { unicode };
        let decoded = unicode.clone();
        let ascii = unescaped(ascii).filter(|ascii| !ascii.is_empty()).unwrap_or(unicode);
        let status = if ascii_status.is_empty() { unicode_status } else { ascii_status };
        if source.contains('%') || ascii.contains('%') {
            tally.exclude(Excluded::Percent);
            continue;
        }
        let status = status.trim_matches(['[', ']']);
        let newer = |c: char| ('\u{323b0}'..='\u{3fffd}').contains(&c);
        if status.split(", ").any(|status| status == "V4") {
            tally.exclude(Excluded::PunycodeTwice);
            continue;
        }
        if status.split(", ").filter(|status| counts(status)).eq(["V7"]) && decoded.contains(newer)
        {
            tally.exclude(Excluded::NewerUnicode);
            continue;
        }
        let name = ascii.strip_suffix('.').unwrap_or(&ascii);
        if host::ends_in_number(name) {
            tally.exclude(Excluded::Number);
            continue;
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let valid = !status.split(", ").any(counts);
        if valid && !name.chars().all(plain) {
            tally.exclude(Excluded::ForbiddenAscii);
            continue;
        }
        let expected = (valid && host::check_lengths(name).is_ok()).then(|| name.to_owned());
        tally.check(line, &host::canonical(source.as_bytes()).ok(), &expected);
    }
    tally.expect(
        "international names",
        6258,
        &[
            (Excluded::Percent, 4),
            (Excluded::Number, 22),
            (Excluded::ForbiddenAscii, 50),
            (Excluded::Surrogate, 2),
            (Excluded::PunycodeTwice, 2),
            (Excluded::NewerUnicode, 51),
        ],
    );
}

/// Whether a status of UTS #46 is an error under the URL Standard, which leaves hyphens (V2, V3) and
/// lengths (`A4_1`, `A4_2`) unchecked and has its own list of forbidden ASCII (U1).
fn counts(status: &str) -> bool {
    !matches!(status, "" | "V2" | "V3" | "U1" | "A4_1" | "A4_2" | "X4_2")
}

/// A column with its `\uXXXX` and `\x{XXXX}` written out; nothing when one of them is no character.
fn unescaped(column: &str) -> Option<String> {
    if column == "\"\"" {
        return Some(String::new());
    }
    let mut text = String::with_capacity(column.len());
    let mut rest = column;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let (digits, length) = match escape.strip_prefix("x{") {
            Some(braced) => braced.split_once('}').map(|(digits, _)| (digits, digits.len() + 3))?,
            None => (escape.get(1..5)?, 5),
        };
        text.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
        rest = &escape[length..];
    }
    text.push_str(rest);
    Some(text)
}
