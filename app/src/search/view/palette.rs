//! The palette: a dialog over the page that finds while one types.

use super::shortcuts::{self, KEYS, Shortcut};
use crate::search::api::find;
use crate::search::model::Hit;
use crate::search::rules::{holds_secret, pages};
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::{JsCast as _, JsValue};
use leptos::web_sys::js_sys::{Function, Reflect};
use leptos::web_sys::{Element, HtmlElement};
use std::time::Duration;

/// How long typing has to rest before the question is asked.
const REST: Duration = Duration::from_millis(120);

/// What the dialog shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Nothing,
    Search,
    Keys,
}

/// What is looked for, and what was found.
#[derive(Clone, Copy)]
struct Finding {
    text: RwSignal<String>,
    hits: RwSignal<Vec<Hit>>,
    /// The place of the hit that Enter opens.
    chosen: RwSignal<u32>,
    /// Counts the questions: a later one may be answered first.
    asked: StoredValue<u32>,
}

impl Finding {
    fn new() -> Self {
        Self {
            text: RwSignal::default(),
            hits: RwSignal::default(),
            chosen: RwSignal::new(0),
            asked: StoredValue::new(0),
        }
    }

    /// Asks once typing has rested.
    fn ask(self, rest: Duration) {
        let turn = self.asked.get_value().wrapping_add(1);
        self.asked.set_value(turn);
        let question = move || {
            if self.asked.get_value() != turn {
                return;
            }
            let query = self.text.get_untracked();
            // A secret stays in the browser: the page it leads to knows what to do with one.
            if holds_secret(&query) {
                self.found(pages("Which key is this?"));
                return;
            }
            spawn_local(async move {
                let hits = find(query).await.unwrap_or_default();
                if self.asked.get_value() == turn {
                    self.found(hits);
                }
            });
        };
        set_timeout(question, rest);
    }

    fn found(self, hits: Vec<Hit>) {
        self.chosen.set(0);
        self.hits.set(hits);
    }

    /// Chooses the hit so many places on, around the ends.
    fn step(self, by: i32) {
        let count = i32::try_from(self.hits.read_untracked().len()).unwrap_or(0).max(1);
        let at = i32::try_from(self.chosen.get_untracked()).unwrap_or(0) + by;
        self.chosen.set(u32::try_from(at.rem_euclid(count)).unwrap_or(0));
    }

    /// Goes where the chosen hit leads.
    fn follow(self) {
        let at = usize::try_from(self.chosen.get_untracked()).unwrap_or(0);
        if let Some(hit) = self.hits.read_untracked().get(at) {
            let _ = window().location().set_href(&hit.href);
        }
    }
}

/// The button that opens the palette, which leads to the search page without script, the palette
/// itself, and the keys of every page.
#[island]
pub fn Palette() -> impl IntoView {
    let shown = RwSignal::new(Shown::Nothing);
    let finding = Finding::new();
    let dialog = NodeRef::<html::Dialog>::new();
    let field = NodeRef::<html::Input>::new();
    let open = move |what: Shown| {
        shown.set(what);
        call(dialog, "showModal");
        if what == Shown::Search {
            finding.ask(Duration::ZERO);
            // The field can take the focus once it is no longer hidden.
            request_animation_frame(move || {
                if let Some(field) = field.get_untracked() {
                    let _ = field.focus();
                    field.select();
                }
            });
        }
    };
    Effect::new(move |_| {
        shortcuts::listen_beside_menus();
        shortcuts::listen(move |shortcut| match shortcut {
            Shortcut::Search => open(Shown::Search),
            Shortcut::Keys => open(Shown::Keys),
        });
    });
    view! {
        <a
            class="btn quiet palette-open"
            href="/search"
            aria-keyshortcuts="Control+K /"
            on:click=move |event| {
                event.prevent_default();
                open(Shown::Search);
            }
        >
            "Search "
            <kbd>"Ctrl K"</kbd>
        </a>
        <dialog
            class="palette"
            aria-label=move || if shown.get() == Shown::Keys { "Keys" } else { "Search" }
            node_ref=dialog
            on:close=move |_| shown.set(Shown::Nothing)
            on:click=move |event| {
                // A click beside the content is one on the dialog itself.
                if event.target() == event.current_target() {
                    call(dialog, "close");
                }
            }
        >
            <div class="palette-search" hidden=move || shown.get() != Shown::Search>
                <Search finding field close=move || call(dialog, "close")/>
            </div>
            <div class="palette-keys" hidden=move || shown.get() != Shown::Keys>
                <Keys/>
            </div>
        </dialog>
    }
}

#[component]
fn Search(
    finding: Finding,
    field: NodeRef<html::Input>,
    close: impl Fn() + 'static,
) -> impl IntoView {
    let Finding { text, hits, chosen, .. } = finding;
    let on_key = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowDown" => finding.step(1),
            "ArrowUp" => finding.step(-1),
            "Enter" => finding.follow(),
            // A search field would only be emptied.
            "Escape" => close(),
            _ => return,
        }
        event.prevent_default();
    };
    let active = move || (!hits.read().is_empty()).then(|| format!("hit-{}", chosen.get()));
    let none =
        move || (hits.read().is_empty() && !text.read().is_empty()).then_some("Nothing found");
    view! {
        <input
            type="search"
            role="combobox"
            aria-label="Search for"
            aria-expanded="true"
            aria-controls="hits"
            aria-activedescendant=active
            placeholder="Site, host, sitekey, code or page"
            autocomplete="off"
            spellcheck="false"
            node_ref=field
            prop:value=text
            on:input=move |event| {
                text.set(event_target_value(&event));
                finding.ask(REST);
            }
            on:keydown=on_key
        />
        <div class="hits" id="hits" role="listbox" aria-label="Found">
            {move || (0..).zip(hits.get()).map(|(at, hit)| row(at, hit, chosen)).collect_view()}
        </div>
        <p class="palette-none" role="status">{none}</p>
    }
}

fn row(at: u32, hit: Hit, chosen: RwSignal<u32>) -> impl IntoView {
    let Hit { kind, label, detail, href } = hit;
    view! {
        <a
            class="hit"
            role="option"
            id=format!("hit-{at}")
            href=href
            tabindex="-1"
            aria-selected=move || (chosen.get() == at).to_string()
        >
            <span class="hit-kind">{kind.label()}</span>
            <span class="hit-label">{label}</span>
            <span class="hit-detail">{detail}</span>
        </a>
    }
}

#[component]
fn Keys() -> impl IntoView {
    let keys = KEYS.map(|(keys, what)| view! { <dt><kbd>{keys}</kbd></dt><dd>{what}</dd> });
    view! {
        <h2>"Keys"</h2>
        <dl class="facts">{keys.into_iter().collect_view()}</dl>
        <form method="dialog"><button>"Close"</button></form>
    }
}

/// Calls a method of the dialog that takes nothing. By name: the bindings of dialogs are in no crate
/// that we have.
fn call(dialog: NodeRef<html::Dialog>, method: &str) {
    let Some(dialog) = dialog.get_untracked() else { return };
    let element: &HtmlElement = &dialog;
    let method = Reflect::get(element, &JsValue::from_str(method));
    let method = method.ok().and_then(|method| method.dyn_into::<Function>().ok());
    if let Some(method) = method {
        let _ = method.call0(AsRef::<Element>::as_ref(element));
    }
}
