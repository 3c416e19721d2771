//! The trail as a file.

use super::model::{Entry, EntryId, Filter};
use super::reads;
use crate::context::AppState;
use crate::error::AppError;
use crate::ui::csv::push_line;
use futures::Stream;
use futures::stream::try_unfold;

/// The most entries a file has.
pub const MOST: usize = 100_000;
/// How many entries are read at once.
const AT_ONCE: i64 = 1_000;

const HEADER: [&str; 13] = [
    "entry",
    "at",
    "actor",
    "action",
    "site",
    "site_name",
    "subject",
    "before",
    "after",
    "undone_by",
    "undoes",
    "request",
    "address",
];

/// The entries that are looked for as CSV, newest first, in pieces; at most [`MOST`].
pub fn csv(state: AppState, filter: Filter) -> impl Stream<Item = Result<String, AppError>> {
    let start = Some((None, 0));
    try_unfold((state, filter, start), async move |(state, filter, at)| {
        let Some((before, written)) = at else { return Ok(None) };
        let mut conn = state.pool.acquire().await?;
        let entries = reads::entries(&mut conn, &filter, before, AT_ONCE).await?;
        drop(conn);
        let mut text = String::new();
        if before.is_none() {
            push_line(&mut text, HEADER);
        }
        for entry in &entries {
            push_entry(&mut text, entry);
        }
        let written = written + entries.len();
        let next: Option<EntryId> = entries.last().map(|entry| entry.id);
        let full = i64::try_from(entries.len()).is_ok_and(|count| count == AT_ONCE);
        let next = next.filter(|_| full && written < MOST).map(|last| (Some(last), written));
        Ok(Some((text, (state, filter, next))))
    })
}

fn push_entry(text: &mut String, entry: &Entry) {
    let number = |id: Option<EntryId>| id.map(|id| id.0.to_string()).unwrap_or_default();
    let json = |value: &Option<serde_json::Value>| {
        value.as_ref().map(ToString::to_string).unwrap_or_default()
    };
    let cells = [
        entry.id.0.to_string(),
        entry.at.to_string(),
        entry.actor.clone(),
        entry.action.as_str().to_owned(),
        entry.site.map(|site| site.to_string()).unwrap_or_default(),
        entry.site_name.clone().unwrap_or_default(),
        entry.subject.clone(),
        json(&entry.before),
        json(&entry.after),
        number(entry.undone_by),
        number(entry.undoes),
        entry.request_id.clone().unwrap_or_default(),
        entry.address.clone().unwrap_or_default(),
    ];
    push_line(text, cells.iter().map(String::as_str));
}
