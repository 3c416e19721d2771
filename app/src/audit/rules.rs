//! How the trail reads.

use super::model::{Action, Entry, EntryId};
use crate::auth::rules::query_value;
use crate::domains::model::Pattern;
use crate::error::Refusal;
use crate::sites::model::SiteId;
use crate::ui::key::shorten;
use serde_json::Value;
use std::collections::HashSet;

/// Whether taking `entry` back can deny requests that are let through now.
pub fn risky(entry: &Entry) -> bool {
    let was = |name: &str, value: Value| {
        let in_it = |of: &Option<Value>| of.as_ref().and_then(|of| of.get(name)) == Some(&value);
        in_it(&entry.after) && !in_it(&entry.before)
    };
    match entry.action {
        Action::SiteCreated | Action::SiteStarted | Action::SiteRestored | Action::DomainAdded => {
            true
        }
        Action::DomainChanged => was("scope", "subdomains".into()),
        Action::SitePolicyChanged => {
            was("any_hostname", true.into()) || was("missing_referer", "allow".into())
        }
        Action::SitekeyLabelled | Action::SecretLabelled => false,
        _ => matches!(entry.action.noun(), "sitekey" | "secret"),
    }
}

/// Whether `entry` can still be taken back, or why not. Entries that are `taken_back` with it
/// count as if they had never been.
pub fn fits(entry: &Entry, taken_back: impl Fn(EntryId) -> bool) -> Result<(), Refusal> {
    let refused = |code, message: String| Err(Refusal::new(code, "entry", message));
    if !entry.action.undoable() || entry.site.is_none() {
        let message = format!("“{}” cannot be taken back.", entry.told());
        return refused("not_undoable", message);
    }
    if let Some(by) = entry.undone_by {
        return refused("undone", format!("This was taken back already, by {by}."));
    }
    match entry.changed_since.filter(|by| !taken_back(*by)) {
        Some(by) => refused(
            "changed_since",
            format!("This was changed again since, by {by}. Take that back first."),
        ),
        None => Ok(()),
    }
}

/// Of a batch, what has to be taken back: a site that it made goes with all that was done to it.
pub fn essential(mut batch: Vec<Entry>) -> Vec<Entry> {
    let made = batch.iter().filter(|entry| entry.action == Action::SiteCreated);
    let made: HashSet<SiteId> = made.filter_map(|entry| entry.site).collect();
    batch.retain(|entry| {
        entry.action == Action::SiteCreated || entry.site.is_none_or(|site| !made.contains(&site))
    });
    batch
}

/// How many entries of a batch are not taken back themselves, but go with a site that it made, of those
/// whose making is `taken_back`.
pub fn carried(batch: &[Entry], taken_back: impl Fn(&Entry) -> bool) -> i64 {
    let made = |entry: &&Entry| entry.action == Action::SiteCreated && taken_back(entry);
    let made: HashSet<SiteId> = batch.iter().filter(made).filter_map(|entry| entry.site).collect();
    let goes = |entry: &&Entry| {
        entry.action != Action::SiteCreated && entry.site.is_some_and(|site| made.contains(&site))
    };
    i64::try_from(batch.iter().filter(goes).count()).unwrap_or(i64::MAX)
}

/// The address of the page that asks before an entry, or `all` of its batch, is taken back.
pub fn undo_path(EntryId(id): EntryId, all: bool, back: &str) -> String {
    let all = if all { "all=true&" } else { "" };
    format!("/audit/{id}/undo?{all}back={}", query_value(back))
}

/// A value of the trail in an operator's words: `shop.example (including subdomains)`, `paused`.
/// What has no words of its own is written as `name: value`.
pub fn words(value: &Value) -> String {
    if let Ok(pattern) = serde_json::from_value::<Pattern>(value.clone()) {
        return format!("{pattern} ({})", pattern.scope.label());
    }
    match value {
        Value::Object(fields) => {
            let there = told_fields(fields).into_iter().filter(|(_, value)| !value.is_null());
            in_order(there, told_fields(fields).len() == 1)
        }
        value => scalar(value),
    }
}

/// A change in the same words: what was, and what is. Of two values with several fields each, only those
/// that differ are told; one that is on one side alone is `none` on the other.
pub fn words_of_change(
    before: Option<&Value>,
    after: Option<&Value>,
) -> (Option<String>, Option<String>) {
    let all = (before.map(words), after.map(words));
    let (Some(Value::Object(was)), Some(Value::Object(is))) = (before, after) else { return all };
    let (was, is) = (told_fields(was), told_fields(is));
    if was.len() < 2 || is.len() < 2 || before.is_some_and(is_pattern) {
        return all;
    }
    let differing = |of: &[Field<'_>], other: &[Field<'_>]| {
        let in_other = |name: &str| {
            let found = other.iter().find(|(of, _)| *of == name).map(|(_, value)| *value);
            found.filter(|value| !value.is_null())
        };
        let kept = of.iter().copied().filter(|(name, value)| {
            let there = in_other(name);
            there != Some(*value) && !(there.is_none() && value.is_null())
        });
        Some(in_order(kept, false)).filter(|words| !words.is_empty())
    };
    (differing(&was, &is), differing(&is, &was))
}

