//! Who comes to a site, and from where: hosts, sitekeys, sources, clients and user agents.

use crate::chance::poisson;
use app::domains::{DomainScope, Pattern};
use app::incidents::model::Dimension;
use app::incidents::rules::Counts;
use app::keys::rules::mint_sitekey;
use fastrand::Rng;

/// Values with their shares, which sum up to one.
pub(crate) type Shares = Vec<(String, f64)>;

const SOURCES: [&str; 4] = ["edge-ams", "edge-fra", "edge-iad", "edge-sin"];
const AGENTS: [&str; 8] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/149",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_5) Version/19.5 Mobile Safari",
    "Mozilla/5.0 (Linux; Android 16) Chrome/149 Mobile",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/19",
    "Mozilla/5.0 (Windows NT 10.0; rv:151.0) Gecko Firefox/151",
    "Mozilla/5.0 (X11; Linux x86_64) Chrome/148",
    "Mozilla/5.0 (iPad; CPU OS 19_4) Safari",
    "Mozilla/5.0 (Linux; Android 14; SM-A146B) Chrome/147 Mobile",
];
const CLIENTS: usize = 400;
/// Names that no two sites share, and that are not one or two letters apart.
const SYLLABLES: [&str; 16] = [
    "bar", "lo", "quen", "mi", "tras", "vel", "dor", "pix", "un", "har", "sol", "wex", "kep",
    "gram", "fo", "zet",
];
const SUFFIXES: [&str; 5] = ["com", "de", "co.uk", "io", "example"];

/// Requests that have something in common: each is drawn from these, one dimension independent of the
/// other.
#[derive(Clone)]
pub(crate) struct Crowd {
    pub(crate) hosts: Shares,
    pub(crate) sitekeys: Shares,
    pub(crate) sources: Shares,
    pub(crate) clients: Shares,
    pub(crate) agents: Shares,
    /// So many traces are sent again and again; without, each has its own.
    pub(crate) traces: Option<u32>,
}

impl Crowd {
    /// How a number of its requests spreads over the values of one dimension.
    pub(crate) fn spread(&self, rng: &mut Rng, dimension: Dimension, count: u64) -> Counts {
        let shares = match dimension {
            Dimension::Host => &self.hosts,
            Dimension::Sitekey => &self.sitekeys,
            Dimension::Source => &self.sources,
            Dimension::Client => &self.clients,
            Dimension::UserAgent => &self.agents,
            Dimension::Site => return Counts::new(),
        };
        #[expect(clippy::cast_precision_loss, reason = "counts of a day")]
        let mean = |share: &f64| count as f64 * share;
        let drawn = shares.iter().map(|(value, share)| {
            let count = poisson(rng, mean(share));
            (value.clone(), i64::try_from(count).unwrap_or(i64::MAX))
        });
        drawn.filter(|(_, count)| *count > 0).collect()
    }
}

/// Adds counts to counts, value by value.
pub(crate) fn add(counts: &mut Counts, more: Counts) {
    for (value, count) in more {
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, sum)) => *sum += count,
            None => counts.push((value, count)),
        }
    }
}

/// One value, drawn by its share.
pub(crate) fn one<'a>(rng: &mut Rng, shares: &'a Shares) -> &'a str {
    let mut left = rng.f64() * shares.iter().map(|(_, share)| share).sum::<f64>();
    for (value, share) in shares {
        left -= share;
        if left <= 0.0 {
            return value;
        }
    }
    shares.last().map_or("", |(value, _)| value)
}

/// Shares of values, the first the largest; the steeper, the more of it.
pub(crate) fn ranked(values: Vec<String>, steep: f64) -> Shares {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let weight = |rank: usize| (rank as f64 + 1.0).powf(-steep);
    let all: f64 = (0..values.len()).map(weight).sum();
    values.into_iter().enumerate().map(|(rank, value)| (value, weight(rank) / all)).collect()
}

/// A site's visitors, and what it lists.
#[derive(Clone)]
pub(crate) struct People {
    /// Under this name, as in `barlo`, and this domain, as in `barlo.com`.
    pub(crate) name: String,
    pub(crate) root: String,
    /// Everybody, with whatever outcome.
    pub(crate) visitors: Crowd,
    /// Hosts that are denied on any day.
    pub(crate) stray: Shares,
    pub(crate) domains: Vec<Pattern>,
}

