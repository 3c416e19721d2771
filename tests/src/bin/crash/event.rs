//! The events that are sent, and what must become of each in the counts.

use fastrand::Rng;
use serde_json::json;
use sitekeeper_tests::Server;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// 1970-01-05, in Unix seconds.
const FIRST_MONDAY: i64 = 4 * DAY;

/// How many sites there are.
const SITES: u8 = 6;
/// The most hosts of the flood: more than a site and code may have an hour and a day.
const FLOOD_HOSTS: u16 = 9_000;
/// The number of a host whose name is as long as a name can be.
pub(crate) const LONG_HOST: u16 = u16::MAX;

/// The codes, the frequent ones first. The last is in no catalogue.
const CODES: [&str; 8] = [
    "ok",
    "referer_denied",
    "payload_used",
    "verify_limit",
    "time_invalid",
    "sitekey_invalid",
    "no_sitekey",
    "made_up",
];

/// Who reports. The first few are verifiers.
const SOURCES: [&str; 9] =
    ["edge-1", "edge-2", "edge-3", "edge-4", "edge-5", "edge-6", "nameless", "flood", "probe"];
const VERIFIERS: u8 = 6;
const NAMELESS: u8 = 6;
const FLOOD: u8 = 7;
const PROBE: u8 = 8;

/// What tells the counts of an event from those of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Kind {
    /// When it happened, in Unix seconds.
    time: i64,
    /// The site whose sitekey it carries; 0 for none.
    site: u8,
    code: u8,
    /// 0 for no referer, 1 for one without a usable host.
    host: u16,
    source: u8,
}

/// One event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) kind: Kind,
    pub(crate) count: u32,
    /// Without, it counts every time it is sent.
    pub(crate) id: Option<u32>,
}

/// The sites that events are of, `[0]` being none.
pub(crate) struct World {
    sites: Vec<(i64, String)>,
}

impl World {
    /// Makes the sites.
    pub(crate) fn create(server: &Server) -> Self {
        let mut sites = vec![(0, String::new())];
        sites.extend((1..=SITES).map(|number| {
            let domain = format!("site-{number}.example");
            let made = server.create_site(&format!("Site {number}"), &domain);
            (made.id, made.sitekey)
        }));
        Self { sites }
    }

    /// The number of the site that the event counts for.
    pub(crate) fn site(&self, kind: Kind) -> i64 {
        match kind.code() {
            // No site is to blame for these.
            "sitekey_invalid" | "no_sitekey" => 0,
            _ => self.sites[usize::from(kind.site)].0,
        }
    }

    /// The sitekey that it counts for; empty for none.
    pub(crate) fn sitekey(&self, kind: Kind) -> &str {
        &self.sites[usize::from(kind.site)].1
    }

    /// All sites, with their sitekeys.
    pub(crate) fn sites(&self) -> impl Iterator<Item = (i64, &str)> {
        self.sites[1..].iter().map(|(id, sitekey)| (*id, sitekey.as_str()))
    }

    /// Appends the event as JSON.
    pub(crate) fn write(&self, body: &mut String, event: &Event) {
        let Event { kind, count, id } = *event;
        let mut fields = json!({ "code": kind.code(), "source": kind.source(), "count": count });
        if let Some(id) = id {
            fields["id"] = json!(id.to_string());
            // Both spellings of a time.
            fields["time"] = match id % 2 {
                0 => json!(kind.time * 1000),
                _ => json!((kind.time * 1000).to_string()),
            };
        } else {
            fields["time"] = json!(kind.time * 1000);
        }
        if kind.site > 0 {
            fields["sitekey"] = json!(self.sitekey(kind));
        }
        match kind.host {
            0 => {}
            1 => fields["referer"] = json!("about:blank"),
            _ => fields["referer"] = json!(format!("https://{}/page", kind.host())),
        }
        let _ = write!(body, "{fields}");
    }
}