type Field<'a> = (&'a str, &'a Value);

/// The fields of a value that are told: the number of a key says nothing to an operator.
fn told_fields(fields: &serde_json::Map<String, Value>) -> Vec<Field<'_>> {
    fields.iter().map(|(name, value)| (&**name, value)).filter(|(name, _)| *name != "key").collect()
}

fn is_pattern(value: &Value) -> bool {
    serde_json::from_value::<Pattern>(value.clone()).is_ok()
}

/// Fields in words: first what is there, then why, then until when.
fn in_order<'a>(fields: impl Iterator<Item = Field<'a>>, alone: bool) -> String {
    let mut parts: Vec<_> = fields.collect();
    parts.sort_by_key(|(name, _)| match *name {
        "reason" => 1,
        name if name.ends_with("_at") => 2,
        _ => 0,
    });
    let parts = parts.into_iter().map(|(name, value)| field(name, value, alone));
    parts.collect::<Vec<_>>().join(", ")
}

/// One field of a change; what was not there before, or is not after, is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is, in words.
    pub field: String,
    /// Its value before.
    pub before: Option<String>,
    /// Its value after.
    pub after: Option<String>,
}

/// A change field by field; what stayed as it was is left out.
pub fn differences(before: Option<&Value>, after: Option<&Value>) -> Vec<Difference> {
    let fields = |value: Option<&Value>| match value {
        Some(Value::Object(fields)) => {
            let there = fields.iter().filter(|(_, value)| !value.is_null());
            there.map(|(name, value)| (name.clone(), value.clone())).collect()
        }
        Some(value) if !value.is_null() => {
            [("value".to_owned(), value.clone())].into_iter().collect()
        }
        _ => serde_json::Map::new(),
    };
    let (before, after) = (fields(before), fields(after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| Difference {
            field: name.replace('_', " "),
            before: before.get(name).map(whole),
            after: after.get(name).map(whole),
        })
        .collect()
}

/// A value with nothing left out; an instant as operators read it.
fn whole(value: &Value) -> String {
    match value {
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::String(text) => text.parse().map_or_else(|_| text.clone(), crate::ui::time::utc),
        Value::Array(values) => values.iter().map(whole).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    }
}

fn field(name: &str, value: &Value, alone: bool) -> String {
    match (name, value) {
        ("any_hostname", Value::Bool(true)) => "any hostname".to_owned(),
        ("any_hostname", Value::Bool(false)) => "associated domains only".to_owned(),
        ("missing_referer", value) => format!("missing referer: {}", scalar(value)),
        ("last_four", value) => format!("…{}", scalar(value)),
        ("reason", value) => format!("because: {}", scalar(value)),
        ("starts_at", value) => format!("starts {}", instant(value)),
        ("tags", Value::Array(tags)) if tags.is_empty() => "no tags".to_owned(),
        ("old_retires_at", value) => format!("the old one retires {}", instant(value)),
        ("retires_at", value) => format!("accepted until {}", instant(value)),
        ("label", Value::String(label)) if label.is_empty() => "no label".to_owned(),
        ("name" | "host" | "sitekey" | "state", value) => scalar(value),
        (_, value) if alone => scalar(value),
        (name, value) => format!("{}: {}", name.replace('_', " "), scalar(value)),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) if crate::keys::rules::check_sitekey(text).is_ok() => shorten(text),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(scalar).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    }
}

