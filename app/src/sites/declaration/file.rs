//! Sites as YAML, which JSON is a part of.

mod write;

pub use write::write;

use super::model::{Desired, Domains, Place, Standing, Wrong};
use crate::domains::rules::canonicalise;
use crate::error::Refusal;
use crate::sites::model::{MissingReferer, Pause, SiteId};
use crate::sites::rules;
use jiff::Timestamp;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Options, Spanned, UserMessageFormatter};
use std::collections::HashMap;
use std::fmt;

/// The most bytes of a file: some 100,000 sites.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sites: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default, deserialize_with = "given")]
    id: Option<i64>,
    #[serde(default, deserialize_with = "given")]
    name: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "given")]
    state: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "given")]
    pause_reason: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "given")]
    starts_at: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "given")]
    tags: Option<Vec<Spanned<String>>>,
    #[serde(default, deserialize_with = "given")]
    any_hostname: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    missing_referer: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "given")]
    domains: Option<Vec<Spanned<Domain>>>,
}

/// A field that is there has a value: `domains:` with nothing after it could mean none or any.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(de: D) -> Result<Option<T>, D::Error> {
    T::deserialize(de).map(Some)
}

/// `shop.example`, or `{host: shop.example, include_subdomains: true}`.
struct Domain {
    host: String,
    include_subdomains: bool,
}

impl<'de> Deserialize<'de> for Domain {
    fn deserialize<D: Deserializer<'de>>(de: D) -> Result<Self, D::Error> {
        de.deserialize_any(DomainVisitor)
    }
}

struct DomainVisitor;

impl<'de> Visitor<'de> for DomainVisitor {
    type Value = Domain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a host, or host and include_subdomains")
    }

    fn visit_str<E>(self, host: &str) -> Result<Domain, E> {
        Ok(Domain { host: host.to_owned(), include_subdomains: false })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Domain, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Full {
            host: String,
            #[serde(default)]
            include_subdomains: bool,
        }
        let Full { host, include_subdomains } = Full::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Domain { host, include_subdomains })
    }
}

/// Reads a file.
///
/// # Errors
/// Says everything that is wrong with it: the first thing that is no YAML or has another shape, else
/// every value that cannot be.
pub fn read(text: &str, now: Timestamp) -> Result<Vec<Desired>, Vec<Wrong>> {
    if text.len() > MOST_BYTES {
        let message = format!("It has {} bytes. Use at most {MOST_BYTES}.", text.len());
        return Err(vec![Wrong::new(&Place::default(), message)]);
    }
    let file: File = serde_saphyr::from_str_with_options(text, options())
        .map_err(|error| vec![misshapen(&error)])?;
    let mut wrong = Vec::new();
    let read = file.sites.into_iter().enumerate().map(|(at, Spanned { value, referenced, .. })| {
        let place = Place { path: format!("sites[{at}]"), line: Some(referenced.line()) };
        Reading { place, now, wrong: &mut wrong }.entry(value)
    });
    let desired: Vec<Desired> = read.collect();
    if wrong.is_empty() { Ok(desired) } else { Err(wrong) }
}

fn misshapen(error: &serde_saphyr::Error) -> Wrong {
    let text = error.without_snippet().render_with_formatter(&UserMessageFormatter);
    let at = error.location().filter(|at| at.line() > 0);
    // The line stands in front already.
    let said = at.map(|at| format!(" at line {}, column {}", at.line(), at.column()));
    let message = said.and_then(|said| text.strip_suffix(&said)).unwrap_or(&text);
    Wrong::new(&Place { path: String::new(), line: at.map(|at| at.line()) }, message)
}

/// Bounds on what a file can cost: it is deep by four, and repeats nothing beyond reason.
fn options() -> Options {
    serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: 8,
            max_documents: 1,
            max_anchors: 1_000,
            max_aliases: 10_000,
            max_nodes: 20_000_000,
            max_events: 40_000_000,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 200_000,
            max_replay_stack_depth: 4,
        },
    }
}

/// One entry on its way.
struct Reading<'a> {
    place: Place,
    now: Timestamp,
    wrong: &'a mut Vec<Wrong>,
}

