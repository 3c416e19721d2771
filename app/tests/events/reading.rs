//! What is read is what a plain walk over all events would count.

use crate::harness::{World, at, submit};
use app::events::model::Event;
use app::stats::model::{Comparison, Counted, Filter, Grain, GroupBy, Key, Range, Step};
use app::stats::rules::{
    Family, Held, align, before, held_step, plan, set_beside, step_for, steps,
};
use app::stats::store::{self, Question};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

const CODES: [&str; 4] = ["ok", "referer_denied", "sitekey_invalid", "made_up"];
const HOSTS: [&str; 3] = ["a.example", "b.example", "xn--bcher-kva.example"];
const SITEKEYS: [Option<&str>; 4] = [Some("first-key"), Some("second-key"), Some("?"), None];
const SOURCES: [&str; 2] = ["edge-1", "edge-2"];

/// One event as the test knows it.
struct Fact {
    time: Timestamp,
    code: &'static str,
    host: &'static str,
    sitekey: Option<&'static str>,
    source: &'static str,
    count: i64,
}

impl Fact {
    fn site(&self) -> i64 {
        if self.code == "sitekey_invalid" { 0 } else { self.owner() }
    }

    /// Whose its sitekey is.
    fn owner(&self) -> i64 {
        match self.sitekey {
            Some("first-key") => 1,
            Some("second-key") => 2,
            _ => 0,
        }
    }

    fn known_sitekey(&self) -> Option<&'static str> {
        self.sitekey.filter(|key| *key != "?")
    }

    fn matches(&self, filter: &Filter) -> bool {
        let same = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == found)
        };
        filter.site.is_none_or(|site| site == self.site())
            && same(&filter.code, Some(self.code))
            && same(&filter.host, Some(self.host))
            && same(&filter.sitekey, self.known_sitekey())
            && same(&filter.source, Some(self.source))
            && !(filter.errors && self.code == "ok")
            && filter.keys_of.is_none_or(|of| self.site() == 0 && self.owner() == of)
    }

    fn key(&self, group_by: &[GroupBy]) -> Key {
        match group_by {
            [] => Key::Null,
            [by] => self.part(*by),
            [one, other] => Key::Pair(Box::new([self.part(*one), self.part(*other)])),
            _ => unreachable!("no question has more"),
        }
    }

    fn part(&self, by: GroupBy) -> Key {
        let name = |name: &str| Key::Name(name.to_owned());
        match by {
            GroupBy::Code => name(self.code),
            GroupBy::Host => name(self.host),
            GroupBy::Source => name(self.source),
            GroupBy::Sitekey => self.known_sitekey().map_or(Key::Null, name),
            GroupBy::Site if self.site() == 0 => Key::Null,
            GroupBy::Site => Key::Site(self.site()),
        }
    }
}

/// A plain generator of numbers, so that a failure can be run again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }

    fn maybe<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        (self.roll(3) == 0).then(|| self.pick(of))
    }
}

fn facts(dice: &mut Dice, now: Timestamp) -> Vec<Fact> {
    (0..4_000)
        .map(|n| {
            // The last hours, the last days, the last months, and long ago.
            let back = match n % 4 {
                0 => dice.roll(3 * 3_600),
                1 => dice.roll(5 * 86_400),
                2 => dice.roll(90 * 86_400),
                _ => dice.roll(900 * 86_400),
            };
            Fact {
                time: now - SignedDuration::from_secs(i64::try_from(back).unwrap()),
                code: dice.pick(&CODES),
                host: dice.pick(&HOSTS),
                sitekey: dice.pick(&SITEKEYS),
                source: dice.pick(&SOURCES),
                count: i64::try_from(1 + dice.roll(9)).unwrap(),
            }
        })
        .collect()
}

