//! For a host that no entry lets through: the entry that comes nearest, and why it did not match.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::index::{DomainIndex, suffixes};
use super::model::{DomainId, Pattern, is_or_is_below};
use super::{host, suffix};

/// How many entries are compared letter by letter at most, so that a hostile host costs no more
/// than an ordinary one.
const MOST_COMPARED: usize = 32;
/// The longest name compared letter by letter, in characters.
const LONGEST_COMPARED: usize = 64;

/// The entry nearest to a host that was not let through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearest {
    /// Its database id.
    pub domain: DomainId,
    /// Its pattern.
    pub pattern: Pattern,
    /// Why it did not match.
    pub why: WhyNot,
}

/// Why an entry did not match, the most telling reason first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum WhyNot {
    /// The host fits, the port does not.
    Port {
        /// The port of the request, if it is known.
        found: Option<u16>,
        /// The port of the entry.
        wanted: u16,
    },
    /// The host lies below an entry that is exact: including subdomains would let it through.
    SubdomainOfExact,
    /// The host lies where a preview pattern does, but its left-most label does not fit.
    PreviewLabel,
    /// The host ends like the entry, but not at a dot: it is somebody else's, or a typo.
    Sibling,
    /// The entry lies below the host.
    AboveEntry,
    /// Another name under the same registrable domain.
    SameRegistrable {
        /// The name that was registered, such as `shop.co.uk`.
        registrable: String,
    },
    /// The same name under another suffix, such as `shop.com` for `shop.co.uk`.
    OtherSuffix,
    /// A name one or two letters away: a typo, or somebody posing as the site.
    LookAlike {
        /// How many letters were changed, left out, added or swapped with a neighbour.
        distance: u8,
    },
    /// A different domain altogether.
    OtherDomain,
}

impl Nearest {
    /// A clause for the operator, without a capital or a full stop. `found` is the host that was
    /// not let through.
    #[must_use]
    pub fn message(&self, found: &str) -> String {
        let entry = &self.pattern;
        match &self.why {
            WhyNot::Port { found: Some(port), wanted } => {
                format!(
                    "{entry} is listed with port {wanted}, and the request came from port {port}"
                )
            }
            WhyNot::Port { found: None, wanted } => {
                format!("{entry} is listed with port {wanted}, and the request names no port")
            }
            WhyNot::SubdomainOfExact => format!(
                "{found} is a subdomain of {entry}, which is listed exact: including subdomains \
                 would allow it"
            ),
            WhyNot::PreviewLabel => {
                format!("its first label does not fit the preview pattern {entry}")
            }
            WhyNot::Sibling => {
                format!(
                    "it ends like {entry}, but is not a subdomain of it: there is no dot before"
                )
            }
            WhyNot::AboveEntry => format!("{entry} is listed, which is a subdomain of {found}"),
            WhyNot::SameRegistrable { registrable } => {
                format!("{entry} is listed, another name under {registrable}")
            }
            WhyNot::OtherSuffix => {
                format!("it has the same name as {entry} under a different suffix")
            }
            WhyNot::LookAlike { distance: 1 } => {
                format!("it is one letter away from {entry}: a typo or a look-alike")
            }
            WhyNot::LookAlike { distance } => {
                format!("it is {distance} letters away from {entry}: a typo or a look-alike")
            }
            WhyNot::OtherDomain => format!("the nearest entry, {entry}, is a different domain"),
        }
    }
}

/// What is compared of an entry before it is worth comparing letters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Profile {
    /// The entry, counting into `DomainIndex::entries`.
    at: usize,
    /// Hash of the registrable domain, or of the host where there is none.
    family: u64,
    /// Hash of the registrable domain's first label.
    name: u64,
    /// One bit for each kind of character that occurs, by code point modulo 64.
    letters: u64,
    /// The registrable domain's length in characters, as read.
    length: usize,
}

impl Profile {
    /// The profiles of all entries, in their order.
    pub(super) fn of_all(entries: &[(DomainId, Pattern)]) -> Vec<Self> {
        let profile = |(at, (_, pattern)): (usize, &(DomainId, Pattern))| Self {
            at,
            ..Self::of(family(&pattern.host))
        };
        entries.iter().enumerate().map(profile).collect()
    }

    fn of(family: &str) -> Self {
        let shown = host::unicode(family);
        Self {
            at: 0,
            family: hash(family),
            name: hash(first_label(family)),
            letters: shown.chars().fold(0, |bits, c| bits | 1 << (u32::from(c) % 64)),
            length: shown.chars().count(),
        }
    }

    /// A lower bound on how unlike two names are: 0 for the same, 2 or less for each letter changed.
    fn unlike(&self, other: &Self) -> u32 {
        (self.letters ^ other.letters).count_ones()
    }
}

impl DomainIndex {
    /// The entry nearest to a canonical host that [`lookup`](Self::lookup) did not find. `None` when
    /// there are no entries. Costs a few nanoseconds an entry, and a bounded number of letter
    /// comparisons.
    #[must_use]
    pub fn nearest(&self, host: &str, port: Option<u16>) -> Option<Nearest> {
        self.by_name(host, port).or_else(|| self.by_family(host)).map(|(at, why)| {
            let (domain, pattern) = self.entries[at].clone();
            Nearest { domain, pattern, why }
        })
    }