impl Reading<'_> {
    fn entry(mut self, entry: Entry) -> Desired {
        let standing = self.standing(entry.state, entry.pause_reason, entry.starts_at);
        let missing_referer = entry.missing_referer.and_then(|typed| {
            let place = self.at("missing_referer", &typed);
            self.known(&place, typed.value.parse::<MissingReferer>().map_err(|no| no.to_string()))
        });
        Desired {
            id: entry.id.map(SiteId),
            name: entry.name.and_then(|typed| {
                let place = self.at("name", &typed);
                self.taken(&place, rules::name(&typed.value))
            }),
            standing,
            tags: entry.tags.map(|tags| self.tags(tags)),
            any_hostname: entry.any_hostname,
            missing_referer,
            domains: entry.domains.map(|domains| self.domains(domains)),
            place: self.place,
        }
    }

    fn standing(
        &mut self,
        state: Option<Spanned<String>>,
        reason: Option<Spanned<String>>,
        starts_at: Option<Spanned<String>>,
    ) -> Option<Standing> {
        let paused = state.as_ref().is_some_and(|state| state.value == "paused");
        let stray = reason.as_ref().map(|typed| ("pause_reason", typed));
        let stray = stray.or(starts_at.as_ref().map(|typed| ("starts_at", typed)));
        if let Some((field, typed)) = stray.filter(|_| !paused) {
            let place = self.at(field, typed);
            self.wrong.push(Wrong::new(&place, "Only a site with `state: paused` has this."));
        }
        let says = reason.is_some() || starts_at.is_some();
        let reason = reason.and_then(|typed| {
            let place = self.at("pause_reason", &typed);
            self.taken(&place, rules::pause_reason(&typed.value)).flatten()
        });
        let starts_at = starts_at.and_then(|typed| {
            let place = self.at("starts_at", &typed);
            let at = typed.value.parse::<Timestamp>();
            let at = self.known(&place, at.map_err(|_| NO_INSTANT.to_owned()))?;
            // A pause that has ended asks for an active site; see `plan`.
            let near = if at > self.now {
                rules::starts_at("at", &typed.value, self.now)
            } else {
                Ok(Some(at))
            };
            self.taken(&place, near).flatten()
        });
        let state = state?;
        match state.value.as_str() {
            "active" => Some(Standing::Active),
            "paused" => Some(Standing::Paused(says.then_some(Pause { reason, starts_at }))),
            other => {
                let place = self.at("state", &state);
                let message = match other {
                    "deleted" => {
                        "To delete a site, leave it out and apply with --prune.".to_owned()
                    }
                    other => format!("{other:?} is no state: use active or paused."),
                };
                self.wrong.push(Wrong::new(&place, message));
                None
            }
        }
    }

    fn tags(&mut self, typed: Vec<Spanned<String>>) -> Vec<String> {
        let mut tags = Vec::with_capacity(typed.len());
        for (at, typed) in typed.iter().enumerate() {
            let place = self.at(&format!("tags[{at}]"), typed);
            tags.extend(self.taken(&place, rules::tag(&typed.value)));
        }
        let place = self.below("tags", None);
        self.taken(&place, rules::tags(&tags.join(","))).unwrap_or_default()
    }

    fn domains(&mut self, typed: Vec<Spanned<Domain>>) -> Domains {
        let mut patterns = Vec::with_capacity(typed.len());
        let mut seen = HashMap::with_capacity(typed.len());
        for (at, typed) in typed.into_iter().enumerate() {
            let place = self.at(&format!("domains[{at}]"), &typed);
            let Domain { host, include_subdomains } = typed.value;
            let canonical = canonicalise(&host, include_subdomains).map_err(Refusal::from);
            let Some(canonical) = self.taken(&place, canonical) else { continue };
            let pattern = canonical.pattern;
            if let Some(first) = seen.insert((pattern.host.clone(), pattern.port), at) {
                let message = format!("{pattern} is listed twice, first as domains[{first}].");
                self.wrong.push(Wrong::new(&place, message));
                continue;
            }
            patterns.push(pattern);
        }
        Domains { patterns, whole: true }
    }

    fn taken<T>(&mut self, place: &Place, read: Result<T, Refusal>) -> Option<T> {
        self.known(place, read.map_err(|refusal| refusal.message))
    }

    fn known<T>(&mut self, place: &Place, read: Result<T, String>) -> Option<T> {
        read.map_err(|message| self.wrong.push(Wrong::new(place, message))).ok()
    }

    fn at<T>(&self, field: &str, typed: &Spanned<T>) -> Place {
        self.below(field, Some(typed.referenced.line()))
    }

    fn below(&self, field: &str, line: Option<u64>) -> Place {
        Place { path: format!("{}.{field}", self.place.path), line: line.or(self.place.line) }
    }
}

const NO_INSTANT: &str = "That is no time. Write it like 2026-11-30T14:05:00Z.";

#[cfg(test)]
mod tests;
