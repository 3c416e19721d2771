//! The trail of changes around a scenario: the one that brought it about, if any, and others that did
//! not, some of them nearer, some of the right kind on the wrong thing, some on other sites.

use crate::people::{People, exact};
use app::audit::model::{Action, Entry, EntryId};
use app::domains::{DomainScope, Pattern};
use app::incidents::detection::Minute;
use app::keys::rules::mint_sitekey;
use app::sites::model::SiteId;
use fastrand::Rng;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What was written down.
pub(crate) struct Trail<'a> {
    pub(crate) entries: Vec<Entry>,
    site: SiteId,
    start: Minute,
    people: &'a People,
}

impl<'a> Trail<'a> {
    /// An empty one of a site on which something begins in the minute `start`.
    pub(crate) fn new(site: SiteId, start: Minute, people: &'a People) -> Self {
        Self { entries: Vec::new(), site, start, people }
    }

    /// Writes down a change, so many seconds before the scenario begins.
    pub(crate) fn write(
        &mut self,
        before_start: i64,
        action: Action,
        subject: &str,
        [before, after]: [Value; 2],
    ) -> EntryId {
        let id = EntryId(1_000 + i64::try_from(self.entries.len()).unwrap_or(0));
        self.entries.push(Entry {
            actor: "ada@example.com".to_owned(),
            site: Some(self.site),
            site_name: Some(self.people.name.clone()),
            subject: subject.to_owned(),
            before: (!before.is_null()).then_some(before),
            after: (!after.is_null()).then_some(after),
            ..Entry::new(id, at(self.start * 60 - before_start), action)
        });
        id
    }

    /// Writes down changes that bring nothing about: four to eight of them, half of them within ten
    /// minutes of the beginning, also right after it.
    pub(crate) fn distract(&mut self, rng: &mut Rng) {
        for _ in 0..rng.usize(4..=8) {
            let near = rng.bool();
            let when = if near { rng.i64(-100..600) } else { rng.i64(600..86_000) };
            self.distraction(rng, when);
        }
        // Of any kind, on another site, in the same minute.
        let others = SiteId(self.site.0 + 1);
        let here = std::mem::replace(&mut self.site, others);
        let busy = self.people.visitors.hosts[0].0.clone();
        let pattern = json!(exact(&busy));
        let when = rng.i64(-30..90);
        self.write(when, Action::DomainRemoved, &busy, [pattern, Value::Null]);
        self.write(when, Action::SitePaused, "Other", [Value::Null, Value::Null]);
        self.write(when, Action::SiteDeleted, "Other", [Value::Null, Value::Null]);
        self.site = here;
    }

    fn distraction(&mut self, rng: &mut Rng, when: i64) {
        let People { name, root, stray, .. } = self.people;
        let unused = format!("{}.{root}", ["beta", "demo", "press", "jobs"][rng.usize(..4)]);
        let mut random = |bytes: &mut [u8]| rng.fill(bytes);
        let key = mint_sitekey(&mut random);
        let none = || [Value::Null, Value::Null];
        match rng.usize(..15) {
            0 => self.write(when, Action::SiteRenamed, name, none()),
            1 => self.write(when, Action::SiteTagged, name, none()),
            2 => self.write(when, Action::SitekeyLabelled, &key, none()),
            3 => self.write(when, Action::SecretIssued, "…abcd", none()),
            4 => self.write(when, Action::SitekeyIssued, &key, none()),
            5 => self.write(when, Action::HostIgnored, &stray[0].0, none()),
            6 => {
                let added = json!(exact(&unused));
                self.write(when, Action::DomainAdded, &unused, [Value::Null, added])
            }
            // Of the kind that denies, but nobody comes from there.
            7 | 8 => {
                let removed = json!(exact(&unused));
                self.write(when, Action::DomainRemoved, &unused, [removed, Value::Null])
            }
            9 => {
                let pattern = |scope| json!(Pattern { host: unused.clone(), scope, port: None });
                let both = [pattern(DomainScope::Subdomains), pattern(DomainScope::Exact)];
                self.write(when, Action::DomainChanged, &unused, both)
            }
            10 => {
                let policy =
                    |missing: &str| json!({ "any_hostname": false, "missing_referer": missing });
                self.write(when, Action::SitePolicyChanged, name, [policy("allow"), policy("deny")])
            }
            // Keys that nobody uses.
            11 => self.write(when, Action::SitekeyRevoked, &key, none()),
            12 => {
                let ended = json!({ "old_retires_at": at(self.start * 60 - 30) });
                self.write(when + 40_000, Action::SitekeyRotated, &key, [Value::Null, ended])
            }
            // What was taken back before it began.
            13 => {
                self.write(when + 4_000, Action::SitePaused, name, none());
                self.write(when + 3_000, Action::SiteStarted, name, none())
            }
            _ => {
                let (host, _) = &self.people.visitors.hosts[0];
                let pattern = json!(exact(host));
                let gone = [pattern.clone(), Value::Null];
                let removed = self.write(when + 20_000, Action::DomainRemoved, host, gone);
                let back = [Value::Null, pattern];
                let added = self.write(when + 19_000, Action::DomainAdded, host, back);
                for entry in &mut self.entries {
                    if entry.id == removed {
                        entry.undone_by = Some(added);
                    }
                }
                added
            }
        };
    }
}

/// An instant by its seconds since the Unix epoch.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}
