//! The field that takes domains, with the verdict beneath it as one types.

use crate::auth::rules::query_value;
use crate::domains::api::{DomainsVerdict, Fate, LineVerdict, Suggestion, judge_domains};
use crate::domains::rules::suggested_lines;
use crate::rare_island;
use crate::sites::model::SiteId;
use crate::ui::escape::textarea_content;
use crate::ui::flash::Flash;
use crate::ui::load::{part, query};
use crate::ui::number::grouped;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// How long typing has to rest before the verdict is asked for.
const REST: Duration = Duration::from_millis(250);
/// The longest address that carries a suggestion, in bytes; proxies cut longer ones.
const LONGEST_LINK: usize = 4_000;

/// What stands in the field when the page is opened.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    domains: String,
    include_subdomains: bool,
    error: Option<String>,
}

impl Typed {
    /// What was refused the last time `form` was sent, or kept of it, else what the address fills in.
    pub fn of(flash: Option<&Flash>, form: &str) -> Self {
        let typed = |field| {
            flash.and_then(|flash| flash.typed_in(form, field).or_else(|| flash.kept_in(field)))
        };
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
    let suggested = suggested_lines(&domains, include_subdomains);
    let suggestion = suggested.map(|(domains, subdomains)| {
        let join = if path.contains('?') { '&' } else { '?' };
        let query = format!("{join}domains={}&subdomains={subdomains}", query_value(&domains));
        let href = path + &query;
        (href, Suggestion { domains, include_subdomains: subdomains })
    });
    let suggestion = suggestion.filter(|(href, _)| href.len() <= LONGEST_LINK);
    // What stands in the field already is judged before it is shown, for those without script.
    let asked = (domains.clone(), include_subdomains);
    let load = async move {
        match asked {
            (typed, _) if typed.trim().is_empty() => Ok(DomainsVerdict::default()),
            (typed, include) => judge_domains(site, typed, include).await,
        }
    };
    part("Domains", load, move |judged| {
        view! { <DomainsInput site domains include_subdomains error suggestion judged/> }
    })
}

/// The field itself. Without script it is a plain one; with it, every pause in the typing asks the
/// server what would become of the text.
#[rare_island]
fn DomainsInput(
    site: Option<SiteId>,
    domains: String,
    include_subdomains: bool,
    error: Option<String>,
    suggestion: Option<(String, Suggestion)>,
    judged: DomainsVerdict,
) -> impl IntoView {
    // Until something else is typed, the suggestion is a link that works without script.
    let link = RwSignal::new(suggestion);
    let text = RwSignal::new(domains.clone());
    let include = RwSignal::new(include_subdomains);
    let refused = RwSignal::new(error);
    let verdict = RwSignal::new(judged);
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
                    link.set(None);
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
                "Where the widget runs. Paste an address, a list or a CSV with a column of domains."
            </p>
            <textarea
                id="domains"
                name="domains"
                rows="4"
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
            <div class="stack-s" role="status">
                {move || {
                    let mut verdict = verdict.get();
                    // One domain's refusal stands beneath the field already.
                    if refused.read().is_some() && verdict.lines.is_empty() {
                        verdict.title.clear();
                        verdict.notes.clear();
                    }
                    view! { <Verdict verdict link=link.get() fill/> }
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

/// What would become of what stands in the field.
#[component]
fn Verdict(
    verdict: DomainsVerdict,
    /// The address that puts the suggestion into the field.
    link: Option<(String, Suggestion)>,
    /// Puts a suggestion into the field.
    fill: impl Fn(Suggestion) + Copy + 'static,
) -> impl IntoView {
    let DomainsVerdict { accepted, title, notes, warnings, suggestion, lines, more, valid, partly } =
        verdict;
    let class = match (accepted, partly) {
        (true, _) => "verdict allowed",
        (false, true) => "verdict partial",
        (false, false) => "verdict denied",
    };
    let notes = notes.into_iter().map(|note| view! { <p>{note}</p> }).collect_view();
    let warnings = warnings
        .into_iter()
        .map(|warning| view! { <p><span class="tag warn">"look twice"</span>" "{warning}</p> })
        .collect_view();
    let suggestion = match link {
        Some((href, suggestion)) => {
            let shown = label(&suggestion);
            let replace = move |event: leptos::ev::MouseEvent| {
                event.prevent_default();
                fill(suggestion.clone());
            };
            view! { <p><a class="btn small" href=href on:click=replace>{shown}</a></p> }.into_any()
        }
        None => suggestion
            .map(|suggestion| {
                let shown = label(&suggestion);
                let replace = move |_| fill(suggestion.clone());
                view! { <p><button class="small" type="button" on:click=replace>{shown}</button></p> }
            })
            .into_any(),
    };
    let some = partly.then(|| {
        let shown = if valid == 1 {
            "Add the valid one".to_owned()
        } else {
            format!("Add the {} valid ones", grouped(valid))
        };
        view! { <p><button class="small" name="valid_only" value="true">{shown}</button></p> }
    });
    if title.is_empty() {
        return suggestion;
    }
    view! {
        <div class=class>
            <strong>{title}</strong>
            {notes}
            {warnings}
            <Lines lines more/>
            {suggestion}
            {some}
        </div>
    }
    .into_any()
}

/// The verdict on each domain of a list.
#[component]
fn Lines(lines: Vec<LineVerdict>, more: i64) -> impl IntoView {
    if lines.is_empty() {
        return ().into_any();
    }
    let rows = lines
        .into_iter()
        .map(|LineVerdict { line, typed, fate, said, warned }| {
            let (class, word) = match fate {
                Fate::Accepted => ("accepted", "Accepted as "),
                Fate::Present | Fate::Repeated => ("present", "Passed over: "),
                Fate::Refused => ("refused", "Refused: "),
            };
            let warned = warned
                .into_iter()
                .map(|(badge, why)| view! { " "<span class="tag warn" title=why>{badge}</span> })
                .collect_view();
            view! {
                <li class=class>
                    <span class="num">{line}</span>
                    <code>{typed}</code>
                    <span class="said"><b>{word}</b>{said}{warned}</span>
                </li>
            }
        })
        .collect_view();
    let more = (more > 0).then(|| {
        let more = grouped(more);
        view! { <p>{more}" more, none of them refused"</p> }
    });
    view! { <ol class="lines" tabindex="0" aria-label="Line by line">{rows}</ol>{more} }.into_any()
}

fn label(Suggestion { domains, include_subdomains }: &Suggestion) -> String {
    let with = if *include_subdomains { " with subdomains" } else { "" };
    match domains.trim().lines().count() {
        0 | 1 => format!("Use {}{with}", domains.trim()),
        _ => format!("Use the corrected list{with}"),
    }
}
