//! What script adds to the list: it follows the filters as one types, and ticks a whole page.

use super::FOUND;
use leptos::prelude::*;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::{Array, Function, Reflect};
use leptos::web_sys::{Element, Event};
use std::time::Duration;

/// How long typing has to rest before the list is asked for.
const REST: Duration = Duration::from_millis(200);

/// Follows the filters: the list is replaced in place and the address with it, so the field keeps its
/// focus and a reload shows the same.
#[island]
pub fn LiveList() -> impl IntoView {
    let turn = StoredValue::new(0_u32);
    let told = RwSignal::new(String::new());
    // Effects run in the browser only.
    Effect::new(move |_| {
        show_ticks();
        window_event_listener(leptos::ev::input, move |event| {
            if let Some(form) = within(&event, "form#filters") {
                let this = turn.get_value().wrapping_add(1);
                turn.set_value(this);
                let ask = move || {
                    if turn.get_value() == this {
                        let _ = follow(&form, turn, this, told);
                    }
                };
                set_timeout(ask, REST);
            } else if let Some(ticked) = within(&event, "[data-select-page]") {
                let _ = tick_all(&ticked);
            }
        });
    });
    view! { <p class="visually-hidden" role="status">{move || told.get()}</p> }
}

/// The element at which an event happened, or the nearest around it, that matches `selector`.
fn within(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}

/// Gets the page that the form asks for and puts its list in place of the present one, unless another
/// was asked for meanwhile.
fn follow(
    form: &Element,
    turn: StoredValue<u32>,
    this: u32,
    told: RwSignal<String>,
) -> Result<(), JsValue> {
    let href = href(form)?;
    let request = construct("XMLHttpRequest", &Array::new())?;
    call(&request, "open", &[&"GET".into(), &href.as_str().into()])?;
    Reflect::set(&request, &"responseType".into(), &"document".into())?;
    let answered = request.clone();
    let loaded = Closure::once_into_js(move || {
        if turn.get_value() == this
            && let Ok(found) = replace(&answered, &href)
        {
            told.set(found);
        }
    });
    Reflect::set(&request, &"onload".into(), &loaded)?;
    call(&request, "send", &[]).map(drop)
}

/// The address that the form leads to; fields without a value are left out.
fn href(form: &Element) -> Result<String, JsValue> {
    let fields = construct("FormData", &Array::of1(form))?;
    let query = construct("URLSearchParams", &Array::of1(&fields))?;
    let query = call(&query, "toString", &[])?.as_string().unwrap_or_default();
    let set: Vec<&str> = query.split('&').filter(|pair| !pair.ends_with('=')).collect();
    let path = form.get_attribute("action").unwrap_or_default();
    Ok(if set.is_empty() { path } else { format!("{path}?{}", set.join("&")) })
}

/// Puts the list of a page in place of the present one, and returns what it found in words. A page
/// without a list, as after the end of a session, is opened instead.
fn replace(request: &JsValue, href: &str) -> Result<String, JsValue> {
    let page = Reflect::get(request, &"response".into())?;
    let new = call(&page, "getElementById", &[&FOUND.into()]);
    let Some(new) = new.ok().and_then(|new| new.dyn_into::<Element>().ok()) else {
        let location = Reflect::get(&window(), &"location".into())?;
        call(&location, "assign", &[&href.into()])?;
        return Ok(String::new());
    };
    if let Some(old) = document().get_element_by_id(FOUND) {
        call(&old, "replaceWith", &[&new])?;
    }
    let history = Reflect::get(&window(), &"history".into())?;
    call(&history, "replaceState", &[&JsValue::NULL, &"".into(), &href.into()])?;
    show_ticks();
    let found = new.query_selector("[data-found]")?;
    let found = found.and_then(|found| found.get_attribute("data-found"));
    Ok(found.unwrap_or_else(|| "No site matches".to_owned()))
}

/// Shows what ticks a whole page, which is of no use without script.
fn show_ticks() {
    if let Ok(Some(label)) = document().query_selector(".select-page") {
        // An element takes any attribute.
        let _ = label.set_attribute("data-works", "");
    }
}

/// Ticks every site of the page, or none.
fn tick_all(ticked: &Element) -> Result<(), JsValue> {
    let on = Reflect::get(ticked, &"checked".into())?;
    let ticks = call(&document(), "querySelectorAll", &[&"input.tick".into()])?;
    for tick in Array::from(&ticks) {
        Reflect::set(&tick, &"checked".into(), &on)?;
    }
    Ok(())
}

fn construct(class: &str, arguments: &Array) -> Result<JsValue, JsValue> {
    let class: Function = Reflect::get(&window(), &class.into())?.dyn_into()?;
    Reflect::construct(&class, arguments)
}

fn call(of: &JsValue, method: &str, arguments: &[&JsValue]) -> Result<JsValue, JsValue> {
    let method: Function = Reflect::get(of, &method.into())?.dyn_into()?;
    let arguments: Array = arguments.iter().copied().collect();
    method.apply(of, &arguments)
}
