//! The field that takes domains, with the verdict beneath it as one types.

use crate::auth::rules::query_value;
use crate::domains::api::{DomainsVerdict, Suggestion, judge_domains};
use crate::domains::rules::suggested_lines;
use crate::sites::model::SiteId;
use crate::ui::escape::textarea_content;
use crate::ui::flash::Flash;
use crate::ui::load::query;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// How long typing has to rest before the verdict is asked for.
const REST: Duration = Duration::from_millis(250);

/// What stands in the field when the page is opened.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    domains: String,
    include_subdomains: bool,
    error: Option<String>,
}

impl Typed {
    /// What was refused the last time `form` was sent, else what the address fills in.
    pub fn of(flash: Option<&Flash>, form: &str) -> Self {
        let typed = |field| flash.and_then(|flash| flash.typed_in(form, field));
        let Some(domains) = typed("domains") else {
            return Self {
                domains: query("domains").unwrap_or_default(),
                include_subdomains: query("subdomains").unwrap_or_default(),
                error: None,
            };
        };
        let refusal = flash.and_then(|flash| flash.refusal_of(form));
        // A stale version, say, is no fault of the domains.
        let refusal = refusal.filter(|refusal| refusal.field == "pattern");
        Self {
            domains: domains.to_owned(),
            include_subdomains: typed("include_subdomains") == Some("true"),
            error: refusal.map(|refusal| refusal.message.clone()),
        }
    }
}

/// A field for one domain or a list of them.
#[component]
pub fn DomainsField(
    /// The site they are for; `None` for a new one.
    site: Option<SiteId>,
    /// What stands in it.
    typed: Typed,
    /// The page it stands on, which a suggestion leads back to.
    path: String,
) -> impl IntoView {
    let Typed { domains, include_subdomains, error } = typed;
    let suggested = error.as_ref().and_then(|_| suggested_lines(&domains, include_subdomains));
    let suggestion = suggested.map(|(domains, subdomains)| {
        let join = if path.contains('?') { '&' } else { '?' };
        let query = format!("{join}domains={}&subdomains={subdomains}", query_value(&domains));
        let href = path + &query;
        (href, Suggestion { domains, include_subdomains: subdomains })
    });
    view! { <DomainsInput site domains include_subdomains error suggestion/> }
}

/// The field itself. Without script it is a plain one; with it, every pause in the typing asks the
/// server what would become of the text.
#[island]
fn DomainsInput(
    site: Option<SiteId>,
    domains: String,
    include_subdomains: bool,
    error: Option<String>,
    suggestion: Option<(String, Suggestion)>,
) -> impl IntoView {
    let text = RwSignal::new(domains.clone());
    let include = RwSignal::new(include_subdomains);
    let refused = RwSignal::new(error);
    let verdict = RwSignal::new(DomainsVerdict::default());
    let asked = StoredValue::new(0_u32);
    let ask = move || {
        let turn = asked.get_value().wrapping_add(1);
        asked.set_value(turn);
        let judge = move || {
            if asked.get_value() != turn {
                return;
            }
            let (typed, include) = (text.get_untracked(), include.get_untracked());
            spawn_local(async move {
                let judged = judge_domains(site, typed, include).await.unwrap_or_default();
                // A later question may have been answered first.
                if asked.get_value() == turn {
                    refused.set(None);
                    verdict.set(judged);
                }
            });
        };
        set_timeout(judge, REST);
    };
    let fill = move |suggestion: Suggestion| {
        text.set(suggestion.domains);
        include.set(suggestion.include_subdomains);
        ask();
    };
    let described = move || {
        if refused.read().is_some() { "domains-hint domains-error" } else { "domains-hint" }
    };
    view! {
        <div class="field">
            <label for="domains">"Domains"</label>
            <p class="hint" id="domains-hint">
                "Where the widget runs, one a line. Paste any address: scheme and path are left out."
            </p>
            <textarea
                id="domains"
                name="domains"
                rows="3"
                spellcheck="false"
                autocapitalize="off"
                aria-describedby=described
                aria-invalid=move || refused.read().is_some().then_some("true")
                prop:value=text
                on:input=move |event| {
                    text.set(event_target_value(&event));
                    ask();
                }
            >
                {textarea_content(&domains)}
            </textarea>
            {move || refused.get().map(|message| view! { <p class="error" id="domains-error">{message}</p> })}
            {suggestion
                .map(|(href, suggestion)| {
                    let shown = suggestion.clone();
                    view! {
                        <p hidden=move || refused.read().is_none()>
                            <a
                                class="btn small"
                                href=href
                                on:click=move |event| {
                                    event.prevent_default();
                                    fill(suggestion.clone());
                                }
                            >
                                {label(&shown)}
                            </a>
                        </p>
                    }
                })}
            <div role="status">
                {move || {
                    let DomainsVerdict { accepted, title, notes, suggestion } = verdict.get();
                    (!title.is_empty())
                        .then(|| {
                            let notes = notes.into_iter().map(|note| view! { <p>{note}</p> }).collect_view();
                            view! {
                                <div class=if accepted { "verdict allowed" } else { "verdict denied" }>
                                    <strong>{title}</strong>
                                    {notes}
                                    {suggestion
                                        .map(|suggestion| {
                                            let shown = label(&suggestion);
                                            view! {
                                                <p>
                                                    <button
                                                        class="small"
                                                        type="button"
                                                        on:click=move |_| fill(suggestion.clone())
                                                    >
                                                        {shown}
                                                    </button>
                                                </p>
                                            }
                                        })}
                                </div>
                            }
                        })
                }}
            </div>
        </div>
        <label class="check">
            <input
                type="checkbox"
                name="include_subdomains"
                value="true"
                checked=include_subdomains
                prop:checked=include
                on:change=move |event| {
                    include.set(event_target_checked(&event));
                    ask();
                }
            />
            <span>
                "Include subdomains"
                <small>"Also every host below each of them, never siblings"</small>
            </span>
        </label>
    }
}

fn label(Suggestion { domains, include_subdomains }: &Suggestion) -> String {
    let with = if *include_subdomains { " with subdomains" } else { "" };
    match domains.trim().lines().count() {
        0 | 1 => format!("Use {}{with}", domains.trim()),
        _ => format!("Use the corrected list{with}"),
    }
}
