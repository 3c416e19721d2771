//! A large configuration, as `sitekeeper apply` takes it. The same numbers give the same sites.

use serde_json::{Value, json};

/// Words that names are made of, so that a search has something to tell apart.
const TRADES: [&str; 12] = [
    "bakery", "bank", "books", "clinic", "forum", "games", "hotel", "news", "school", "shop",
    "tickets", "travel",
];
const TOWNS: [&str; 15] = [
    "aarhus", "bergen", "bremen", "cork", "delft", "ghent", "graz", "lille", "lund", "nantes",
    "porto", "riga", "tartu", "turku", "zadar",
];
const TAGS: [&str; 5] = ["europe", "partner", "internal", "legacy", "high-risk"];

/// `count` sites with `domains` associated domains each: the document, which is JSON and so YAML.
pub fn sites_file(count: usize, domains: usize) -> Value {
    json!({ "sites": (0..count).map(|number| site(number, domains)).collect::<Vec<_>>() })
}

/// The name of the site `number`, which no other has.
pub fn name(number: usize) -> String {
    let (trade, town) = words(number);
    format!("{trade} {town} {number:05}")
}

/// The first domain of the site `number`.
pub fn first_domain(number: usize) -> String {
    let (trade, town) = words(number);
    format!("{trade}-{town}-{number:05}.example")
}

fn words(number: usize) -> (&'static str, &'static str) {
    (TRADES[number % TRADES.len()], TOWNS[number / TRADES.len() % TOWNS.len()])
}

fn site(number: usize, domains: usize) -> Value {
    let first = first_domain(number);
    let domain = |at: usize| match at {
        0 => json!({ "host": first, "include_subdomains": number.is_multiple_of(3) }),
        at => json!({ "host": format!("h{at}.{}-{number:05}.test", words(number).1) }),
    };
    json!({
        "name": name(number),
        "tags": [TAGS[number % TAGS.len()]],
        "domains": (0..domains).map(domain).collect::<Vec<_>>(),
    })
}