async fn world_with(facts: &[Fact]) -> World {
    let world = World::new().await;
    let writer = world.writer();
    for batch in facts.chunks(700) {
        let events: Vec<_> = batch
            .iter()
            .map(|fact| Event {
                id: None,
                time: fact.time,
                sitekey: fact.sitekey.map(Into::into),
                code: fact.code.into(),
                referer: Some(format!("https://{}/page?x=1", fact.host).into_bytes().into()),
                count: fact.count.unsigned_abs(),
                source: fact.source.into(),
                client: None,
                trace: None,
                user_agent: None,
            })
            .collect();
        submit(&writer, &events).await;
    }
    writer.close().await;
    world
}

fn some_range(dice: &mut Dice, now: Timestamp) -> Range {
    let scale = dice.pick(&[7_200, 86_400, 10 * 86_400, 100 * 86_400, 1_000 * 86_400]);
    let seconds = |n: u64| SignedDuration::from_secs(i64::try_from(n).unwrap());
    let to = now + SignedDuration::from_secs(60) - seconds(dice.roll(scale));
    Range::ending(to, seconds(1 + dice.roll(scale)))
}

/// What a walk over all facts counts in `covered`.
fn counted(facts: &[Fact], question: &Question, covered: Range) -> BTreeMap<(Timestamp, Key), i64> {
    let mut expected = BTreeMap::new();
    for fact in facts {
        if fact.time >= covered.from && fact.time < covered.to && fact.matches(&question.filter) {
            let start = question.step.map_or(covered.from, |step| step.floor(fact.time));
            *expected.entry((start, fact.key(&question.group_by))).or_default() += fact.count;
        }
    }
    expected
}

/// Some question that can be answered.
fn some_question(dice: &mut Dice, now: Timestamp, held: &Held) -> Option<Question> {
    let range = some_range(dice, now);
    let mut group_by = Vec::new();
    for _ in 0..dice.roll(3) {
        group_by.push(dice.pick(&GroupBy::ALL));
    }
    let filter = Filter {
        site: dice.maybe(&[0, 1, 2, 99]),
        code: dice.maybe(&["ok", "referer_denied", "sitekey_invalid", "never"]).map(Into::into),
        host: dice.maybe(&HOSTS).map(Into::into),
        sitekey: dice.maybe(&["first-key", "second-key", "unheard-of"]).map(Into::into),
        source: dice.maybe(&SOURCES).map(Into::into),
        errors: dice.roll(3) == 0,
        keys_of: dice.maybe(&[1, 2]).filter(|_| dice.roll(3) == 0),
    };
    let family = Family::for_question(&filter, &group_by).ok()?;
    let step = dice.maybe(&[
        Step::single(Grain::Day),
        Step { grain: Grain::Day, multiple: 7 },
        Step { grain: Grain::Hour, multiple: 6 },
        Step { grain: Grain::Minute, multiple: 15 },
    ]);
    if step.is_some_and(|step| step.grain < held_step(step.grain, range, family, held).grain) {
        return None;
    }
    Some(Question { range, filter, group_by, step })
}

#[tokio::test]
async fn any_question_is_answered_exactly() {
    let mut dice = Dice(20_261_123);
    let now = at(crate::harness::NOW);
    let facts = facts(&mut dice, now);
    let world = world_with(&facts).await;
    let mut connection = world.pool.acquire().await.unwrap();
    let held = world.held();
    let mut asked = 0;
    while asked < 500 {
        let Some(question) = some_question(&mut dice, now, &held) else { continue };
        asked += 1;
        let answer = store::rows(&mut connection, &question, &held).await.unwrap();
        let covered = answer.range;
        assert!(covered.from <= question.range.from && covered.to >= question.range.to);
        let found: BTreeMap<_, _> =
            answer.rows.iter().map(|row| ((row.start, row.key.clone()), row.count)).collect();
        assert_eq!(found.len(), answer.rows.len(), "a key stands twice: {question:?}");
        assert_eq!(found, counted(&facts, &question, covered), "{question:?}");
    }
    drop(connection);
    world.end().await;
}

