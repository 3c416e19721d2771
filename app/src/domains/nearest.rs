//! For a host that no entry lets through: the entry that comes nearest, and why it did not match.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::confusable::skeleton;
use super::index::{DomainIndex, suffixes};
use super::model::{DomainId, Pattern};
use super::{host, suffix};

/// How many entries are looked at for a name like the host's, those of its length first; so a denial
/// costs no more on a site of 5,000 entries than on one of 500.
const MOST_SCANNED: usize = 512;
/// How many of them are compared letter by letter, so that a hostile host costs no more than an
/// ordinary one.
const MOST_COMPARED: usize = 32;
/// How many labels of a host are tried as the beginning and end of a name it carries.
const MOST_LABELS: usize = 8;
/// The longest name compared letter by letter, in characters.
const LONGEST_COMPARED: usize = 64;
/// The shortest name whose look-alikes are looked for, in characters: shorter ones are a letter or two
/// from one another without meaning to be.
const SHORTEST_COMPARED: usize = 4;

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
    /// The entry's whole name followed by another domain, such as `shop.example.evil.net`.
    Carries,
    /// A name written with letters that pass for the entry's: see [`skeleton`].
    Confusable,
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
            WhyNot::Carries => {
                format!("it only begins like {entry}: it belongs to whoever owns its end")
            }
            WhyNot::Confusable => {
                format!("it is written with letters that pass for those of {entry}")
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

/// How a site's entries are related to other names. The numbers count into `DomainIndex::entries`;
/// of several that would do, the one added first is kept.
#[derive(Debug, Default)]
pub(super) struct Relatives {
    /// Every name above an entry, down to its registrable domain.
    above: HashMap<Box<str>, usize>,
    /// By hash of the registrable domain, or of the host where there is none.
    families: HashMap<u64, usize>,
    /// By hash of the registrable domain's first label.
    names: HashMap<u64, usize>,
    /// By hash of that label's [`skeleton`]: each registrable domain.
    skeletons: HashMap<u64, Vec<usize>>,
    /// One for each registrable domain, by its length in characters, as read.
    by_length: HashMap<usize, Vec<Profile>>,
}

/// What is compared of a registrable domain before it is worth comparing letters.
#[derive(Clone, Copy, Debug)]
struct Profile {
    /// Its first entry.
    at: usize,
    /// One bit for each kind of character that occurs, by code point modulo 64.
    letters: u64,
}

impl Relatives {
    /// Those of all entries.
    pub(super) fn of_all(entries: &[(DomainId, Pattern)]) -> Self {
        let mut relatives = Self::default();
        let mut oldest: Vec<usize> = (0..entries.len()).collect();
        oldest.sort_by_key(|at| entries[*at].0);
        for at in oldest {
            let pattern = &entries[at].1;
            let family = family(&pattern.host);
            let above = suffixes(&pattern.host).skip(1);
            for name in above.take_while(|name| name.len() >= family.len()) {
                relatives.above.entry(name.into()).or_insert(at);
            }
            match relatives.families.entry(hash(family)) {
                Entry::Occupied(_) => continue,
                Entry::Vacant(free) => _ = free.insert(at),
            }
            let shown = host::unicode(family);
            relatives.names.entry(hash(first_label(family))).or_insert(at);
            if let Some(skeleton) = telling_skeleton(&shown) {
                relatives.skeletons.entry(skeleton).or_default().push(at);
            }
            let profile = Profile { at, letters: letters(&shown) };
            relatives.by_length.entry(shown.chars().count()).or_default().push(profile);
        }
        relatives
    }

    /// The entries whose names may be like one of this length and these letters, and the most like of
    /// all that were looked at.
    fn scan(&self, length: usize, letters: u64) -> (Vec<usize>, Option<usize>) {
        let near = [0, 1, -1, 2, -2].into_iter().filter_map(|by| length.checked_add_signed(by));
        let scanned = near.filter_map(|length| self.by_length.get(&length)).flatten();
        let mut candidates = Vec::new();
        let mut closest: Option<(u32, usize)> = None;
        for Profile { at, letters: of } in scanned.take(MOST_SCANNED) {
            // 0 for the same letters, 2 or less for each one changed.
            let unlike = (letters ^ of).count_ones();
            if unlike <= 4 && candidates.len() < MOST_COMPARED {
                candidates.push(*at);
            }
            if closest.is_none_or(|(least, _)| unlike < least) {
                closest = Some((unlike, *at));
            }
        }
        (candidates, closest.map(|(_, at)| at))
    }
}

impl DomainIndex {
    /// The entry nearest to a canonical host that [`lookup`](Self::lookup) did not find. `None` when
    /// there are no entries. Costs a bounded number of look-ups and comparisons, however many entries
    /// there are; the first call on a site prepares them, at about a microsecond an entry.
    #[must_use]
    pub fn nearest(&self, host: &str, port: Option<u16>) -> Option<Nearest> {
        self.by_name(host, port)
            .or_else(|| self.by_family(host))
            .map(|(at, why)| self.nearest_at(at, why))
    }

    /// The entry under another registrable domain that an entry for `host` may be taken for. Of two
    /// that may be taken for each other it is the one whose domain was on the list first.
    #[must_use]
    pub fn taken_for(&self, host: &str) -> Option<Nearest> {
        let wanted = family(host);
        let relatives = self.relatives();
        let own = *relatives.families.get(&hash(wanted))?;
        let oldest = relatives.names.get(&hash(first_label(wanted)));
        // The same name under another suffix is the site's own, as with `shop.com` and `shop.de`.
        if oldest.is_some_and(|oldest| *oldest != own) {
            return None;
        }
        let since = self.entries[own].0;
        let (at, why) = self.like(wanted, |at| self.entries[at].0 < since)?;
        Some(self.nearest_at(at, why))
    }

    fn nearest_at(&self, at: usize, why: WhyNot) -> Nearest {
        let (domain, pattern) = self.entries[at].clone();
        Nearest { domain, pattern, why }
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
            && let Some(at) = self.preview_under(parent)
        {
            return Some((at, WhyNot::PreviewLabel));
        }
        [host, family(host)].into_iter().find_map(|name| {
            let inside = name.char_indices().skip(1).take_while(|(_, c)| *c != '.');
            let mut tails = inside.map(|(at, _)| &name[at..]);
            let at = tails.find_map(|tail| self.named(tail))?;
            Some((at, WhyNot::Sibling))
        })
    }

    /// The entry whose whole name, of two labels or more, stands before the host's registrable domain.
    fn carried(&self, host: &str) -> Option<(usize, WhyNot)> {
        let head = host.strip_suffix(family(host))?.strip_suffix('.')?;
        let starts = suffixes(head).take(MOST_LABELS);
        let at = starts.into_iter().find_map(|tail| {
            let dots = tail.match_indices('.').map(|(at, _)| at).chain([tail.len()]);
            dots.skip(1).take(MOST_LABELS).find_map(|end| self.named(&tail[..end]))
        })?;
        Some((at, WhyNot::Carries))
    }

    /// The entry whose registrable domain is most like the host's.
    fn by_family(&self, host: &str) -> Option<(usize, WhyNot)> {
        let wanted = family(host);
        let relatives = self.relatives();
        if let Some(at) = relatives.above.get(host) {
            return Some((*at, WhyNot::AboveEntry));
        }
        if let Some(at) = relatives.families.get(&hash(wanted)) {
            return Some((*at, WhyNot::SameRegistrable { registrable: wanted.to_owned() }));
        }
        if let Some(at) = relatives.names.get(&hash(first_label(wanted))) {
            return Some((*at, WhyNot::OtherSuffix));
        }
        let found = self.carried(host).or_else(|| self.like(wanted, |_| true));
        if found.is_some() {
            return found;
        }
        let shown = host::unicode(wanted);
        let (_, closest) = relatives.scan(shown.chars().count(), letters(&shown));
        let any = (!self.entries.is_empty()).then_some(0);
        closest.or(any).map(|at| (at, WhyNot::OtherDomain))
    }

    /// The entry whose registrable domain passes for `wanted`, among those that `fits`.
    fn like(&self, wanted: &str, fits: impl Fn(usize) -> bool) -> Option<(usize, WhyNot)> {
        let relatives = self.relatives();
        let shown = host::unicode(wanted);
        let confusable = telling_skeleton(&shown).and_then(|of| relatives.skeletons.get(&of));
        let mut confusable = confusable.into_iter().flatten().copied();
        if let Some(at) = confusable.find(|at| fits(*at) && !self.same_name(*at, wanted)) {
            return Some((at, WhyNot::Confusable));
        }
        let allowed = match first_label(&shown).chars().count() {
            ..SHORTEST_COMPARED => return None,
            SHORTEST_COMPARED..8 => 1,
            _ => 2,
        };
        let (candidates, _) = relatives.scan(shown.chars().count(), letters(&shown));
        let (distance, at) = candidates
            .into_iter()
            .filter(|at| fits(*at))
            .filter_map(|at| {
                let other = host::unicode(family(&self.entries[at].1.host));
                Some((distance(&shown, &other, allowed)?, at))
            })
            .min()?;
        Some((at, WhyNot::LookAlike { distance }))
    }

    /// Whether an entry's registrable domain has the first label of `wanted`, letter by letter.
    fn same_name(&self, at: usize, wanted: &str) -> bool {
        first_label(family(&self.entries[at].1.host)) == first_label(wanted)
    }
}

/// What a host is filed under: its registrable domain, or itself where there is none.
fn family(host: &str) -> &str {
    suffix::registrable(host).unwrap_or(host)
}

fn first_label(name: &str) -> &str {
    name.split_once('.').map_or(name, |(first, _)| first)
}

/// The hash of the skeleton of a name's first label, if that is long enough to be taken for another.
fn telling_skeleton(shown: &str) -> Option<u64> {
    let label = first_label(shown);
    (label.chars().count() >= SHORTEST_COMPARED).then(|| hash(&skeleton(label)))
}

fn letters(shown: &str) -> u64 {
    shown.chars().fold(0, |bits, c| bits | 1 << (u32::from(c) % 64))
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
