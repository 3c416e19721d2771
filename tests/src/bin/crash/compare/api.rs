//! `GET /v1/stats`.

use super::{Comparison, DAY, HOSTS_A_DAY, HOUR, Known, MINUTE, folded};
use crate::event::{Kind, World};
use crate::ledger::Bounds;
use serde_json::Value;
use sitekeeper_tests::Machine;
use std::collections::HashMap;

/// No event is older, in days.
const ALL_DAYS: i64 = 700;

impl Comparison {
    /// `GET /v1/stats`, asked in every way.
    pub(crate) async fn api(&mut self, machine: &Machine, world: &World, known: Known<'_>) {
        let today = crate::event::now().div_euclid(DAY) * DAY;
        let keys: [(&str, &dyn Fn(Kind) -> String); 5] = [
            ("", &|_| "null".to_owned()),
            ("code", &|kind| Value::from(kind.code()).to_string()),
            ("source", &|kind| Value::from(kind.source()).to_string()),
            ("site", &|kind| or_null(world.site(kind) != 0, world.site(kind))),
            ("sitekey", &|kind| or_null(!world.sitekey(kind).is_empty(), world.sitekey(kind))),
        ];
        let grains = [
            ("minute", MINUTE, 5),
            ("hour", HOUR, 60),
            ("day", DAY, ALL_DAYS),
            ("none", 0, ALL_DAYS),
        ];
        for (bucket, seconds, days) in grains {
            let from = today - days * DAY;
            for (group, key) in keys {
                let question = [("group_by", group), ("bucket", bucket)];
                let expected = folded(known, |kind| {
                    let at = if seconds == 0 { from } else { kind.bucket(seconds) };
                    (kind.bucket(1) >= from).then(|| format!("{at}|{}", key(kind)))
                });
                self.ask(machine, from, &question, expected).await;
            }
        }
        let from = today - ALL_DAYS * DAY;
        for (site, sitekey) in world.sites() {
            let by_code = |mine: &dyn Fn(Kind) -> bool| {
                folded(known, |kind| {
                    mine(kind).then(|| format!("{from}|{}", Value::from(kind.code())))
                })
            };
            let number = site.to_string();
            let question = [("group_by", "code"), ("site", &number)];
            self.ask(machine, from, &question, by_code(&|kind| world.site(kind) == site)).await;
            let question = [("group_by", "code"), ("sitekey", sitekey)];
            let expected = by_code(&|kind| world.sitekey(kind) == sitekey);
            self.ask(machine, from, &question, expected).await;
            self.ask_hosts(machine, from, site, known, world).await;
        }
    }

    async fn ask(
        &mut self,
        machine: &Machine,
        from: i64,
        question: &[(&str, &str)],
        expected: HashMap<String, Bounds>,
    ) {
        let what = question.iter().map(|(name, value)| match *name {
            "group_by" | "bucket" => format!(" {name}={value}"),
            _ => format!(" {name}"),
        });
        let what = format!("/v1/stats{}", what.collect::<String>());
        let found = answer(machine, from, question).await;
        self.compare(
            &what,
            expected,
            found.into_iter().map(|(at, key, count)| (format!("{at}|{key}"), count)).collect(),
        );
    }

    async fn ask_hosts(
        &mut self,
        machine: &Machine,
        from: i64,
        site: i64,
        known: Known<'_>,
        world: &World,
    ) {
        let mut codes: HashMap<&str, HashMap<String, HashMap<String, Bounds>>> = HashMap::new();
        for (kind, bounds) in known.iter().filter(|(kind, _)| world.site(**kind) == site) {
            let days = codes.entry(kind.code()).or_default();
            let hosts = days.entry(kind.bucket(DAY).to_string()).or_default();
            hosts.entry(kind.host()).or_default().add(*bounds);
        }
        for (code, expected) in codes {
            let number = site.to_string();
            let question =
                [("group_by", "host"), ("bucket", "day"), ("site", &number), ("code", code)];
            let found =
                answer(machine, from, &question).await.into_iter().map(|(at, key, count)| {
                    let host = serde_json::from_str(&key).unwrap_or(key);
                    (at.to_string(), host, count)
                });
            let what = "/v1/stats group_by=host bucket=day site code";
            self.compare_hosts(what, expected, found.collect(), HOSTS_A_DAY);
        }
    }
}

/// The rows of an answer: start in Unix seconds, key as JSON, count.
async fn answer(
    machine: &Machine,
    from: i64,
    question: &[(&str, &str)],
) -> Vec<(i64, String, i64)> {
    let first = (from * 1000).to_string();
    // To the end of today, so that today is read from the days, whose hosts are bounded for the day.
    let last = ((crate::event::now().div_euclid(DAY) + 1) * DAY * 1000).to_string();
    let mut query = vec![("from", first.as_str()), ("to", last.as_str())];
    query.extend(question.iter().filter(|(_, value)| !value.is_empty()));
    let rows = machine.stats(&query).await;
    let row = |row: &Value| {
        let start: jiff::Timestamp = row["start"].as_str()?.parse().ok()?;
        Some((start.as_second(), row["key"].to_string(), row["count"].as_i64()?))
    };
    rows.iter().map(|found| row(found).unwrap_or_else(|| panic!("not a row: {found}"))).collect()
}

fn or_null(there: bool, value: impl Into<Value>) -> String {
    if there { value.into().to_string() } else { "null".to_owned() }
}