#[tokio::test]
async fn the_largest_and_the_rest_are_all_and_each_stands_beside_its_time_before() {
    let mut dice = Dice(4);
    let now = at(crate::harness::NOW);
    let facts = facts(&mut dice, now);
    let world = world_with(&facts).await;
    let mut connection = world.pool.acquire().await.unwrap();
    let held = world.held();
    let (mut asked, mut with_rest) = (0, 0);
    while asked < 200 {
        let Some(question) = some_question(&mut dice, now, &held) else { continue };
        let comparison = dice.maybe(&Comparison::ALL);
        asked += 1;
        let top = 1 + u32::try_from(dice.roll(4)).unwrap();
        let found =
            store::answer(&mut connection, &question, Some(top), comparison, &held).await.unwrap();
        // A comparison may need longer steps.
        let question = Question { step: found.step, ..question };
        let expected = counted(&facts, &question, found.range);
        let total: i64 = expected.values().sum();
        let sum = |rows: &[Counted]| rows.iter().map(|row| row.count).sum::<i64>();
        assert_eq!(found.total, total, "{question:?}");
        assert_eq!(sum(&found.rows) + sum(&found.other), total, "{question:?}");
        let keys: BTreeSet<&Key> =
            found.rows.iter().filter(|row| row.count > 0).map(|row| &row.key).collect();
        if !question.group_by.is_empty() {
            assert!(keys.len() <= usize::try_from(top).unwrap(), "{question:?}");
        }
        let of_keys: i64 = expected
            .iter()
            .filter(|((_, key), _)| keys.contains(key))
            .map(|(_, count)| count)
            .sum();
        assert_eq!(sum(&found.rows), of_keys, "all of a key stands in its rows: {question:?}");
        with_rest += usize::from(!found.other.is_empty());
        for row in found.rows.iter().filter(|row| row.count > 0) {
            assert_eq!(Some(&row.count), expected.get(&(row.start, row.key.clone())), "{row:?}");
        }
        // Nobody who is left out has more than one who is not.
        let mut sums: BTreeMap<&Key, i64> = BTreeMap::new();
        for ((_, key), count) in &expected {
            *sums.entry(key).or_default() += count;
        }
        let least = keys.iter().map(|key| sums[*key]).min().unwrap_or(0);
        if !question.group_by.is_empty() {
            assert!(sums.iter().all(|(key, sum)| keys.contains(key) || *sum <= least));
        }

        let Some(covered_before) = found.before else {
            let family = Family::for_question(&question.filter, &question.group_by).unwrap();
            let Question { range, step, .. } = question;
            let beside = comparison.and_then(|with| set_beside(range, step, with, family, &held));
            assert_eq!(beside, None, "{question:?}");
            assert!(found.rows.iter().all(|row| row.before.is_none()));
            continue;
        };
        assert_eq!(covered_before.length(), found.range.length(), "{question:?}");
        let back = found
            .range
            .from
            .duration_since(before(found.range, question.step, comparison.unwrap()).from);
        let then = counted(&facts, &question, covered_before);
        assert_eq!(found.total_before, Some(then.values().sum()), "{question:?}");
        let all_before = |rows: &[Counted]| rows.iter().filter_map(|row| row.before).sum::<i64>();
        if question.group_by.is_empty() || question.step.is_none() || !found.rows.is_empty() {
            assert_eq!(
                all_before(&found.rows) + all_before(&found.other),
                then.values().sum::<i64>(),
                "{question:?}"
            );
        }
        for row in &found.rows {
            let start =
                if question.step.is_some() { row.start - back } else { covered_before.from };
            let expected = then.get(&(start, row.key.clone())).copied().unwrap_or(0);
            assert_eq!(row.before, Some(expected), "{row:?} of {question:?}");
        }
    }
    assert!(with_rest > 20, "the rest was looked at {with_rest} times");
    drop(connection);
    world.end().await;
}

