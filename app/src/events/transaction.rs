//! One transaction of the writer: look for duplicates, add up, enter in the journal, commit.

use super::aggregate::{Ids, distinct_ids, entries};
use super::heard::{self, Heard, Noted};
use super::keeping::Keeping;
use super::model::Receipt;
use super::partitions::{self, Made, Partition, Table, utc_date};
use super::places::Wanted;
use super::portions::Portion;
use super::posting::Backlog;
use super::prepare::{EventId, Name, Prepared};
use super::rules::Floors;
use super::store::{self, Dictionary, Names, Sample};
use crate::context::{Clock, fill_random};
use crate::stats::model::Grain;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, PgPool};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::iter;
use std::sync::Arc;
use uuid::Uuid;

/// How old a source's noted last sign of life may get.
const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(5);
/// For how long a token that named one source too many is not asked for another: what is new is counted as
/// `other` meanwhile, without reading the dictionary each time.
const REFUSED_FOR: SignedDuration = SignedDuration::from_mins(1);

/// Writes portions of batches, one transaction at a time.
pub(super) struct Recorder {
    pool: PgPool,
    clock: Clock,
    keeping: Keeping,
    dictionary: Arc<Dictionary>,
    /// What the dictionary holds; the recorder alone adds to it.
    names: Names,
    /// Until when the new sources of a token (of our own commands) are counted as `other`.
    refused: HashMap<Option<i64>, Timestamp>,
    partitions: Made,
    /// When each source was last noted as seen.
    seen: HashMap<i32, Timestamp>,
    heard: Noted,
    backlog: Arc<Backlog>,
}

/// Portions of batches on their way through one transaction, however often it is tried.
pub(super) struct Work<'b> {
    portions: Vec<Portion<'b>>,
    /// Set once a transaction was about to be committed, whose end is not known.
    pending: Option<Pending>,
}

/// A transaction that may have been committed.
struct Pending {
    /// The id it has left behind on this day if it was.
    marker: Uuid,
    day: Date,
    /// What its senders are to be told then.
    receipts: Vec<Receipt>,
}

impl<'b> Work<'b> {
    pub(super) fn new(portions: Vec<Portion<'b>>) -> Self {
        Self { portions, pending: None }
    }
}

/// What a transaction learnt that is true once it is committed.
struct Learnt {
    names: Option<store::Learnt>,
    partitions: Vec<Partition>,
    seen: Vec<i32>,
    heard: Vec<Heard>,
    /// How many keys were entered in the journal.
    keys: u64,
    now: Timestamp,
}

impl Ids for Names {
    fn code(&self, event: &Prepared) -> i32 {
        Names::code(self, &event.code)
    }

    fn source(&self, event: &Prepared) -> i32 {
        Names::source(self, &event.source)
    }
}

impl Recorder {
    pub(super) fn new(
        pool: PgPool,
        clock: Clock,
        keeping: Keeping,
        dictionary: Arc<Dictionary>,
        backlog: Arc<Backlog>,
    ) -> Self {
        Self {
            pool,
            clock,
            keeping,
            dictionary,
            names: Names::default(),
            refused: HashMap::new(),
            partitions: Made::default(),
            seen: HashMap::new(),
            heard: Noted::default(),
            backlog,
        }
    }

    /// Whether so much waits to be added to the rollups that no more should be entered.
    pub(super) fn is_ahead(&self) -> bool {
        self.backlog.is_full()
    }

    /// Tries to commit the portions. After an error it can be called again with the same work: if
    /// an earlier try was committed after all, that is found out, and nothing is counted twice.
    pub(super) async fn attempt(&mut self, work: &mut Work<'_>) -> sqlx::Result<Vec<Receipt>> {
        let outcome = self.try_commit(work).await;
        if let Err(error) = &outcome {
            if is_forgotten(error) {
                self.names.forget_sources();
                self.refused.clear();
                self.dictionary.replace(self.names.clone());
            }
            // What was remembered may have been rolled back.
            self.partitions.forget();
            self.seen.clear();
            self.heard.forget();
        }
        outcome
    }

    async fn try_commit(&mut self, work: &mut Work<'_>) -> sqlx::Result<Vec<Receipt>> {
        let mut transaction = store::begin_events(&self.pool).await?;
        // With the lock held, an earlier try has ended one way or the other.
        if let Some(Pending { marker, day, receipts }) = &work.pending
            && store::was_committed(&mut transaction, *day, *marker).await?
        {
            return Ok(receipts.clone());
        }
        let (now, marker) = (self.clock.now(), random_uuid()?);
        let (receipts, learnt) = self.write(&mut transaction, &work.portions, marker, now).await?;
        work.pending = Some(Pending { marker, day: utc_date(now), receipts: receipts.clone() });
        transaction.commit().await?;
        self.remember(learnt);
        Ok(receipts)
    }

    fn remember(&mut self, learnt: Learnt) {
        if let Some(store::Learnt { names, refused }) = learnt.names {
            self.dictionary.replace(names.clone());
            self.names = names;
            let until = learnt.now.checked_add(REFUSED_FOR).unwrap_or(learnt.now);
            self.refused.retain(|_, until| *until > learnt.now);
            self.refused.extend(refused.into_iter().map(|token| (token, until)));
        }
        self.backlog.entered(learnt.keys);
        self.partitions.remember(learnt.partitions);
        self.heard.remember(&learnt.heard, learnt.now);
        self.seen.extend(learnt.seen.into_iter().map(|source| (source, learnt.now)));
    }