    /// The entries that hash look-ups find.
    fn by_name(&self, host: &str, found: Option<u16>) -> Option<(usize, WhyNot)> {
        if let Some(at) = self.lookup_any_port(host) {
            let why = match self.entries[at].1.port {
                Some(wanted) => WhyNot::Port { found, wanted },
                // Never so after a look-up that failed, but `nearest` may be asked at any time.
                None => return None,
            };
            return Some((at, why));
        }
        for above in suffixes(host).skip(1) {
            if let Some(at) = self.named(above) {
                return Some((at, WhyNot::SubdomainOfExact));
            }
        }
        if let Some((_, parent)) = host.split_once('.')
            && self.has_previews_under(parent)
        {
            let under = |(_, pattern): &(DomainId, Pattern)| {
                pattern.preview().is_some_and(|parts| parts.parent == parent)
            };
            let at = self.entries.iter().position(under)?;
            return Some((at, WhyNot::PreviewLabel));
        }
        [host, family(host)].into_iter().find_map(|name| {
            let inside = name.char_indices().skip(1).take_while(|(_, c)| *c != '.');
            let mut tails = inside.map(|(at, _)| &name[at..]);
            let at = tails.find_map(|tail| self.named(tail))?;
            Some((at, WhyNot::Sibling))
        })
    }

    /// The entry whose registrable domain is most like the host's.
    fn by_family(&self, host: &str) -> Option<(usize, WhyNot)> {
        let wanted = family(host);
        let profile = Profile::of(wanted);
        let mut related = None;
        let mut same_name = None;
        let mut closest: Option<(u32, usize)> = None;
        let mut candidates = Vec::new();
        for other in &self.profiles {
            if other.family == profile.family {
                if is_or_is_below(&self.entries[other.at].1.host, host) {
                    return Some((other.at, WhyNot::AboveEntry));
                }
                related.get_or_insert(other.at);
            }
            if other.name == profile.name {
                same_name.get_or_insert(other.at);
            }
            let unlike = profile.unlike(other);
            let longer = other.length.abs_diff(profile.length);
            if unlike <= 4 && longer <= 2 && candidates.len() < MOST_COMPARED {
                candidates.push(other.at);
            }
            let score = unlike + u32::try_from(longer).unwrap_or(u32::MAX / 2);
            if closest.is_none_or(|(least, _)| score < least) {
                closest = Some((score, other.at));
            }
        }
        if let Some(at) = related {
            let registrable = wanted.to_owned();
            return Some((at, WhyNot::SameRegistrable { registrable }));
        }
        if let Some(at) = same_name {
            return Some((at, WhyNot::OtherSuffix));
        }
        self.look_alike(wanted, &candidates)
            .or_else(|| closest.map(|(_, at)| (at, WhyNot::OtherDomain)))
    }

    fn look_alike(&self, wanted: &str, candidates: &[usize]) -> Option<(usize, WhyNot)> {
        let shown = host::unicode(wanted);
        let allowed = match first_label(&shown).chars().count() {
            // Short names are a letter or two from one another without meaning to be.
            0..=3 => return None,
            4..=7 => 1,
            _ => 2,
        };
        let (distance, at) = candidates
            .iter()
            .filter_map(|at| {
                let other = host::unicode(family(&self.entries[*at].1.host));
                Some((distance(&shown, &other, allowed)?, *at))
            })
            .min()?;
        Some((at, WhyNot::LookAlike { distance }))
    }
}

/// What a host is filed under: its registrable domain, or itself where there is none.
fn family(host: &str) -> &str {
    suffix::registrable(host).unwrap_or(host)
}

fn first_label(name: &str) -> &str {
    name.split_once('.').map_or(name, |(first, _)| first)
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The optimal string alignment distance (Levenshtein, with swapped neighbours counted once) if it
/// is at least 1 and at most `allowed`.
fn distance(left: &str, right: &str, allowed: u8) -> Option<u8> {
    // Farther than anything that is allowed, and far from overflowing.
    const FAR: u8 = 128;
    let left: Vec<char> = left.chars().take(LONGEST_COMPARED + 1).collect();
    let right: Vec<char> = right.chars().take(LONGEST_COMPARED + 1).collect();
    let band = usize::from(allowed);
    if left.len().max(right.len()) > LONGEST_COMPARED || left.len().abs_diff(right.len()) > band {
        return None;
    }
    let mut before = [FAR; LONGEST_COMPARED + 1];
    let mut above = before;
    for (cell, value) in above.iter_mut().zip(0..=allowed) {
        *cell = value;
    }
    // Only cells within `allowed` of the diagonal can lead to an answer.
    for (i, a) in left.iter().enumerate() {
        let mut row = [FAR; LONGEST_COMPARED + 1];
        row[0] = above[0] + 1;
        for j in i.saturating_sub(band)..right.len().min(i + band + 1) {
            let b = right[j];
            let mut best = (above[j] + u8::from(*a != b)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == b {
                best = best.min(before[j - 1] + 1);
            }
            row[j + 1] = best;
        }
        before = above;
        above = row;
    }
    let distance = above[right.len()];
    (1..=allowed).contains(&distance).then_some(distance)
}

#[cfg(test)]
mod tests;