#[tokio::test]
async fn lists_agree_with_the_facts() {
    let mut dice = Dice(7);
    let now = at(crate::harness::NOW);
    let facts = facts(&mut dice, now);
    let world = world_with(&facts).await;
    let mut connection = world.pool.acquire().await.unwrap();
    let held = world.held();
    for hours in [2, 24, 24 * 30, 24 * 900] {
        let asked = Range::ending(now, SignedDuration::from_hours(hours));
        let step = step_for(asked, &held);
        let range = align(asked, step);
        let within = |fact: &&Fact| fact.time >= range.from && fact.time < range.to;
        let sum = |test: &dyn Fn(&Fact) -> bool| {
            facts
                .iter()
                .filter(within)
                .filter(|fact| test(fact))
                .map(|fact| fact.count)
                .sum::<i64>()
        };

        let codes = store::codes(&mut connection, range, None, step, &held).await.unwrap();
        assert_eq!(codes.range, range);
        for row in &codes.rows {
            assert_eq!(row.count, sum(&|fact| fact.code == row.code));
            assert_eq!(row.trend.len(), steps(range, step).len());
            assert_eq!(row.trend.iter().sum::<i64>(), row.count);
        }
        assert!(codes.rows.is_sorted_by(|a, b| a.count >= b.count));

        let top = store::top_sites(&mut connection, range, None, 10, &held).await.unwrap();
        for row in &top.rows {
            assert_eq!(row.attempts, sum(&|fact| fact.site() == row.site));
            assert_eq!(row.errors, sum(&|fact| fact.site() == row.site && fact.code != "ok"));
        }
        let sites = store::sites(&mut connection, range, &[1, 2, 77], &held).await.unwrap();
        assert_eq!(sites.rows.iter().map(|row| row.site).collect::<Vec<_>>(), [1, 2]);
        for row in &sites.rows {
            assert!(top.rows.contains(row));
        }

        // Up to now, and of a time that is over.
        let over = Range::ending(range.from, SignedDuration::from_hours(hours));
        for range in [range, over] {
            let sites = store::sites_per_code(&mut connection, range, &held).await.unwrap();
            let covered = plan(range, Family::Sitekeys, Grain::Week, &held).range;
            let mut expected: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
            for fact in facts.iter().filter(|fact| fact.site() != 0) {
                if fact.time >= covered.from && fact.time < covered.to {
                    expected.entry(fact.code).or_default().insert(fact.site());
                }
            }
            let expected: BTreeMap<&str, usize> =
                expected.into_iter().map(|(code, sites)| (code, sites.len())).collect();
            let found: BTreeMap<&str, usize> = sites
                .iter()
                .map(|(code, sites)| (code.as_str(), usize::try_from(*sites).unwrap()))
                .collect();
            assert_eq!(found, expected, "{range:?}");
        }

        let filter = Filter::code("referer_denied");
        let hosts = store::top_hosts(&mut connection, range, &filter, 2, &held).await.unwrap();
        assert_eq!(hosts.rows.len(), 2);
        let wider = |fact: &&Fact| {
            fact.time >= hosts.range.from
                && fact.time < hosts.range.to
                && fact.code == "referer_denied"
        };
        for row in &hosts.rows {
            let of_host = || facts.iter().filter(wider).filter(|fact| fact.host == row.host);
            assert_eq!(row.count, of_host().map(|fact| fact.count).sum::<i64>());
            let last = of_host().map(|fact| fact.time).max().unwrap();
            assert_eq!(row.last_seen, last.round(jiff::Unit::Microsecond).unwrap());
        }
    }
    let sources = store::sources(&mut connection).await.unwrap();
    assert_eq!(sources.len(), 2);
    assert!(sources.iter().all(|source| source.last_seen.as_second() == now.as_second()));
    drop(connection);
    world.end().await;
}
