//! What script adds to a chart: a time is chosen by dragging, or with the arrow keys and shift.

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::Element;
use leptos::web_sys::js_sys::{Date, Reflect};

/// Chooses steps of the one chart of the page, and opens the page at their time.
#[island]
pub fn Brush(
    /// When the first step begins, in Unix seconds.
    from: i64,
    /// How long a step is, in seconds.
    step: i64,
    /// How many steps there are.
    steps: i64,
    /// The address of the page without a time, up to where one is added.
    href: String,
) -> impl IntoView {
    // Where the choice began, and the step it has reached.
    let chosen = RwSignal::new(None::<(i64, i64)>);
    let dragging = RwSignal::new(false);
    let ready = RwSignal::new(false);
    // Effects run in the browser only.
    Effect::new(move |_| ready.set(true));
    let last = steps - 1;
    let open = move || {
        let Some((one, other)) = chosen.get_untracked() else { return };
        let iso = |seconds: i64| {
            #[expect(clippy::cast_precision_loss, reason = "seconds are far from 2^53")]
            let date = Date::new(&JsValue::from_f64(seconds as f64 * 1000.0));
            String::from(date.to_iso_string())
        };
        let begin = iso(from + one.min(other) * step);
        let end = iso(from + (one.max(other) + 1) * step);
        let location = Reflect::get(&window(), &"location".into());
        let url = format!("{href}from={begin}&to={end}");
        let _ = location.and_then(|location| Reflect::set(&location, &"href".into(), &url.into()));
    };
    let open_by_mouse = open.clone();
    let pressed = move |event: KeyboardEvent| {
        let reached = chosen.get_untracked();
        let at = reached.map_or(last, |(_, at)| at);
        let next = match event.key().as_str() {
            "ArrowLeft" if reached.is_some() => at - 1,
            "ArrowRight" if reached.is_some() => at + 1,
            "ArrowLeft" | "ArrowRight" => at,
            "Home" => 0,
            "End" => last,
            "Escape" => return chosen.set(None),
            "Enter" => return open(),
            _ => return,
        };
        event.prevent_default();
        let next = next.clamp(0, last);
        let began = reached.filter(|_| event.shift_key()).map_or(next, |(began, _)| began);
        chosen.set(Some((began, next)));
    };
    let place = move |event: &MouseEvent| -> Option<i64> {
        let width = event.current_target()?.dyn_into::<Element>().ok()?.client_width();
        let at = i64::from(event.offset_x()) * steps / i64::from(width.max(1));
        Some(at.clamp(0, last))
    };
    let moved = move |event: MouseEvent| {
        let Some(at) = place(&event) else { return };
        let began = if dragging.get_untracked() { chosen.get_untracked() } else { None };
        chosen.set(Some((began.map_or(at, |(began, _)| began), at)));
    };
    let says = move || {
        chosen
            .get()
            .map_or_else(String::new, |(one, other)| in_words(one.min(other), one.max(other)))
    };
    let x = move || chosen.get().map_or(0, |(one, other)| one.min(other));
    let width = move || chosen.get().map_or(0, |(one, other)| (one - other).abs() + 1);
    view! {
        <div
            class="brush"
            hidden=move || !ready.get()
            tabindex="0"
            role="slider"
            aria-label="Time. Arrow keys move, with shift they choose several steps, Enter shows them alone"
            aria-valuemin="0"
            aria-valuemax=last.to_string()
            aria-valuenow=move || chosen.get().map_or(last, |(_, at)| at).to_string()
            aria-valuetext=move || if chosen.get().is_some() { says() } else { "Nothing chosen".to_owned() }
            on:keydown=pressed
            on:mousedown=move |event: MouseEvent| {
                if event.button() == 0 {
                    event.prevent_default();
                    dragging.set(false);
                    moved(event);
                    dragging.set(true);
                }
            }
            on:mousemove=moved
            on:mouseup=move |_| {
                if dragging.get_untracked() {
                    open_by_mouse();
                }
            }
            on:mouseleave=move |_| {
                dragging.set(false);
                chosen.set(None);
            }
        >
            <svg viewBox=format!("0 0 {steps} 1") preserveAspectRatio="none" aria-hidden="true">
                <rect x=move || x().to_string() width=move || width().to_string() height="1"></rect>
            </svg>
            <p aria-hidden="true">{says}</p>
        </div>
    }
}

/// What the bars from one step to another say of themselves.
fn in_words(first: i64, last: i64) -> String {
    let title = |at: i64| {
        let bar = document().query_selector(&format!(".plot .cols > :nth-child({}) title", at + 1));
        bar.ok().flatten().and_then(|title| title.text_content()).unwrap_or_default()
    };
    if first == last {
        return title(first);
    }
    let (from, to) = (title(first), title(last));
    let when = |title: &str| title.split(" · ").next().unwrap_or_default().to_owned();
    format!("{} to {}, Enter or release to zoom in", when(&from), when(&to))
}
