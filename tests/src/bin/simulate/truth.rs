//! What is true of a scenario beside its counts: who sent the events, which change brought it about, and
//! what an operator should do. Nothing of this is told to the rules, nor read from them.

use crate::people::{Crowd, People, Shares, exact, one, ranked};
use crate::scenario::{Scenario, What};
use crate::trail::{Trail, at};
use app::audit::model::{Action, Entry, EntryId};
use app::domains::{DomainId, DomainIndex, DomainScope, Pattern};
use app::gate::SitePolicy;
use app::incidents::model::Dimension;
use app::keys::rules::mint_sitekey;
use app::sites::model::{MissingReferer, SiteId, SiteState};
use fastrand::Rng;
use serde_json::{Value, json};

/// What an operator should be told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fix {
    /// Take this change back.
    Undo(EntryId),
    Start,
    Restore,
    /// Not to allow the host.
    DoNotAllow,
    /// Put a sitekey of the scenario's site into its pages.
    RightKey,
    LookAtReplays,
    /// Nothing can be done by a click, and none is offered.
    Nothing,
    Platform,
}

/// The truth of a scenario.
pub(crate) struct Truth {
    pub(crate) site: SiteId,
    pub(crate) people: People,
    /// Who sends what the scenario adds.
    pub(crate) crowd: Crowd,
    /// What sets these apart: any of these is right to be named first. If there is none, nothing stands
    /// out.
    pub(crate) drivers: Vec<(Dimension, String)>,
    /// What brought it about.
    pub(crate) change: Option<EntryId>,
    pub(crate) fix: Fix,
    /// Everything that was changed lately, here and elsewhere.
    pub(crate) trail: Vec<Entry>,
    /// The site as it is during the scenario.
    pub(crate) policy: SitePolicy,
    /// Sitekeys that were issued for the site.
    pub(crate) issued: Vec<String>,
}

/// How a scenario came about.
struct Cause {
    crowd: Crowd,
    drivers: Vec<(Dimension, String)>,
    change: Option<EntryId>,
    fix: Fix,
    state: SiteState,
    domains: Vec<Pattern>,
}

impl Cause {
    /// Nobody changed anything.
    fn outside(people: &People, crowd: Crowd, drivers: Vec<(Dimension, String)>, fix: Fix) -> Self {
        let domains = people.domains.clone();
        Self { crowd, drivers, change: None, fix, state: SiteState::Active, domains }
    }
}

impl Truth {
    /// The same for the same scenario and `seed`.
    pub(crate) fn of(scenario: &Scenario, number: usize, seed: u64) -> Self {
        let rng = &mut Rng::with_seed(seed ^ (number as u64) << 20);
        let site = site_id(scenario.site);
        let mut people = People::of(scenario.site);
        if scenario.what == What::DomainRemoved {
            lose(&mut people, scenario.size);
        }
        let known = people.clone();
        let mut trail = Trail::new(site, scenario.start, &known);
        trail.distract(rng);
        let cause = match scenario.what {
            What::Pause | What::Delete => stopped(scenario.what, &known, &mut trail, rng),
            What::DomainRemoved => domain(&known, &mut trail, rng),
            What::KeyRevoked => key(&known, &mut trail, scenario, rng),
            What::SitekeyTypo => typo(&known, rng),
            What::ReplayAttack => replay(&known, rng),
            What::TnoBurst => Cause { fix: Fix::Nothing, ..bots(&known, rng) },
            What::KeyTheft => theft(&known, rng),
            What::PlatformOutage => outage(&known, rng),
            What::BenignSurge | What::SlowGrowth | What::LateData | What::Silence => {
                Cause::outside(&known, known.visitors.clone(), Vec::new(), Fix::Nothing)
            }
        };
        let Cause { crowd, drivers, change, fix, state, domains } = cause;
        let mut trail = trail.entries;
        // As the trail is read: the newest first.
        trail.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        let issued = known.visitors.sitekeys.iter().map(|(key, _)| key.clone()).collect();
        let policy = policy(site, &known.name, state, domains);
        Self { site, people: known, crowd, drivers, change, fix, trail, policy, issued }
    }
}

/// The number of a site.
pub(crate) fn site_id(site: usize) -> SiteId {
    SiteId(i64::try_from(site).unwrap_or(i64::MAX - 1) + 1)
}

