//! Which key is this? A sitekey is asked for by its text, a secret by its hash, made in the browser.

use super::about::KeyBadge;
use crate::keys::api::{which_secret, which_sitekey};
use crate::keys::model::KeyKind;
use crate::keys::pages::{FoundKey, SecretFound, SitekeyFound, Verdict};
use crate::keys::rules::{Slip, check_secret, hash_in_hex, without_wrapping};
use crate::rare_island;
use crate::sites::view::frame::{StateBadge, Tab};
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::key::Copyable;
use crate::ui::load::{loaded, query};
use crate::ui::time::Ago;
use jiff::Timestamp;
use leptos::prelude::*;

/// What a browser accepts in the field for sitekeys, with or without script: anything but a secret.
const NO_SECRET: &str = "(?!.*secret_).*";

/// Says which site's key somebody has at hand.
#[component]
pub fn WhichKeyPage() -> impl IntoView {
    let asked: Option<String> = query("q");
    let shown = asked.clone().unwrap_or_default();
    let asked_sitekey = shown.clone();
    // Without a question the same call finds out who asks, and its answer is left aside.
    let hash: Option<String> = query("hash");
    let asking = async move {
        let sitekey = which_sitekey(asked_sitekey).await?;
        let secret = match hash {
            Some(hash) => Some(which_secret(hash).await?),
            None => None,
        };
        Ok((sitekey, secret))
    };
    loaded(asking, move |(SitekeyFound { verdict, now }, secret)| {
        // What should never have been sent is not repeated.
        let value = if verdict == Verdict::Secret { String::new() } else { shown };
        let answer = asked.map(|_| view! { <SitekeyAnswer verdict now/> });
        let crumbs = vec![Crumb::link("Sites", "/sites"), Crumb::here("Which key is this?")];
        view! {
            <Frame here=Section::Sites title="Which key is this?" crumbs>
                <div class="page-head"><h1>"Which key is this?"</h1></div>
                <div class="cols">
                    <section class="panel" aria-labelledby="by-sitekey">
                        <div class="panel-head"><h2 id="by-sitekey">"A sitekey"</h2></div>
                        <div class="pad stack-m">
                            <form class="inline-form" method="get">
                                <div class="field grow">
                                    <label for="q">"Sitekey"</label>
                                    <p class="hint" id="q-hint">
                                        "As it stands in the page; quotes around it do not matter."
                                    </p>
                                    <input
                                        id="q"
                                        name="q"
                                        value=value
                                        placeholder="site_…"
                                        required
                                        autocomplete="off"
                                        autocapitalize="off"
                                        spellcheck="false"
                                        pattern=NO_SECRET
                                        title="This field is sent as it is: a secret does not belong here"
                                        aria-describedby="q-hint"
                                    />
                                </div>
                                <button>"Look it up"</button>
                            </form>
                            {answer}
                        </div>
                    </section>
                    <section class="panel" aria-labelledby="by-secret">
                        <div class="panel-head"><h2 id="by-secret">"A secret"</h2></div>
                        <div class="pad stack-m">
                            <SecretFinder/>
                            {secret.map(|found| view! { <SecretAnswer found/> })}
                            <noscript>
                                <p class="verdict">
                                    "This needs JavaScript: without it the secret itself would have to be sent. Compare its last four characters with those on the site's Keys tab instead."
                                </p>
                            </noscript>
                        </div>
                    </section>
                </div>
            </Frame>
        }
    })
}

#[component]
fn SitekeyAnswer(verdict: Verdict, now: Timestamp) -> impl IntoView {
    match verdict {
        Verdict::Known(found) => view! { <Found found slip=None now/> }.into_any(),
        Verdict::Unknown => view! {
            <div class="verdict denied" role="status">
                <strong>"Never issued here"</strong>
                <p>"It is well formed, so it has no typo. It may be of another installation."</p>
            </div>
        }
        .into_any(),
        Verdict::Secret => view! {
            <div class="verdict denied" role="alert">
                <strong>"That was a secret"</strong>
                <p>
                    "It was not looked up, but it now stands in this page's address, your browser's history and perhaps a log. Rotate it, and use the field for secrets next time."
                </p>
            </div>
        }
        .into_any(),
        Verdict::Malformed { reason, looks_like, likely } => {
            let looks_like = looks_like
                .map(|service| view! { <p>"It looks like a sitekey of "{service}"."</p> });
            let none = likely.is_empty().then(|| {
                view! { <p>"No sitekey of this installation is one slip away from it."</p> }
            });
            let likely = likely.into_iter().map(|(found, slip)| view! { <Found found slip=Some(slip) now/> });
            view! {
                <div class="verdict denied" role="status">
                    <strong>"Not a sitekey"</strong>
                    <p>{reason}</p>
                    {looks_like}
                    {none}
                </div>
                {likely.collect_view()}
            }
            .into_any()
        }
    }
}

