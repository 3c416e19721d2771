//! What a replay found, for a person and for a program.

use app::auth::rules::query_value;
use app::events::access_log::{ReadError, Unreadable};
use app::events::model::{Event, Receipt};
use app::gate::referer::{Referer, parse};
use app::sites::model::SiteId;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Unreadable lines named one by one; the rest are only counted.
const NAMED_LINES: usize = 20;
/// Hosts named in the text; the JSON has them all.
const NAMED_HOSTS: usize = 10;

/// Counts of one replay.
pub(super) struct Summary {
    source: String,
    span: Option<(Timestamp, Timestamp)>,
    requests: u64,
    receipt: Receipt,
    codes: BTreeMap<String, u64>,
    hosts: BTreeMap<(String, String), u64>,
    unreadable: u64,
    named: Vec<(u64, String)>,
    broken_off: Option<String>,
}

impl Summary {
    /// Nothing counted yet.
    pub(super) fn new(source: String) -> Self {
        Self {
            source,
            span: None,
            requests: 0,
            receipt: Receipt::default(),
            codes: BTreeMap::new(),
            hosts: BTreeMap::new(),
            unreadable: 0,
            named: Vec::new(),
            broken_off: None,
        }
    }

    /// Counts one outcome.
    pub(super) fn count(&mut self, event: &Event<'_>) {
        let (first, last) = self.span.unwrap_or((event.time, event.time));
        self.span = Some((first.min(event.time), last.max(event.time)));
        self.requests += 1;
        *self.codes.entry(event.code.to_string()).or_default() += 1;
        let host = match event.referer.as_deref().map_or(Referer::Missing, parse) {
            Referer::Host { host, .. } => host,
            Referer::Missing => String::new(),
            Referer::Unusable(_) => "?".to_owned(),
        };
        *self.hosts.entry((event.code.to_string(), host)).or_default() += 1;
    }

    /// Counts a line that is no request.
    pub(super) fn unreadable(&mut self, line: u64, reason: &Unreadable) {
        self.unreadable += 1;
        if self.named.len() < NAMED_LINES {
            self.named.push((line, reason.to_string()));
        }
    }

    /// Remembers that the log could not be read to its end.
    pub(super) fn broke_off(&mut self, error: &ReadError) {
        self.broken_off = Some(error.to_string());
    }

    /// Adds what the writer answered.
    pub(super) fn receive(&mut self, receipt: Receipt) {
        self.receipt.accepted += receipt.accepted;
        self.receipt.duplicate += receipt.duplicate;
    }

    /// Whether the log was read to its end.
    pub(super) fn is_whole(&self) -> bool {
        self.broken_off.is_none()
    }

    /// The console at exactly the log's range.
    pub(super) fn link(&self, base_url: &str, site: SiteId) -> String {
        let Some((first, last)) = self.span else { return format!("{base_url}/sites/{site}") };
        let end = last.saturating_add(SignedDuration::from_secs(1)).unwrap_or(last);
        let [from, to] = [first, end].map(|time| query_value(&time.to_string()));
        format!("{base_url}/sites/{site}?from={from}&to={to}")
    }

    /// For a program.
    pub(super) fn json(&self, link: &str) -> Value {
        let hosts: Vec<Value> = self
            .hosts_by_count()
            .into_iter()
            .map(|(code, host, count)| json!({ "code": code, "host": host, "count": count }))
            .collect();
        let named: Vec<Value> = self
            .named
            .iter()
            .map(|(line, reason)| json!({ "line": line, "reason": reason }))
            .collect();
        json!({
            "source": self.source,
            "from": self.span.map(|(first, _)| first),
            "to": self.span.map(|(_, last)| last),
            "requests": self.requests,
            "accepted": self.receipt.accepted,
            "duplicate": self.receipt.duplicate,
            "codes": self.codes,
            "hosts": hosts,
            "unreadable": { "count": self.unreadable, "lines": named },
            "broken_off": self.broken_off,
            "url": link,
        })
    }

    /// For a person.
    pub(super) fn text(&self, link: &str) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_text(&mut out, link);
        out
    }

    fn write_text(&self, out: &mut String, link: &str) -> std::fmt::Result {
        writeln!(out, "{} requests replayed as {}", self.requests, self.source)?;
        if let Some((first, last)) = self.span {
            writeln!(out, "from {first} to {last}")?;
        }
        for (code, count) in &self.codes {
            writeln!(out, "  {count:>9}  {code}")?;
        }
        let denied: Vec<_> =
            self.hosts_by_count().into_iter().filter(|(code, ..)| code != "ok").collect();
        if !denied.is_empty() {
            writeln!(out, "Denied, by host")?;
            for (code, host, count) in denied.iter().take(NAMED_HOSTS) {
                let host = match host.as_str() {
                    "" => "(no referer)",
                    "?" => "(unusable referer)",
                    host => host,
                };
                writeln!(out, "  {count:>9}  {host}  {code}")?;
            }
            if let Some(more) = denied.len().checked_sub(NAMED_HOSTS).filter(|more| *more > 0) {
                writeln!(out, "  and {more} more; --json names them all")?;
            }
        }
        let Receipt { accepted, duplicate, .. } = self.receipt;
        writeln!(out, "{accepted} new events, {duplicate} counted before")?;
        if self.unreadable > 0 {
            writeln!(out, "{} lines could not be read", self.unreadable)?;
            for (line, reason) in &self.named {
                writeln!(out, "  line {line}: {reason}")?;
            }
            if self.unreadable > self.named.len() as u64 {
                writeln!(out, "  and {} more", self.unreadable - self.named.len() as u64)?;
            }
        }
        if let Some(error) = &self.broken_off {
            writeln!(out, "Stopped early: {error}")?;
        }
        writeln!(out, "\n{link}")
    }

    fn hosts_by_count(&self) -> Vec<(String, String, u64)> {
        let mut hosts: Vec<_> = self
            .hosts
            .iter()
            .map(|((code, host), count)| (code.clone(), host.clone(), *count))
            .collect();
        hosts.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
        hosts
    }
}
