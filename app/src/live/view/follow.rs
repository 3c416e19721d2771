//! What script adds to the live page: new rows as they come, until one pauses.

use leptos::prelude::*;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::{Array, Date, Function, Reflect};
use std::cell::RefCell;
use std::rc::Rc;

/// How many rows are kept in the page.
const MOST_ROWS: u32 = 200;
/// How often a screen reader is told of new rows, in milliseconds.
const TOLD_EVERY: f64 = 10_000.0;
/// The state of an event source that will not connect again.
const CLOSED: f64 = 2.0;

/// The button that pauses and goes on, and what is said of new rows. Without script there is neither.
#[island]
pub fn Follow(
    /// Where the events come from.
    events: String,
    /// The place to go on from.
    after: String,
) -> impl IntoView {
    let (paused, works) = (RwSignal::new(false), RwSignal::new(false));
    let told = RwSignal::new(String::new());
    let tail = Tail {
        source: Rc::default(),
        after: StoredValue::new(after),
        new: StoredValue::new(0),
        told_at: StoredValue::new(0.0),
        told,
    };
    // Effects run in the browser only.
    Effect::new(move |_| {
        tail.close();
        if !paused.get() {
            let _ = tail.open(&events);
        }
        works.set(true);
    });
    let toggle = move |_| {
        paused.update(|paused| *paused = !*paused);
        told.set(if paused.get_untracked() { "Paused" } else { "Following" }.to_owned());
    };
    view! {
        <span class="follow" data-follows=move || works.get().to_string()>
            <span class="muted" role="status">{move || told.get()}</span>
            <button class="small" type="button" on:click=toggle>
                {move || if paused.get() { "Go on" } else { "Pause" }}
            </button>
        </span>
    }
}

#[derive(Clone)]
struct Tail {
    /// The present event source; none on the server, and while it is paused.
    source: Rc<RefCell<Option<JsValue>>>,
    /// The place up to which everything was told.
    after: StoredValue<String>,
    /// How many rows came since a screen reader was last told, and when that was.
    new: StoredValue<u32>,
    told_at: StoredValue<f64>,
    told: RwSignal<String>,
}

impl Tail {
    fn close(&self) {
        if let Some(source) = self.source.take() {
            let _ = call(&source, "close", &[]);
        }
    }

    fn open(&self, events: &str) -> Result<(), JsValue> {
        let sign = if events.contains('?') { '&' } else { '?' };
        let url = format!("{events}{sign}after={}", self.after.get_value());
        let class: Function = Reflect::get(&window(), &"EventSource".into())?.dyn_into()?;
        let source = Reflect::construct(&class, &Array::of1(&url.as_str().into()))?;
        let tail = self.clone();
        let rows = Closure::<dyn Fn(JsValue)>::new(move |event| {
            let _ = tail.add(&event);
        });
        let tail = self.clone();
        let ended = Closure::<dyn Fn(JsValue)>::new(move |_| {
            tail.close();
            let _ = window().location().reload();
        });
        let failed = {
            let (source, tail) = (source.clone(), self.clone());
            Closure::<dyn Fn(JsValue)>::new(move |_| {
                let state = Reflect::get(&source, &"readyState".into());
                if state.ok().and_then(|state| state.as_f64()) == Some(CLOSED) {
                    tail.say("The live view has ended. Close another one, or reload the page.");
                }
            })
        };
        for (name, closure) in [("rows", rows), ("signed-out", ended), ("error", failed)] {
            // The listeners live as long as the page, of which each pause leaves some.
            let listener = closure.into_js_value();
            call(&source, "addEventListener", &[&name.into(), &listener])?;
        }
        self.source.replace(Some(source));
        Ok(())
    }

    /// Puts the rows of an event above the others.
    fn add(&self, event: &JsValue) -> Result<(), JsValue> {
        let text = |name: &str| Reflect::get(event, &name.into()).ok()?.as_string();
        let Some(table) = document().get_element_by_id("live-rows") else { return Ok(()) };
        let before = table.child_element_count();
        table.insert_adjacent_html("afterbegin", &text("data").unwrap_or_default())?;
        self.new.update_value(|new| *new += table.child_element_count() - before);
        while table.child_element_count() > MOST_ROWS {
            let Some(last) = table.last_element_child() else { break };
            last.remove();
        }
        if let Some(place) = text("lastEventId") {
            self.after.set_value(place);
        }
        if Date::now() - self.told_at.get_value() >= TOLD_EVERY {
            let new = self.new.get_value();
            self.say(&format!("{new} new {}", if new == 1 { "row" } else { "rows" }));
        }
        Ok(())
    }

    fn say(&self, words: &str) {
        self.told_at.set_value(Date::now());
        self.new.set_value(0);
        self.told.set(words.to_owned());
    }
}

fn call(of: &JsValue, method: &str, arguments: &[&JsValue]) -> Result<JsValue, JsValue> {
    let method: Function = Reflect::get(of, &method.into())?.dyn_into()?;
    let arguments: Array = arguments.iter().copied().collect();
    method.apply(of, &arguments)
}