/// A key that was found, with the slip that led to what was pasted, if there was one.
#[component]
fn Found(found: FoundKey, slip: Option<Slip>, now: Timestamp) -> impl IntoView {
    let FoundKey { key, site_name, site_state } = found;
    let title = match slip {
        Some(slip) => format!("Probably this one: {}", slip.in_words()),
        None => format!("A {} of {site_name}", key.id.kind),
    };
    let name = match key.id.kind {
        KeyKind::Sitekey => view! { <Copyable text=key.text.clone()/> }.into_any(),
        KeyKind::Secret => view! { <code>"secret_"{key.name()}</code> }.into_any(),
    };
    let label =
        (!key.label.is_empty()).then(|| view! { <dt>"Label"</dt><dd>{key.label.clone()}</dd> });
    let by = key.created_by.clone().map(|who| format!(" by {who}"));
    let href = Tab::Keys.path(key.site);
    view! {
        <div class="verdict found" role="status">
            <strong>{title}</strong>
            <dl class="facts">
                <dt>"Site"</dt>
                <dd><a href=href>{site_name}</a>" "<StateBadge state=site_state/></dd>
                <dt>{if key.id.kind == KeyKind::Secret { "Secret" } else { "Sitekey" }}</dt>
                <dd>{name}</dd>
                <dt>"State"</dt>
                <dd><KeyBadge key=key.clone() now/></dd>
                {label}
                <dt>"Issued"</dt>
                <dd><Ago at=key.created_at now/>{by}</dd>
            </dl>
        </div>
    }
}

/// The field for a secret. It has no name, so that no form ever sends it, and can be typed in only once
/// the code is there that makes the hash of it. The page of the hash has the answer: the hash of so many
/// random digits tells nothing.
#[rare_island]
fn SecretFinder() -> impl IntoView {
    let ready = RwSignal::new(false);
    let typed = RwSignal::new(String::new());
    let refused = RwSignal::new(None::<String>);
    // Effects run in the browser only.
    Effect::new(move |_| ready.set(true));
    let look = move || {
        let pasted = typed.get_untracked();
        let secret = without_wrapping(&pasted);
        match check_secret(secret) {
            Ok(()) => {
                let _ =
                    window().location().set_href(&format!("/keys?hash={}", hash_in_hex(secret)));
            }
            Err(malformed) => refused.set(Some(malformed.sentence())),
        }
    };
    view! {
        <div class="stack-m">
            <form
                class="inline-form"
                on:submit=move |event| {
                    event.prevent_default();
                    look();
                }
            >
                <div class="field grow">
                    <label for="secret">"Secret"</label>
                    <p class="hint" id="secret-hint">
                        "Hashed in this browser. Only the hash is sent, never the secret."
                    </p>
                    <input
                        id="secret"
                        placeholder="secret_…"
                        disabled=move || !ready.get()
                        required
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        aria-describedby="secret-hint"
                        on:input=move |event| typed.set(event_target_value(&event))
                    />
                </div>
                <button disabled=move || !ready.get()>"Look it up"</button>
            </form>
            {move || {
                refused
                    .get()
                    .map(|reason| {
                        view! {
                            <div class="verdict denied" role="status">
                                <strong>"Not a secret"</strong>
                                <p>{reason}</p>
                            </div>
                        }
                    })
            }}
        </div>
    }
}

#[component]
fn SecretAnswer(found: SecretFound) -> impl IntoView {
    match found {
        SecretFound { found: Some(found), now } => {
            view! { <Found found slip=None now/> }.into_any()
        }
        SecretFound { found: None, .. } => view! {
            <div class="verdict denied" role="status">
                <strong>"Never issued here"</strong>
                <p>"It is well formed, so it has no typo. It may be of another installation."</p>
            </div>
        }
        .into_any(),
    }
}
