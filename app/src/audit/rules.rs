//! How the trail reads.

use crate::domains::model::Pattern;
use crate::ui::key::shorten;
use serde_json::Value;

/// A value of the trail in an operator's words: `shop.example (including subdomains)`, `paused`.
/// What has no words of its own is written as `name: value`.
pub fn words(value: &Value) -> String {
    if let Ok(pattern) = serde_json::from_value::<Pattern>(value.clone()) {
        return format!("{pattern} ({})", pattern.scope.label());
    }
    match value {
        Value::Object(fields) => {
            let alone = fields.len() == 1;
            let mut parts: Vec<_> = fields.iter().filter(|(_, value)| !value.is_null()).collect();
            // First what is there, then when it ends.
            parts.sort_by_key(|(name, _)| name.ends_with("_at"));
            let parts = parts.into_iter().map(|(name, value)| field(name, value, alone));
            parts.collect::<Vec<_>>().join(", ")
        }
        value => scalar(value),
    }
}

fn field(name: &str, value: &Value, alone: bool) -> String {
    match (name, value) {
        ("any_hostname", Value::Bool(true)) => "any hostname".to_owned(),
        ("any_hostname", Value::Bool(false)) => "associated domains only".to_owned(),
        ("missing_referer", value) => format!("missing referer: {}", scalar(value)),
        ("last_four", value) => format!("…{}", scalar(value)),
        ("old_retires_at", value) => format!("the old one retires {}", instant(value)),
        ("name" | "host" | "sitekey" | "state", value) => scalar(value),
        (_, value) if alone => scalar(value),
        (name, value) => format!("{}: {}", name.replace('_', " "), scalar(value)),
    }
}

fn scalar(value: &Value) -> String {
    match value {
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