impl People {
    /// Those of a site: the same for a site in every run.
    pub(crate) fn of(site: usize) -> Self {
        let rng = &mut Rng::with_seed(0x5e_ed ^ (site as u64) << 8);
        let high = SYLLABLES[site % 16];
        let low = SYLLABLES[site / 16 % 16];
        let name =
            format!("{high}{low}{}{}", SYLLABLES[rng.usize(..16)], SYLLABLES[(site / 7) % 16]);
        let root = format!("{name}.{}", SUFFIXES[rng.usize(..SUFFIXES.len())]);
        let mut hosts = vec![format!("www.{root}"), root.clone()];
        let more = [
            format!("shop.{root}"),
            format!("account.{root}"),
            format!("m.{root}"),
            format!("{name}-store.net"),
            format!("{name}.vercel.app"),
        ];
        hosts.extend(more.into_iter().filter(|_| rng.f64() < 0.4));
        hosts.truncate(rng.usize(1..=hosts.len()));
        let domains = hosts.iter().map(|host| exact(host)).collect();
        let mut random = |bytes: &mut [u8]| rng.fill(bytes);
        let mut sitekeys: Vec<String> = (0..2).map(|_| mint_sitekey(&mut random)).collect();
        sitekeys.truncate(rng.usize(1..=2));
        let mut stray = vec![
            String::new(),
            "localhost".to_owned(),
            format!("staging.{root}"),
            format!("{}.translate.goog", root.replace('.', "-")),
            "webcache.search.example".to_owned(),
            "?".to_owned(),
            format!("old-{name}.org"),
            "scanner.invalid".to_owned(),
        ];
        rng.shuffle(&mut stray);
        let mut sources = SOURCES.map(str::to_owned).to_vec();
        rng.shuffle(&mut sources);
        let mut agents = AGENTS.map(str::to_owned).to_vec();
        rng.shuffle(&mut agents);
        let clients = (0..CLIENTS).map(|client| format!("v{site:03}{client:04}")).collect();
        let steep = 0.3 + 1.5 * rng.f64();
        let visitors = Crowd {
            hosts: ranked(hosts, 0.5 + 1.5 * rng.f64()),
            sitekeys: ranked(sitekeys, 1.0),
            sources: ranked(sources, steep),
            clients: ranked(clients, 0.5),
            agents: ranked(agents, 1.0),
            traces: None,
        };
        Self { name, root, visitors, stray: ranked(stray, 1.0), domains }
    }

    /// Who is denied for the host on any day.
    pub(crate) fn strays(&self) -> Crowd {
        Crowd { hosts: self.stray.clone(), ..self.visitors.clone() }
    }
}

/// Who sends sitekeys that nobody issued, on any day: scanners, old pages, developers.
pub(crate) fn strangers() -> Crowd {
    let rng = &mut Rng::with_seed(0xbad);
    let random = |bytes: &mut [u8]| rng.fill(bytes);
    let mut keys: Vec<String> = vec!["test".to_owned(), "YOUR_SITEKEY".to_owned()];
    keys.extend(
        std::iter::repeat_with({
            let mut random = random;
            move || mint_sitekey(&mut random)
        })
        .take(60),
    );
    let mut hosts = vec![String::new(), "localhost".to_owned(), "?".to_owned()];
    hosts.extend((0..60).map(|number| format!("host{number}.elsewhere{}.net", number % 23)));
    Crowd {
        hosts: ranked(hosts, 0.7),
        sitekeys: ranked(keys, 0.6),
        sources: ranked(SOURCES.map(str::to_owned).to_vec(), 0.7),
        clients: ranked((0..CLIENTS).map(|client| format!("x{client:04}")).collect(), 0.5),
        agents: ranked(AGENTS.map(str::to_owned).to_vec(), 0.7),
        traces: None,
    }
}

pub(crate) fn exact(host: &str) -> Pattern {
    Pattern { host: host.to_owned(), scope: DomainScope::Exact, port: None }
}