/// What the gate knows of a site.
pub(crate) fn policy(
    site: SiteId,
    name: &str,
    state: SiteState,
    domains: Vec<Pattern>,
) -> SitePolicy {
    SitePolicy {
        site,
        name: name.to_owned(),
        state,
        pause_reason: None,
        starts_at: None,
        any_hostname: false,
        missing_referer: MissingReferer::Deny,
        index: DomainIndex::new((1..).map(DomainId).zip(domains).collect()),
    }
}

/// Gives the first host, which will be denied, its share of the traffic.
fn lose(people: &mut People, share: f64) {
    let hosts = &mut people.visitors.hosts;
    if hosts.len() == 1 {
        let more = format!("www2.{}", people.root);
        people.domains.push(exact(&more));
        hosts.push((more, 0.0));
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let other = (1.0 - share) / (hosts.len() - 1) as f64;
    for (number, (_, of)) in hosts.iter_mut().enumerate() {
        *of = if number == 0 { share } else { other };
    }
}

fn stopped(what: What, people: &People, trail: &mut Trail<'_>, rng: &mut Rng) -> Cause {
    let (action, fix, state) = match what {
        What::Pause => (Action::SitePaused, Fix::Start, SiteState::Paused),
        _ => (Action::SiteDeleted, Fix::Restore, SiteState::Deleted),
    };
    let entry = trail.write(rng.i64(0..50), action, &people.name, [Value::Null, Value::Null]);
    let crowd = people.visitors.clone();
    let cause = Cause::outside(people, crowd, Vec::new(), fix);
    Cause { change: Some(entry), state, ..cause }
}

/// A domain is removed, loses its subdomains, or falls out of a domain check that is turned on.
fn domain(people: &People, trail: &mut Trail<'_>, rng: &mut Rng) -> Cause {
    let lost = people.visitors.hosts[0].0.clone();
    let mut domains = people.domains.clone();
    domains.retain(|pattern| pattern.host != lost);
    let when = rng.i64(0..50);
    let above = lost.strip_prefix("www.").unwrap_or(&lost).to_owned();
    let entry = match rng.usize(..3) {
        1 if above != lost => {
            let pattern = |scope| Pattern { host: above.clone(), scope, port: None };
            let (was, is) = (pattern(DomainScope::Subdomains), pattern(DomainScope::Exact));
            domains.retain(|pattern| pattern.host != above);
            domains.push(is.clone());
            trail.write(when, Action::DomainChanged, &above, [json!(was), json!(is)])
        }
        2 => {
            let policy = |any: bool| json!({ "any_hostname": any, "missing_referer": "deny" });
            let both = [policy(true), policy(false)];
            trail.write(when, Action::SitePolicyChanged, &people.name, both)
        }
        _ => {
            let both = [json!(exact(&lost)), Value::Null];
            trail.write(when, Action::DomainRemoved, &lost, both)
        }
    };
    let crowd = Crowd { hosts: vec![(lost.clone(), 1.0)], ..people.visitors.clone() };
    let drivers = vec![(Dimension::Host, lost)];
    let cause = Cause::outside(people, crowd, drivers, Fix::Undo(entry));
    Cause { change: Some(entry), domains, ..cause }
}

/// A sitekey is revoked, replaced without a grace, or its grace has ended.
fn key(people: &People, trail: &mut Trail<'_>, scenario: &Scenario, rng: &mut Rng) -> Cause {
    let key = people.visitors.sitekeys[0].0.clone();
    let when = rng.i64(0..50);
    let now = at(scenario.start * 60);
    let (entry, undo) = match rng.usize(..3) {
        0 => (trail.write(when, Action::SitekeyRevoked, &key, [Value::Null, Value::Null]), false),
        1 => {
            let after = json!({ "old_retires_at": Value::Null });
            (trail.write(when, Action::SitekeyRotated, &key, [Value::Null, after]), true)
        }
        _ => {
            let days = rng.i64(1..28) * 86_400;
            let after = json!({ "old_retires_at": now });
            (trail.write(days, Action::SitekeyRotated, &key, [Value::Null, after]), true)
        }
    };
    let fix = if undo { Fix::Undo(entry) } else { Fix::RightKey };
    let cause = wrong_key(people, key, fix);
    Cause { change: Some(entry), ..cause }
}

fn typo(people: &People, rng: &mut Rng) -> Cause {
    let right = people.visitors.sitekeys[0].0.clone();
    let wrong = match rng.usize(..3) {
        0 => right[..right.len() - rng.usize(1..4)].to_owned(),
        1 => format!("{}{}", &right[..right.len() - 1], ["x", "0", "Q"][rng.usize(..3)]),
        _ => {
            let mut random = |bytes: &mut [u8]| rng.fill(bytes);
            mint_sitekey(&mut random)
        }
    };
    wrong_key(people, wrong, Fix::RightKey)
}

/// The visitors of a site send one sitekey that is none. A site with one host is known by that, too.
fn wrong_key(people: &People, key: String, fix: Fix) -> Cause {
    let crowd = Crowd { sitekeys: vec![(key.clone(), 1.0)], ..people.visitors.clone() };
    let mut drivers = vec![(Dimension::Sitekey, key)];
    let most = crowd.hosts.iter().filter(|(_, share)| *share > 0.9);
    drivers.extend(most.map(|(host, _)| (Dimension::Host, host.clone())));
    Cause::outside(people, crowd, drivers, fix)
}

/// One response is verified again and again, by one client or by many.
fn replay(people: &People, rng: &mut Rng) -> Cause {
    let cause = if rng.usize(..3) == 0 {
        let clients = ranked((0..60).map(|bot| format!("r{bot:03}")).collect(), 0.2);
        let crowd = Crowd { clients, ..people.visitors.clone() };
        Cause::outside(people, crowd, Vec::new(), Fix::LookAtReplays)
    } else {
        bots(people, rng)
    };
    let crowd = Crowd { traces: Some(rng.u32(1..12)), ..cause.crowd };
    Cause { crowd, fix: Fix::LookAtReplays, ..cause }
}

/// One client that comes by one source, or many with one user agent.
fn bots(people: &People, rng: &mut Rng) -> Cause {
    let agent = ["python-requests/2.34", "HeadlessChrome/149", "curl/8.20"][rng.usize(..3)];
    let agents: Shares = vec![(agent.to_owned(), 1.0)];
    let mut drivers = vec![(Dimension::UserAgent, agent.to_owned())];
    let crowd = if rng.bool() {
        let client = format!("bot{}", rng.u32(1_000..));
        drivers.push((Dimension::Client, client.clone()));
        let source = one(rng, &people.visitors.sources).to_owned();
        let (clients, sources) = (vec![(client, 1.0)], vec![(source, 1.0)]);
        Crowd { sources, clients, agents, ..people.visitors.clone() }
    } else {
        let clients = ranked((0..80).map(|bot| format!("b{bot:03}")).collect(), 0.2);
        Crowd { clients, agents, ..people.visitors.clone() }
    };
    Cause::outside(people, crowd, drivers, Fix::Nothing)
}

/// Somebody else's pages use the sitekey: one host, a look-alike, a neighbour on a platform, one that
/// carries the site's name, a few, or many.
fn theft(people: &People, rng: &mut Rng) -> Cause {
    let People { name, root, .. } = people;
    let number = rng.u32(100..1_000);
    let hosts = match rng.usize(..8) {
        0 => vec![format!("cheap-tickets{number}.shop")],
        1 => {
            vec![format!("{}s{}", &name[..name.len() - 1], root.trim_start_matches(name.as_str()))]
        }
        2 => vec![format!("{name}.{}", ["top", "xyz", "shop"][rng.usize(..3)])],
        3 => vec![format!("{name}-login.vercel.app")],
        4 => vec![format!("{root}.verify{number}.net")],
        5 => vec![format!("stolen{number}.github.io")],
        6 => (0..rng.usize(2..6)).map(|one| format!("farm{one}-{number}.click")).collect(),
        _ => (0..40).map(|one| format!("p{one}x{number}.biz")).collect(),
    };
    let steep = if hosts.len() > 10 { 0.1 } else { 0.7 };
    let drivers = hosts.iter().map(|host| (Dimension::Host, host.clone())).collect();
    let crowd = Crowd {
        hosts: ranked(hosts, steep),
        sitekeys: vec![people.visitors.sitekeys[0].clone()],
        clients: ranked((0..300).map(|victim| format!("k{victim:03}")).collect(), 0.3),
        ..people.visitors.clone()
    };
    Cause::outside(people, crowd, drivers, Fix::DoNotAllow)
}

/// One source fails, or all do.
fn outage(people: &People, rng: &mut Rng) -> Cause {
    // The visitors of all sites.
    let mut crowd = crate::people::strangers();
    let mut drivers = Vec::new();
    if rng.bool() {
        let source = one(rng, &crowd.sources).to_owned();
        crowd.sources = vec![(source.clone(), 1.0)];
        drivers.push((Dimension::Source, source));
    }
    Cause::outside(people, crowd, drivers, Fix::Platform)
}
