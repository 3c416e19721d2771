//! Sitekeys, secrets and hosts: shortened in the middle, and copied by a button.

use crate::domains::host;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::{Function, Promise, Reflect};
use leptos::web_sys::{Element, HtmlElement, Node};
use std::time::Duration;

/// The longest key that is shown whole, in characters.
const SHOWN_WHOLE: usize = 24;
/// How many characters are kept at the front: a prefix such as `site_` and six more.
const FRONT: usize = 11;
/// How many characters are kept at the back.
const BACK: usize = 4;

/// A key with its middle left out, if it is long: `site_4Gh7Qa…Kq2Z`.
pub fn shorten(key: &str) -> String {
    let length = key.chars().count();
    if length <= SHOWN_WHOLE {
        return key.to_owned();
    }
    let front: String = key.chars().take(FRONT).collect();
    let back: String = key.chars().skip(length - BACK).collect();
    format!("{front}…{back}")
}

/// A key with a button that copies the whole of it.
#[component]
pub fn Copyable(
    /// The key.
    #[prop(into)]
    text: String,
    /// Show all of it, as for a secret that is seen once.
    #[prop(optional)]
    whole: bool,
) -> impl IntoView {
    let shown = if whole { text.clone() } else { shorten(&text) };
    let title = (shown != text).then(|| text.clone());
    view! {
        <span class="copyable">
            <code title=title>{shown}</code>
            <CopyButton text/>
        </span>
    }
}

/// A button that copies `text`. The page's one [`Copying`] does the work.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <button class="copy" type="button" data-copy=text>"Copy"</button> }
}

/// A host as people read it, with the ASCII that browsers send beneath where the two differ.
#[component]
pub fn HostName(
    /// Canonical ASCII.
    #[prop(into)]
    host: String,
) -> impl IntoView {
    let shown = host::unicode(&host).into_owned();
    let ascii = (shown != host).then(|| view! { <span class="ascii">{host}</span> });
    view! { <span class="host">{shown}</span>{ascii} }
}

/// Makes every copy button of the page work: one listener, however many buttons.
#[island]
pub fn Copying() -> impl IntoView {
    // Effects run in the browser only.
    Effect::new(|_| {
        window_event_listener(leptos::ev::click, |event| copy(&event));
    });
}

fn copy(event: &MouseEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let button = target.and_then(|target| target.closest("[data-copy]").ok().flatten());
    let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) else {
        return;
    };
    let text = button.get_attribute("data-copy").unwrap_or_default();
    let (copied, refused) = (button.clone(), button);
    match write_to_clipboard(&text) {
        Ok(written) => {
            let tell = Closure::once(move |_: JsValue| say(&copied, "Copied"));
            let select = Closure::once(move |_: JsValue| select(&refused));
            let _ = written.then2(&tell, &select);
            // Whichever of the two is called, the other never will be.
            tell.forget();
            select.forget();
        }
        Err(_) => select(&refused),
    }
}

/// Reached by name, since browsers offer the clipboard to secure pages only.
fn write_to_clipboard(text: &str) -> Result<Promise, JsValue> {
    let clipboard =
        Reflect::get(&Reflect::get(&window(), &"navigator".into())?, &"clipboard".into())?;
    let write: Function = Reflect::get(&clipboard, &"writeText".into())?.dyn_into()?;
    write.call1(&clipboard, &text.into())?.dyn_into()
}

/// Where the clipboard is out of reach, the key is selected for the keyboard.
fn select(button: &HtmlElement) {
    let Some(code) =
        button.parent_element().and_then(|around| around.query_selector("code").ok().flatten())
    else {
        return;
    };
    if let Some(title) = code.get_attribute("title") {
        code.set_text_content(Some(&title));
    }
    if select_all(&code).is_ok() {
        say(button, "Press Ctrl+C");
    }
}

fn select_all(node: &Node) -> Result<(), JsValue> {
    let get: Function = Reflect::get(&window(), &"getSelection".into())?.dyn_into()?;
    let selection = get.call0(&window())?;
    let select: Function = Reflect::get(&selection, &"selectAllChildren".into())?.dyn_into()?;
    select.call1(&selection, node).map(drop)
}

fn say(button: &HtmlElement, words: &str) {
    button.set_text_content(Some(words));
    let _ = button.set_attribute("data-copied", "");
    let button = button.clone();
    let back = move || {
        button.set_text_content(Some("Copy"));
        let _ = button.remove_attribute("data-copied");
    };
    set_timeout(back, Duration::from_secs(2));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_middle_of_a_long_key_is_left_out() {
        assert_eq!(shorten("site_4Gh7QaZ0bT9xLm2Rk8WvYcKq2Z"), "site_4Gh7Qa…Kq2Z");
        assert_eq!(shorten("short"), "short");
    }

    proptest! {
        #[test]
        fn a_shortened_key_starts_and_ends_like_the_key(key in "\\PC{0,60}") {
            let shown = shorten(&key);
            let (front, back) = shown.split_once('…').unwrap_or((&shown, ""));
            prop_assert!(key.starts_with(front) && key.ends_with(back));
        }
    }
}