    async fn write(
        &self,
        connection: &mut PgConnection,
        portions: &[Portion<'_>],
        marker: Uuid,
        now: Timestamp,
    ) -> sqlx::Result<(Vec<Receipt>, Learnt)> {
        let floors = self.keeping.floors(now);
        let partitions = self.partitions.missing(tables(portions, &floors, now));
        if !partitions.is_empty() {
            partitions::ensure(connection, &partitions).await?;
        }
        let learnt_names = self.learn_names(connection, portions, now).await?;
        let names = learnt_names.as_ref().map_or(&self.names, |learnt| &learnt.names);

        let (fresh, receipts) = fresh_events(connection, portions, marker, now).await?;
        let entries = entries(fresh.iter().copied(), names);
        if !entries.is_empty() {
            store::enter(connection, &entries, now).await?;
        }
        add_samples(connection, &fresh, names, &floors).await?;
        let seen = self.unseen_sources(&fresh, names, now);
        if !seen.is_empty() {
            store::saw_sources(connection, &seen, now).await?;
        }
        let heard = self.heard.due(portions, names, now);
        heard::note(connection, &heard, now).await?;
        let keys = entries.len() as u64;
        Ok((receipts, Learnt { names: learnt_names, partitions, seen, heard, keys, now }))
    }

    async fn learn_names<'p>(
        &self,
        connection: &mut PgConnection,
        portions: &[Portion<'p>],
        now: Timestamp,
    ) -> sqlx::Result<Option<store::Learnt>> {
        let (mut codes, mut sources) = (HashSet::new(), BTreeSet::new());
        for Portion { batch, events, .. } in portions {
            let is_refused = self.refused.get(&batch.token).is_some_and(|until| *until > now);
            let mut meet = |source: &'p Name| {
                if let Name::New(name) = source
                    && !is_refused
                    && !self.names.has_source(name)
                {
                    sources.insert(Wanted { token: batch.token, name });
                }
            };
            batch.newest.sources().for_each(&mut meet);
            for event in *events {
                meet(&event.source);
                if let Name::New(code) = &event.code
                    && !self.names.has_code(code)
                {
                    codes.insert(&**code);
                }
            }
        }
        if codes.is_empty() && sources.is_empty() {
            return Ok(None);
        }
        store::learn(connection, &codes, &sources, now).await.map(Some)
    }

    /// The sources of `fresh` whose last sign of life is due to be noted.
    fn unseen_sources(&self, fresh: &[&Prepared], names: &Names, now: Timestamp) -> Vec<i32> {
        let mut sources: Vec<i32> = fresh.iter().map(|event| Ids::source(names, event)).collect();
        sources.sort_unstable();
        sources.dedup();
        sources.retain(|source| {
            self.seen.get(source).is_none_or(|seen| now.duration_since(*seen) >= SEEN_EVERY)
        });
        sources
    }
}

/// Whether a source that was known is known no longer: a batch that names it by its number has to be sent
/// again.
pub(super) fn is_forgotten(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::RowNotFound)
}

fn random_uuid() -> sqlx::Result<Uuid> {
    let mut bytes = [0; 16];
    fill_random(&mut bytes).map_err(|error| sqlx::Error::Configuration(error.into()))?;
    Ok(Uuid::from_bytes(bytes))
}

fn events<'b>(portions: &[Portion<'b>]) -> impl Iterator<Item = &'b Prepared> {
    portions.iter().flat_map(|portion| portion.events)
}

/// Where rows of the portions go at once: the tables in partitions, and the days.
fn tables(
    portions: &[Portion<'_>],
    floors: &Floors,
    now: Timestamp,
) -> impl Iterator<Item = (Table, Timestamp)> {
    let days: HashSet<Timestamp> =
        events(portions).map(|event| Grain::Day.floor(event.time)).collect();
    let held_from = Grain::Day.floor(floors.sample);
    let sampled = days.into_iter().filter(move |day| *day >= held_from);
    iter::once((Table::EventIds, now)).chain(sampled.map(|day| (Table::Samples, day)))
}

/// The events that were not counted before, and the receipts of the portions.
async fn fresh_events<'b>(
    connection: &mut PgConnection,
    portions: &[Portion<'b>],
    marker: Uuid,
    now: Timestamp,
) -> sqlx::Result<(Vec<&'b Prepared>, Vec<Receipt>)> {
    let (mut daily, permanent) = distinct_ids(events(portions));
    daily.push(marker);
    let mut fresh_ids = HashSet::new();
    let added = store::add_daily(connection, utc_date(now), &daily).await?;
    fresh_ids.extend(added.into_iter().map(|hash| EventId { hash, permanent: false }));
    if !permanent.is_empty() {
        let added = store::add_permanent(connection, &permanent).await?;
        fresh_ids.extend(added.into_iter().map(|hash| EventId { hash, permanent: true }));
    }
    let mut fresh = Vec::with_capacity(fresh_ids.len());
    let receipts = portions
        .iter()
        .map(|portion| {
            let before = fresh.len();
            let events = portion.events.iter();
            // An id is taken out as it is met, so that its second event is a duplicate.
            fresh.extend(events.filter(|event| event.id.is_none_or(|id| fresh_ids.remove(&id))));
            let accepted = fresh.len() - before;
            let duplicate = portion.events.len() - accepted;
            Receipt { accepted: accepted as u64, duplicate: duplicate as u64 }
        })
        .collect();
    Ok((fresh, receipts))
}

async fn add_samples(
    connection: &mut PgConnection,
    fresh: &[&Prepared],
    names: &Names,
    floors: &Floors,
) -> sqlx::Result<()> {
    let samples: Vec<Sample<'_>> = fresh
        .iter()
        .filter(|event| event.sample.is_some() && event.time >= floors.sample)
        .map(|event| Sample {
            event,
            code: Ids::code(names, event),
            source: Ids::source(names, event),
        })
        .collect();
    if samples.is_empty() { Ok(()) } else { store::add_samples(connection, &samples).await }
}
