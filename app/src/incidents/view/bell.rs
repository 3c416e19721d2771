//! The bell on every page: how many incidents wait for somebody.

use crate::incidents::api::incidents_waiting;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// How often it asks again, in milliseconds, while somebody looks.
const EVERY: i32 = 15_000;

/// A link to the incidents, with their number; script keeps it up to date.
#[island]
pub fn Bell(
    /// How many wait.
    waiting: i64,
) -> impl IntoView {
    let count = RwSignal::new(waiting);
    // Effects run in the browser only.
    Effect::new(move |_| {
        let ask = leptos::wasm_bindgen::closure::Closure::<dyn Fn()>::new(move || {
            if document().hidden() {
                return;
            }
            spawn_local(async move {
                if let Ok(waiting) = incidents_waiting().await {
                    count.set(waiting);
                }
            });
        });
        let listener: leptos::web_sys::js_sys::Function =
            leptos::wasm_bindgen::JsCast::unchecked_into(ask.into_js_value());
        let _ = window().set_interval_with_callback_and_timeout_and_arguments_0(&listener, EVERY);
    });
    let label = move || match count.get() {
        0 => "No incident waits".to_owned(),
        1 => "1 incident waits".to_owned(),
        count => format!("{count} incidents wait"),
    };
    view! {
        <a class="btn quiet bell" href="/incidents" aria-label=label title=label>
            <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
                <path d="M4 7a4 4 0 0 1 8 0v3l1.5 2h-11L4 10zM6.5 14h3"></path>
            </svg>
            <span class="bell-count" data-none=move || (count.get() == 0).to_string()>
                {move || count.get()}
            </span>
        </a>
    }
}