impl Kind {
    /// The same at the start of its minute.
    pub(crate) fn of_minute(self) -> Self {
        Self { time: self.bucket(MINUTE), ..self }
    }

    /// The start of its bucket of so many seconds; a week begins on Monday.
    pub(crate) fn bucket(self, seconds: i64) -> i64 {
        let first = if seconds > DAY { FIRST_MONDAY } else { 0 };
        self.time - (self.time - first).rem_euclid(seconds)
    }

    pub(crate) fn code(self) -> &'static str {
        CODES[usize::from(self.code)]
    }

    pub(crate) fn source(self) -> &'static str {
        SOURCES[usize::from(self.source)]
    }

    /// As the counts have it.
    pub(crate) fn host(self) -> String {
        match self.host {
            0 => String::new(),
            1 => "?".to_owned(),
            LONG_HOST => format!("{0}.{0}.{0}.{0}.example", "x".repeat(58)),
            number => format!("h{number}.crash.example"),
        }
    }
}

/// Any event but a special one, with this id.
pub(crate) fn any(rng: &mut Rng, id: u32) -> Event {
    let code = rng.u8(0..8).saturating_sub(rng.u8(0..6));
    let kind = Kind {
        time: time(rng),
        site: rng.u8(0..=SITES),
        code,
        host: rng.u16(0..40),
        source: rng.u8(0..VERIFIERS),
    };
    let count = match rng.u8(0..20) {
        0 => rng.u32(1..1_000_000),
        1..5 => rng.u32(1..50),
        _ => 1,
    };
    Event { kind, count, id: Some(id) }
}

/// Now, most of the time; else so long ago that the minutes are no longer kept, or not even the hours.
fn time(rng: &mut Rng) -> i64 {
    match rng.u8(0..40) {
        0 => now() - 3 * DAY - rng.i64(0..3 * HOUR),
        1 => now() - 45 * DAY - rng.i64(0..3 * HOUR),
        2 => now() - 450 * DAY - rng.i64(0..3 * HOUR),
        _ => now() - rng.i64(0..10 * MINUTE),
    }
}

/// One of many hosts that are denied on one site.
pub(crate) fn of_many_hosts(rng: &mut Rng, id: u32) -> Event {
    let host = 2 + rng.u16(0..FLOOD_HOSTS);
    let kind = Kind { time: now(), site: 1, code: 1, host, source: rng.u8(0..VERIFIERS) };
    Event { kind, count: 1, id: Some(id) }
}

/// One of many days, so long ago that not even the hours are kept.
pub(crate) fn late(rng: &mut Rng, id: u32) -> Event {
    let event = any(rng, id);
    let time = now() - 450 * DAY - rng.i64(0..200 * DAY);
    Event { kind: Kind { time, ..event.kind }, ..event }
}

/// One without an id.
pub(crate) fn nameless(rng: &mut Rng) -> Event {
    let event = any(rng, 0);
    Event { kind: Kind { source: NAMELESS, ..event.kind }, id: None, ..event }
}

/// The same id, reported by another verifier: another event.
pub(crate) fn of_another_source(event: &Event) -> Event {
    let source = (event.kind.source + 1) % VERIFIERS;
    Event { kind: Kind { source, ..event.kind }, ..*event }
}

/// One that takes much memory while it waits.
pub(crate) fn heavy(id: u32) -> Event {
    let kind = Kind { time: now(), site: 0, code: 0, host: LONG_HOST, source: FLOOD };
    Event { kind, count: 1, id: Some(id) }
}

/// One that asks whether events are taken.
pub(crate) fn probe(id: u32) -> Event {
    let kind = Kind { time: now(), site: 2, code: 0, host: 0, source: PROBE };
    Event { kind, count: 1, id: Some(id) }
}

/// The present Unix time in seconds.
#[expect(clippy::disallowed_methods, reason = "a test from outside has the machine's clock")]
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
