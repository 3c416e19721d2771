//! What the sample sites are, and what happens to them. All hosts are under `.example`, which is
//! reserved: nobody's real traffic comes from there.
//!
//! Instants are ages: how long before the moment of loading.

use jiff::SignedDuration;

/// How long before a moment something happened.
pub type Age = SignedDuration;

/// How far back the traffic goes.
pub const SPAN: Age = days(14);

/// The names of the verifiers that report the samples.
pub const SOURCES: [&str; 2] = ["sample:edge-1", "sample:edge-2"];

/// The names under which the samples' configuration was changed begin so; nobody can sign in as one.
pub const ACTORS: &str = "sample:";

/// One sample site.
#[derive(Debug)]
pub struct SampleSite {
    /// Its name, which says that it is a sample.
    pub name: &'static str,
    /// Attempts a minute on an average weekday.
    pub attempts_a_minute: f64,
    /// Attempts on a day of the weekend, to one on a weekday.
    pub weekend: f64,
    /// Where its visitors come from.
    pub hosts: &'static [SampleHost],
    /// What was done to it, oldest first.
    pub history: &'static [(Age, Change)],
    /// What happens to it.
    pub episodes: &'static [Episode],
}

/// A host of a site's visitors.
#[derive(Debug)]
pub struct SampleHost {
    /// The host.
    pub host: &'static str,
    /// Its part of the site's attempts; those of a site add up to 1.
    pub share: f64,
}

