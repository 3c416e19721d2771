//! The snapshot the gate decides from: every site's policy and every sitekey, in memory, replaced
//! site by site as they change.

use super::model::{SitePolicy, Verdict};
use super::rules::{Detail, KeyStanding, decide};
use super::store::CHANNEL;
use crate::context::Clock;
use crate::domains::DomainIndex;
use crate::domains::store::Domain;
use crate::error::AppError;
use crate::keys::model::{KeyState, Sitekey, SitekeyId};
use crate::sites::model::{Site, SiteId};
use crate::{domains, keys, sites, tokens};
use futures::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgNotification};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long a sitekey that nobody issued is not asked for again.
pub const STRANGE_FOR: SignedDuration = SignedDuration::from_secs(1);
/// The most sitekeys that are asked for within [`STRANGE_FOR`]; made-up ones cannot cost more.
const STRANGERS: usize = 1_000;

/// The gate of this process. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    pool: PgPool,
    clock: Clock,
    snapshot: Arc<RwLock<Snapshot>>,
    /// When sitekeys unknown to the snapshot were last asked for.
    strangers: Arc<std::sync::Mutex<HashMap<String, Timestamp>>>,
    /// Reloads one after the other, so that an older reading never replaces a newer one.
    reloading: Arc<Mutex<()>>,
}

/// How much a gate knows, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// When the whole database was last read; single sites may be newer.
    pub loaded_at: Timestamp,
    /// The sites, deleted ones among them.
    pub sites: usize,
    /// The sitekeys, whatever their state.
    pub sitekeys: usize,
}

#[derive(Default)]
struct Snapshot {
    policies: HashMap<SiteId, Arc<SitePolicy>>,
    sitekeys: HashMap<Box<str>, Standing>,
    sitekeys_of: HashMap<SiteId, Vec<Box<str>>>,
    loaded_at: Timestamp,
}

#[derive(Clone, Copy)]
struct Standing {
    site: SiteId,
    id: SitekeyId,
    state: KeyState,
    retires_at: Option<Timestamp>,
}

impl Gate {
    /// A gate over everything in the database.
    pub async fn load(pool: PgPool, clock: Clock) -> Result<Self, AppError> {
        let gate = Self {
            pool,
            clock,
            snapshot: Arc::default(),
            strangers: Arc::default(),
            reloading: Arc::default(),
        };
        gate.reload().await?;
        Ok(gate)
    }

    /// Decides a request as of now.
    pub fn check(&self, sitekey: Option<&str>, referer: Option<&[u8]>, detail: Detail) -> Verdict {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        let resolve = |sitekey: &str| {
            let standing = snapshot.sitekeys.get(sitekey)?;
            let policy = snapshot.policies.get(&standing.site)?;
            let (state, retires_at) = (standing.state, standing.retires_at);
            Some(KeyStanding { policy, state, retires_at })
        };
        decide(sitekey, referer, resolve, self.clock.now(), detail)
    }

    /// The site a sitekey was issued for and the sitekey's number, whatever their states.
    pub fn owner_of(&self, sitekey: &str) -> Option<(SiteId, SitekeyId)> {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        snapshot.sitekeys.get(sitekey).map(|standing| (standing.site, standing.id))
    }

