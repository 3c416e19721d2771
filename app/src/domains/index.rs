//! A site's associated domains, arranged for the gate.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::OnceLock;

use super::model::{DomainId, DomainScope, Pattern};
use super::nearest::Relatives;

/// A site's associated domains. Looking a host up costs a few hash look-ups, however many entries
/// there are: one for the host, one for each of its labels, and one for each distinct shape of the
/// preview patterns under its parent. Explaining a denial costs a bounded number more: see
/// [`nearest`](Self::nearest).
#[derive(Debug, Default)]
pub struct DomainIndex {
    pub(super) entries: Vec<(DomainId, Pattern)>,
    hosts: HashMap<Box<str>, Slot>,
    previews: HashMap<Box<str>, Previews>,
    /// The most labels that an entry including subdomains has.
    deepest: usize,
    /// What explanations need besides; made when the first is asked for.
    relatives: OnceLock<Relatives>,
}

/// The preview patterns under one parent.
#[derive(Debug)]
struct Previews {
    /// The first of them, counting into `entries`.
    first: usize,
    /// The lengths of prefix and suffix that occur.
    shapes: Vec<Shape>,
}

/// What one hostname stands for. Preview patterns are kept under their own text, in `exact`: no
/// preview pattern can be taken for a hostname it does not match, since a host that contains the
/// `*` in the same place fits the pattern.
#[derive(Debug, Default)]
struct Slot {
    exact: Ports,
    below: Ports,
}

/// Entries for the same host, by port; the numbers count into `entries`.
#[derive(Debug, Default)]
struct Ports {
    any: Option<usize>,
    given: HashMap<u16, usize>,
}

#[derive(Debug, PartialEq, Eq)]
struct Shape {
    prefix: usize,
    suffix: usize,
}

/// The entry that lets a host through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match<'a> {
    /// Its database id.
    pub domain: DomainId,
    /// Its pattern.
    pub pattern: &'a Pattern,
}

impl DomainIndex {
    /// Arranges a site's entries. Of two that are equal, the first is kept.
    #[must_use]
    pub fn new(entries: Vec<(DomainId, Pattern)>) -> Self {
        let mut index = Self::default();
        for (at, (_, pattern)) in entries.iter().enumerate() {
            let slot = index.hosts.entry(pattern.host.as_str().into()).or_default();
            match pattern.scope {
                DomainScope::Exact => slot.exact.insert(pattern.port, at),
                DomainScope::Subdomains => {
                    slot.below.insert(pattern.port, at);
                    index.deepest = index.deepest.max(pattern.host.split('.').count());
                }
                DomainScope::Preview => {
                    slot.exact.insert(pattern.port, at);
                    index.note_preview(at, pattern);
                }
            }
        }
        index.entries = entries;
        index
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries, so that nothing is let through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = Match<'_>> {
        (0..self.entries.len()).map(|at| self.entry(at))
    }

