//! The keys that work on every page.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{Element, HtmlElement};
use std::time::Duration;

/// The keys, as the list of them reads.
pub const KEYS: [(&str, &str); 11] = [
    ("Ctrl K  or  /", "Search"),
    ("g o", "Overview"),
    ("g s", "Sites"),
    ("g e", "Errors"),
    ("g i", "Incidents"),
    ("g h", "Rejected hosts"),
    ("g v", "Verifiers"),
    ("g a", "Audit"),
    ("j  k", "Next and previous row of a table"),
    ("Enter", "Open the row"),
    ("?", "This list"),
];

/// How long the second key of a pair may take.
const PAIR: Duration = Duration::from_millis(1200);

/// What a key asks of the palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    /// Open the search.
    Search,
    /// List the keys.
    Keys,
}

/// Listens to the page's keys; `asked` is told of those that are the palette's.
pub fn listen(asked: impl Fn(Shortcut) + 'static) {
    let after_g = StoredValue::new(false);
    window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "Escape" {
            close_menu(None);
        }
        let with_control = event.ctrl_key() || event.meta_key();
        if with_control && event.key().eq_ignore_ascii_case("k") {
            event.prevent_default();
            asked(Shortcut::Search);
            return;
        }
        if with_control || event.alt_key() || is_typing(&event) {
            return;
        }
        let second = after_g.get_value();
        after_g.set_value(false);
        match (second, event.key().as_str()) {
            (true, key) => go(key),
            (false, "g") => {
                after_g.set_value(true);
                set_timeout(move || after_g.set_value(false), PAIR);
            }
            (false, "/") => {
                event.prevent_default();
                asked(Shortcut::Search);
            }
            (false, "?") => asked(Shortcut::Keys),
            (false, "j") => step(1),
            (false, "k") => step(-1),
            _ => {}
        }
    });
}

/// Closes the menu that is open when something beside it is clicked.
pub fn listen_beside_menus() {
    window_event_listener(leptos::ev::click, |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        close_menu(target.as_ref());
    });
}

/// Closes the menu that is open, unless `clicked` is in it: one is open at a time, since they share a name.
fn close_menu(clicked: Option<&Element>) {
    let Some(menu) = document().query_selector("details.menu[open]").ok().flatten() else { return };
    if clicked.is_some_and(|clicked| menu.contains(Some(clicked))) {
        return;
    }
    let _ = menu.remove_attribute("open");
    if clicked.is_none()
        && let Some(summary) = menu.query_selector("summary").ok().flatten()
        && let Ok(summary) = summary.dyn_into::<HtmlElement>()
    {
        let _ = summary.focus();
    }
}

/// The second key of `g …`.
fn go(key: &str) {
    let path = match key {
        "o" => "/",
        "s" => "/sites",
        "e" => "/errors",
        "i" => "/incidents",
        "h" => "/errors/hosts",
        "v" => "/verifiers",
        "a" => "/audit",
        _ => return,
    };
    let _ = window().location().set_href(path);
}

/// Whether the key is part of what somebody writes, or is meant for a dialog.
fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let within = |element: Element| {
        element.closest("input, textarea, select, dialog, [contenteditable]").ok().flatten()
    };
    target.and_then(within).is_some()
}

/// Moves the focus to the link of the next row, or of the previous one; to the first row's, if it is
/// in none.
fn step(by: i32) {
    let focused = document().active_element();
    let row = focused.and_then(|element| element.closest("main tbody tr").ok().flatten());
    let beside = |row: Element| match by {
        1 => row.next_element_sibling(),
        _ => row.previous_element_sibling(),
    };
    let next = match row {
        Some(row) => beside(row),
        None => document().query_selector("main tbody tr").ok().flatten(),
    };
    let link = next.and_then(|row| row.query_selector("a[href]").ok().flatten());
    if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
        let _ = link.focus();
    }
}