    /// What the gate knows of a site.
    pub fn policy(&self, site: SiteId) -> Option<Arc<SitePolicy>> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).policies.get(&site).cloned()
    }

    /// What the gate knows of every site.
    pub fn policies(&self) -> Vec<Arc<SitePolicy>> {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        snapshot.policies.values().cloned().collect()
    }

    /// When the whole database was last read; single sites may be newer.
    pub fn loaded_at(&self) -> Timestamp {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).loaded_at
    }

    /// How much the gate knows.
    pub fn size(&self) -> Size {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        Size {
            loaded_at: snapshot.loaded_at,
            sites: snapshot.policies.len(),
            sitekeys: snapshot.sitekeys.len(),
        }
    }

    /// Reads the sites of sitekeys that this process has not heard of, since another may have issued
    /// them a moment ago. Returns whether there were any. A sitekey that nobody issued is not asked
    /// for again within [`STRANGE_FOR`].
    pub async fn learn(&self, sitekeys: &[String]) -> Result<bool, AppError> {
        let unasked = self.unasked(sitekeys);
        if unasked.is_empty() {
            return Ok(false);
        }
        let mut conn = self.pool.acquire().await?;
        let sites = keys::store::sites_of(&mut conn, &unasked).await?;
        drop(conn);
        if !sites.is_empty() {
            self.refresh(&sites).await?;
        }
        Ok(!sites.is_empty())
    }

    fn unasked(&self, sitekeys: &[String]) -> Vec<String> {
        let now = self.clock.now();
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.retain(|_, asked_at| now.duration_since(*asked_at) < STRANGE_FOR);
        let room = STRANGERS.saturating_sub(strangers.len());
        let unasked: Vec<String> = sitekeys
            .iter()
            .filter(|key| !strangers.contains_key(*key))
            .take(room)
            .cloned()
            .collect();
        strangers.extend(unasked.iter().map(|key| (key.clone(), now)));
        unasked
    }

    /// Reads everything again.
    pub async fn reload(&self) -> Result<(), AppError> {
        let _reloading = self.reloading.lock().await;
        let mut tx = self.pool.begin().await?;
        sites::store::read_consistently(&mut tx).await?;
        let sites = sites::store::all(&mut tx).await?;
        let mut domains = by_site(domains::store::all(&mut tx).await?, |one| one.site);
        let sitekeys = keys::store::sitekeys(&mut tx, None).await?;
        let mut sitekeys = by_site(sitekeys, |one| one.site);
        drop(tx);
        let mut snapshot = Snapshot { loaded_at: self.clock.now(), ..Snapshot::default() };
        for site in sites {
            let domains = domains.remove(&site.id).unwrap_or_default();
            let sitekeys = sitekeys.remove(&site.id).unwrap_or_default();
            snapshot.put(site, domains, sitekeys);
        }
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(())
    }

    /// Reads some sites again; what it decides of them afterwards is what the database says now.
    pub async fn refresh(&self, ids: &[SiteId]) -> Result<(), AppError> {
        let _reloading = self.reloading.lock().await;
        let mut tx = self.pool.begin().await?;
        sites::store::read_consistently(&mut tx).await?;
        let sites = sites::store::by_ids(&mut tx, ids).await?;
        let mut domains = by_site(domains::store::of_sites(&mut tx, ids).await?, |one| one.site);
        let sitekeys = keys::store::sitekeys_among(&mut tx, Some(ids)).await?;
        let mut sitekeys = by_site(sitekeys, |one| one.site);
        drop(tx);
        let mut snapshot = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            snapshot.remove(*id);
        }
        for site in sites {
            let domains = domains.remove(&site.id).unwrap_or_default();
            let sitekeys = sitekeys.remove(&site.id).unwrap_or_default();
            snapshot.put(site, domains, sitekeys);
        }
        Ok(())
    }

    /// Follows the changes other processes make, for as long as it is polled. After a lost connection
    /// everything is read again, since notices may have been missed.
    pub async fn follow(self, tokens: tokens::live::TokenCache) {
        loop {
            if let Err(error) = self.follow_once(&tokens).await {
                tracing::warn!(%error, "lost the notices of changes; reconnecting");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn follow_once(&self, tokens: &tokens::live::TokenCache) -> Result<(), AppError> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen_all([CHANNEL, tokens::live::CHANNEL]).await?;
        self.reload().await?;
        tokens.forget();
        while let Some(notices) = arrived(&mut listener).await? {
            let (of_tokens, of_sites): (Vec<_>, Vec<_>) =
                notices.iter().partition(|notice| notice.channel() == tokens::live::CHANNEL);
            if !of_tokens.is_empty() {
                tokens.forget();
            }
            let changed = of_sites.into_iter().filter_map(|notice| notice.payload().parse().ok());
            let changed: Vec<SiteId> = changed.map(SiteId).collect();
            if !changed.is_empty() {
                self.refresh(&changed).await?;
            }
        }
        Ok(())
    }
}

/// Waits for a notice and takes all that have arrived with it, since one transaction can change many
/// sites. `None` once the connection is lost.
async fn arrived(listener: &mut PgListener) -> Result<Option<Vec<PgNotification>>, sqlx::Error> {
    let Some(first) = listener.try_recv().await? else { return Ok(None) };
    let mut notices = vec![first];
    while let Some(next) = listener.try_recv().now_or_never() {
        match next? {
            Some(notice) => notices.push(notice),
            None => return Ok(None),
        }
    }
    Ok(Some(notices))
}

fn by_site<T>(all: Vec<T>, site: impl Fn(&T) -> SiteId) -> HashMap<SiteId, Vec<T>> {
    let mut grouped: HashMap<SiteId, Vec<T>> = HashMap::new();
    for one in all {
        grouped.entry(site(&one)).or_default().push(one);
    }
    grouped
}

impl Snapshot {
    fn put(&mut self, site: Site, domains: Vec<Domain>, sitekeys: Vec<Sitekey>) {
        let entries = domains.into_iter().map(|domain| (domain.id, domain.pattern)).collect();
        let policy = SitePolicy {
            site: site.id,
            name: site.name,
            state: site.state,
            pause_reason: site.pause_reason,
            starts_at: site.starts_at,
            any_hostname: site.any_hostname,
            missing_referer: site.missing_referer,
            index: DomainIndex::new(entries),
        };
        self.policies.insert(site.id, Arc::new(policy));
        let of_site = self.sitekeys_of.entry(site.id).or_default();
        for Sitekey { id, sitekey, state, retires_at, .. } in sitekeys {
            let sitekey: Box<str> = sitekey.into();
            of_site.push(sitekey.clone());
            self.sitekeys.insert(sitekey, Standing { site: site.id, id, state, retires_at });
        }
    }

    fn remove(&mut self, id: SiteId) {
        self.policies.remove(&id);
        for sitekey in self.sitekeys_of.remove(&id).unwrap_or_default() {
            self.sitekeys.remove(&sitekey);
        }
    }
}