fn instant(value: &Value) -> String {
    let text = scalar(value);
    text.parse().map_or(text, crate::ui::time::utc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(action: Action, before: Value, after: Value) -> Entry {
        let value = |value: Value| (!value.is_null()).then_some(value);
        Entry {
            site: Some(SiteId(1)),
            before: value(before),
            after: value(after),
            ..Entry::new(EntryId(5), jiff::Timestamp::UNIX_EPOCH, action)
        }
    }

    #[test]
    fn what_could_deny_requests_is_asked_about() {
        let risky = |action, before, after| risky(&entry(action, before, after));
        assert!(risky(Action::SiteStarted, Value::Null, Value::Null));
        assert!(!risky(Action::SitePaused, Value::Null, Value::Null));
        assert!(risky(Action::DomainAdded, Value::Null, json!({ "host": "shop.example" })));
        assert!(!risky(Action::DomainRemoved, json!({ "host": "shop.example" }), Value::Null));
        let scopes = (json!({ "scope": "exact" }), json!({ "scope": "subdomains" }));
        assert!(risky(Action::DomainChanged, scopes.0.clone(), scopes.1.clone()));
        assert!(!risky(Action::DomainChanged, scopes.1, scopes.0), "more is let through");
        let strict = json!({ "any_hostname": false, "missing_referer": "deny" });
        let lax = json!({ "any_hostname": true, "missing_referer": "deny" });
        assert!(risky(Action::SitePolicyChanged, strict.clone(), lax.clone()));
        assert!(!risky(Action::SitePolicyChanged, lax, strict));
    }

    #[test]
    fn what_was_changed_since_no_longer_fits() {
        let mut later = entry(Action::SiteRenamed, Value::Null, Value::Null);
        assert_eq!(fits(&later, |_| false), Ok(()));
        later.changed_since = Some(EntryId(9));
        assert_eq!(fits(&later, |_| false).unwrap_err().code, "changed_since");
        assert_eq!(fits(&later, |by| by == EntryId(9)), Ok(()));
        later.undone_by = Some(EntryId(10));
        assert_eq!(fits(&later, |by| by == EntryId(9)).unwrap_err().code, "undone");
        let revoked = entry(Action::SitekeyRevoked, Value::Null, Value::Null);
        assert_eq!(fits(&revoked, |_| false).unwrap_err().code, "not_undoable");
    }

    #[test]
    fn a_site_that_was_made_goes_with_its_domains() {
        let of = |action, site| Entry {
            site: Some(SiteId(site)),
            ..entry(action, Value::Null, Value::Null)
        };
        let batch = vec![
            of(Action::DomainAdded, 2),
            of(Action::DomainAdded, 1),
            of(Action::SiteCreated, 1),
        ];
        let left: Vec<_> =
            essential(batch.clone()).iter().map(|entry| (entry.action, entry.site)).collect();
        assert_eq!(
            left,
            [(Action::DomainAdded, Some(SiteId(2))), (Action::SiteCreated, Some(SiteId(1)))]
        );
        assert_eq!(carried(&batch, |_| true), 1, "the domain of the site that was made");
        assert_eq!(carried(&batch, |_| false), 0);
    }

    #[test]
    fn only_what_differs_is_shown() {
        let (before, after) =
            (json!({ "a": 1, "old_name": "x", "no": null }), json!({ "a": 1, "b": ["y", "z"] }));
        let shown = differences(Some(&before), Some(&after));
        let difference = |field: &str, before: Option<&str>, after: Option<&str>| Difference {
            field: field.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        assert_eq!(
            shown,
            [difference("b", None, Some("y, z")), difference("old name", Some("x"), None)]
        );
        assert_eq!(differences(None, None), []);
        let after = json!({ "tags": [] });
        let tags = differences(None, Some(&after));
        assert_eq!((tags[0].before.as_deref(), tags[0].after.as_deref()), (None, Some("none")));
    }

    #[test]
    fn of_a_change_only_the_fields_that_differ_are_told() {
        let rule = |classes: Value, quiet: Value| {
            json!({
                "name": "On call", "kind": "Webhook", "destination": "https://hooks.example/…",
                "sites": "all", "classes": classes, "quiet_hours": quiet,
            })
        };
        let (was, is) = (
            rule(json!(["fixable"]), Value::Null),
            rule(json!(["fixable", "attack"]), json!("22:00–07:00 UTC")),
        );
        let told = words_of_change(Some(&was), Some(&is));
        assert_eq!(told.0.as_deref(), Some("classes: fixable, quiet hours: none"));
        assert_eq!(
            told.1.as_deref(),
            Some("classes: fixable, attack, quiet hours: 22:00–07:00 UTC")
        );
        assert_eq!(words_of_change(Some(&was), Some(&was)), (None, None));
        let (paused, active) =
            (json!({ "state": "paused", "reason": "Move" }), json!({ "state": "active" }));
        let told = words_of_change(Some(&paused), Some(&active));
        assert_eq!(told.0.as_deref(), Some("paused, because: Move"), "all of what is short");
        let scope = |scope| json!({ "host": "shop.example", "scope": scope, "port": null });
        let told = words_of_change(Some(&scope("exact")), Some(&scope("subdomains")));
        assert_eq!(told.1.as_deref(), Some("shop.example (including subdomains)"));
        assert_eq!(words_of_change(None, Some(&active)), (None, Some("active".to_owned())));
    }

    #[test]
    fn every_kind_of_change_has_words() {
        let pattern = json!({ "host": "shop.example", "scope": "subdomains", "port": null });
        assert_eq!(words(&pattern), "shop.example (including subdomains)");
        assert_eq!(words(&json!({ "state": "paused" })), "paused");
        assert_eq!(words(&json!({ "name": "Shop" })), "Shop");
        assert_eq!(
            words(&json!({ "any_hostname": false, "missing_referer": "deny" })),
            "associated domains only, missing referer: deny"
        );
        assert_eq!(
            words(&json!({ "last_four": "xY9z", "old_retires_at": "2026-11-30T14:05:00Z" })),
            "…xY9z, the old one retires 2026-11-30 14:05:00 UTC"
        );
        assert_eq!(words(&json!({ "scopes": ["check", "stats:read"] })), "check, stats:read");
    }
}