    /// The entry a canonical host falls under, if there is one. `port` is the URL's, or its
    /// scheme's own; `None` when neither is known, which no entry with a port matches.
    ///
    /// Of several, the most telling is answered: exact, then preview, then the longest name that
    /// includes subdomains; and for the same host one with a port before one without.
    #[must_use]
    pub fn lookup(&self, host: &str, port: Option<u16>) -> Option<Match<'_>> {
        self.listed(host, |slot| slot.exact.get(port))
            .or_else(|| self.preview(host, |slot| slot.exact.get(port)))
            .or_else(|| self.above(host, |slot| slot.below.get(port)))
            .map(|at| self.entry(at))
    }

    /// The entry that lets through what a new entry would be for: its host, on its port or the web's own.
    #[must_use]
    pub fn covering(&self, new: &Pattern) -> Option<Match<'_>> {
        self.lookup(&new.host, new.port.or(Some(443)))
    }

    /// As [`lookup`](Self::lookup) with the port left out, for explanations.
    pub(super) fn lookup_any_port(&self, host: &str) -> Option<usize> {
        self.listed(host, |slot| slot.exact.first())
            .or_else(|| self.preview(host, |slot| slot.exact.first()))
            .or_else(|| self.above(host, |slot| slot.below.first()))
    }

    /// Any entry stored under exactly this name, whatever its scope and port.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.listed(name, |slot| slot.exact.first().or_else(|| slot.below.first()))
    }

    /// The first preview pattern under `parent`.
    pub(super) fn preview_under(&self, parent: &str) -> Option<usize> {
        self.previews.get(parent).map(|previews| previews.first)
    }

    /// How the entries are related to other names.
    pub(super) fn relatives(&self) -> &Relatives {
        self.relatives.get_or_init(|| Relatives::of_all(&self.entries))
    }

    /// Whether some entry lets the host through, on whatever port: what counts by host, where ports
    /// are not counted, can be held against.
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        self.lookup_any_port(host).is_some()
    }

    /// The entry a host is filed under where ports are not counted: the one that
    /// [`lookup`](Self::lookup) finds on the ports of the web, else any.
    #[must_use]
    pub fn entry_of(&self, host: &str) -> Option<Match<'_>> {
        self.lookup(host, Some(443)).or_else(|| self.lookup_any_port(host).map(|at| self.entry(at)))
    }

    fn entry(&self, at: usize) -> Match<'_> {
        let (domain, pattern) = &self.entries[at];
        Match { domain: *domain, pattern }
    }

    fn listed(&self, host: &str, pick: impl Fn(&Slot) -> Option<usize>) -> Option<usize> {
        self.hosts.get(host).and_then(pick)
    }

    fn preview(&self, host: &str, pick: impl Fn(&Slot) -> Option<usize>) -> Option<usize> {
        if self.previews.is_empty() {
            return None;
        }
        let (label, parent) = host.split_once('.')?;
        let mut text = String::with_capacity(host.len() + 1);
        for Shape { prefix, suffix } in &self.previews.get(parent)?.shapes {
            if label.len() <= prefix + suffix {
                continue;
            }
            let ends = label.get(..*prefix).zip(label.get(label.len() - suffix..));
            let Some((start, end)) = ends else { continue };
            text.clear();
            text.extend([start, "*", end, ".", parent]);
            if let Some(found) = self.listed(&text, &pick) {
                return Some(found);
            }
        }
        None
    }

    fn above(&self, host: &str, pick: impl Fn(&Slot) -> Option<usize>) -> Option<usize> {
        // No entry has more labels than `deepest`, so longer names need no look-up.
        let first = host.rmatch_indices('.').nth(self.deepest.checked_sub(1)?);
        let start = first.map_or(0, |(dot, _)| dot + 1);
        suffixes(&host[start..]).find_map(|name| self.listed(name, &pick))
    }

    fn note_preview(&mut self, at: usize, pattern: &Pattern) {
        if let Some(parts) = pattern.preview() {
            let shape = Shape { prefix: parts.prefix.len(), suffix: parts.suffix.len() };
            let previews = self.previews.entry(parts.parent.into());
            let Previews { shapes, .. } =
                previews.or_insert_with(|| Previews { first: at, shapes: Vec::new() });
            if !shapes.contains(&shape) {
                shapes.push(shape);
            }
        }
    }
}

impl Ports {
    fn insert(&mut self, port: Option<u16>, at: usize) {
        match port {
            None => _ = self.any.get_or_insert(at),
            Some(port) => {
                if let Entry::Vacant(free) = self.given.entry(port) {
                    free.insert(at);
                }
            }
        }
    }

    fn get(&self, port: Option<u16>) -> Option<usize> {
        let given = port.filter(|_| !self.given.is_empty());
        given.and_then(|port| self.given.get(&port)).copied().or(self.any)
    }

    fn first(&self) -> Option<usize> {
        self.any.or_else(|| self.given.values().copied().min())
    }
}

/// A name and every name above it: `a.b.c`, `b.c`, `c`.
pub(super) fn suffixes(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |rest| rest.split_once('.').map(|(_, above)| above))
}

#[cfg(test)]
mod tests;