/// Something that was done to a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was made, with its first sitekey and secret.
    Created,
    /// A domain was added; the second part says whether with subdomains.
    DomainAdded(&'static str, bool),
    /// A domain was removed.
    DomainRemoved(&'static str),
    /// It was paused.
    Paused,
    /// Its sitekey was replaced; the old one was accepted for so much longer.
    SitekeyRotated(SignedDuration),
}

/// Something that shows in a site's statistics.
#[derive(Debug)]
pub struct Episode {
    /// When it begins.
    pub from: Age,
    /// When it ends; zero if it goes on.
    pub until: Age,
    /// What happens.
    pub effect: Effect,
}

/// What an [`Episode`] does to a site's traffic.
#[derive(Debug)]
pub enum Effect {
    /// Visitors of this host are answered `referer_denied`.
    Denied(&'static str),
    /// All visitors are answered `site_paused`.
    Paused,
    /// Pages of this host still carry the first sitekey.
    OldSitekey(&'static str),
    /// The same, once the first sitekey is refused.
    RetiredSitekey(&'static str),
    /// So many attempts a minute come from a host that is not the site's, with its sitekey.
    Foreign(&'static str, f64),
    /// Pages of this host send no sitekey, so many times a minute.
    NoSitekey(&'static str, f64),
    /// One solved response is verified again, so many times a minute, from this host.
    Replayed(&'static str, f64),
}

const fn days(days: i64) -> Age {
    SignedDuration::from_hours(24 * days)
}

const fn hours(hours: i64) -> Age {
    SignedDuration::from_hours(hours)
}

const fn minutes(minutes: i64) -> Age {
    SignedDuration::from_mins(minutes)
}

const fn host(host: &'static str, share: f64) -> SampleHost {
    SampleHost { host, share }
}

const fn episode(from: Age, until: Age, effect: Effect) -> Episode {
    Episode { from, until, effect }
}

const NOW: Age = SignedDuration::ZERO;
const SHOP_UK_REMOVED: Age = minutes(12);
const NEWS_PAUSED: Age = hours(9);
const FORUM_ROTATED: Age = days(10);
const FORUM_GRACE: SignedDuration = days(4);
const FORUM_RETIRED: Age = days(6);

/// The sites.
pub const SITES: [SampleSite; 5] = [
    // Somebody has just tidied the list of domains and took one too many away.
    SampleSite {
        name: "Sample: shop.example",
        attempts_a_minute: 30.0,
        weekend: 1.3,
        hosts: &[
            host("shop.example", 0.55),
            host("checkout.shop.example", 0.2),
            host("shop-uk.example", 0.25),
        ],
        history: &[
            (days(40), Change::Created),
            (days(40), Change::DomainAdded("shop.example", true)),
            (days(33), Change::DomainAdded("shop-uk.example", false)),
            (SHOP_UK_REMOVED, Change::DomainRemoved("shop-uk.example")),
        ],
        episodes: &[
            episode(SHOP_UK_REMOVED, NOW, Effect::Denied("shop-uk.example")),
            episode(days(5), days(4), Effect::NoSitekey("beta.shop.example", 0.4)),
        ],
    },
    // Somebody else uses its sitekey.
    SampleSite {
        name: "Sample: tickets.example",
        attempts_a_minute: 14.0,
        weekend: 1.6,
        hosts: &[host("tickets.example", 0.7), host("m.tickets.example", 0.3)],
        history: &[
            (days(36), Change::Created),
            (days(36), Change::DomainAdded("tickets.example", true)),
        ],
        episodes: &[episode(hours(20), hours(14), Effect::Foreign("t1ckets.example", 9.0))],
    },
    // One of its pages still carries a sitekey that was replaced.
    SampleSite {
        name: "Sample: forum.example",
        attempts_a_minute: 6.0,
        weekend: 1.1,
        hosts: &[
            host("forum.example", 0.92),
            host("legacy.forum.example", 0.03),
            host("forum-142-team.previews.example", 0.05),
        ],
        history: &[
            (days(31), Change::Created),
            (days(31), Change::DomainAdded("forum.example", true)),
            (days(29), Change::DomainAdded("forum-*-team.previews.example", false)),
            (FORUM_ROTATED, Change::SitekeyRotated(FORUM_GRACE)),
        ],
        episodes: &[
            episode(FORUM_ROTATED, FORUM_RETIRED, Effect::OldSitekey("legacy.forum.example")),
            episode(FORUM_RETIRED, NOW, Effect::RetiredSitekey("legacy.forum.example")),
        ],
    },
    // Solved responses were sent to it again.
    SampleSite {
        name: "Sample: bank.example",
        attempts_a_minute: 9.0,
        weekend: 0.5,
        hosts: &[host("login.bank.example", 0.8), host("www.bank.example", 0.2)],
        history: &[
            (days(27), Change::Created),
            (days(27), Change::DomainAdded("login.bank.example", false)),
            (days(27), Change::DomainAdded("www.bank.example", false)),
        ],
        episodes: &[episode(
            minutes(4 * 24 * 60 + 95),
            minutes(4 * 24 * 60 + 70),
            Effect::Replayed("login.bank.example", 24.0),
        )],
    },
    // It was paused for a relaunch, and its pages were not told.
    SampleSite {
        name: "Sample: news.example",
        attempts_a_minute: 3.0,
        weekend: 0.7,
        hosts: &[host("news.example", 0.9), host("signup.news.example", 0.1)],
        history: &[
            (days(24), Change::Created),
            (days(24), Change::DomainAdded("news.example", true)),
            (NEWS_PAUSED, Change::Paused),
        ],
        episodes: &[episode(NEWS_PAUSED, NOW, Effect::Paused)],
    },
];

/// A platform incident: for this while, part of every site's attempts fails.
pub const OUTAGE: Outage = Outage {
    from: minutes(9 * 24 * 60 + 45),
    until: minutes(9 * 24 * 60 + 15),
    codes: &[("runtime_err", 0.22), ("request_timeout", 0.12)],
};

/// See [`OUTAGE`].
#[derive(Debug)]
pub struct Outage {
    /// When it begins.
    pub from: Age,
    /// When it ends.
    pub until: Age,
    /// Its codes and their parts of the attempts.
    pub codes: &'static [(&'static str, f64)],
}

/// The errors there always are, and how many of a million attempts each takes.
pub const BACKGROUND: [(&str, f64); 22] = [
    ("verification_expired", 2_900.0),
    ("network_error", 1_100.0),
    ("request_timeout", 900.0),
    ("tno_expired", 800.0),
    ("verify_limit", 600.0),
    ("time_invalid", 400.0),
    ("forbidden", 350.0),
    ("refresh_limit", 300.0),
    ("payload_used", 220.0),
    ("decrypt_fail", 180.0),
    ("runtime_data_missing", 120.0),
    ("payload_err", 110.0),
    ("token_err", 100.0),
    ("tno_missing", 90.0),
    ("invalid_runtime_data", 60.0),
    ("tno_mismatch", 50.0),
    ("runtime_err", 45.0),
    ("internal_error", 40.0),
    ("no_tno", 30.0),
    ("tno_invalid", 25.0),
    ("tno_format_err", 20.0),
    ("invalid_sitekey", 15.0),
];

/// Where `referer_denied` comes from on an ordinary day, on every site, and how many of a million
/// attempts each takes; `None` is a request without a referer.
pub const STRAY: [(Option<&str>, f64); 3] =
    [(None, 1_400.0), (Some("translate.example"), 500.0), (Some("web-cache.example"), 250.0)];

/// The hosts of events that belong to no site.
pub fn unattributed_hosts() -> Vec<&'static str> {
    SITES
        .iter()
        .flat_map(|site| site.episodes)
        .filter_map(|episode| match episode.effect {
            Effect::RetiredSitekey(host) | Effect::NoSitekey(host, _) => Some(host),
            _ => None,
        })
        .collect()
}

/// What visitors browse with.
pub const USER_AGENTS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
];

/// What a script calls itself.
pub const SCRIPT: &str = "python-requests/2.32.3";
