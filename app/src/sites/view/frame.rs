//! What every page of a site has above its content: name, state, actions and tabs.

use crate::auth::rules::query_value;
use crate::sites::model::{Site, SiteId, SiteState};
use crate::sites::pages::{Revealed, SiteHead, state_path};
use crate::sites::rules::{StateChange, days_left, restorable_until};
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::key::CopyButton;
use crate::ui::load::param;
use crate::ui::number::grouped;
use crate::ui::time::{Ago, Until};
use jiff::Timestamp;
use leptos::prelude::*;

/// The pages of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Its numbers.
    Overview,
    /// Its associated domains.
    Domains,
    /// Its sitekeys and secrets.
    Keys,
    /// How to put it to use.
    Integration,
    /// What was changed.
    Activity,
    /// Name, domain check, state.
    Settings,
}

impl Tab {
    const ALL: [Self; 6] = [
        Self::Overview,
        Self::Domains,
        Self::Keys,
        Self::Integration,
        Self::Activity,
        Self::Settings,
    ];

    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Domains => "Domains",
            Self::Keys => "Keys",
            Self::Integration => "Integration",
            Self::Activity => "Activity",
            Self::Settings => "Settings",
        }
    }

    /// Its address for `site`.
    pub fn path(self, site: SiteId) -> String {
        match self {
            Self::Overview => format!("/sites/{site}"),
            tab => format!("/sites/{site}/{}", tab.label().to_lowercase()),
        }
    }
}

/// The number in the address of a page of a site; 0, which no site has, when there is none.
pub fn site_id() -> SiteId {
    SiteId(param("id").unwrap_or_default())
}

/// A tab of a site.
#[component]
pub fn SiteFrame(
    /// The site.
    head: SiteHead,
    /// Which tab this is.
    tab: Tab,
    /// What stands at the right of the bar.
    #[prop(optional)]
    tools: Option<AnyView>,
    /// The tab's content.
    children: Children,
) -> impl IntoView {
    let SiteHead { site, domains, sitekeys, revealed, now, flash } = head;
    let crumbs = match tab {
        Tab::Overview => vec![Crumb::link("Sites", "/sites"), Crumb::here(site.name.clone())],
        tab => vec![
            Crumb::link("Sites", "/sites"),
            Crumb::link(site.name.clone(), Tab::Overview.path(site.id)),
            Crumb::here(tab.label()),
        ],
    };
    let tools = tools.unwrap_or_else(|| ().into_any());
    view! {
        <Frame
            here=Section::Sites
            title=format!("{} · {}", tab.label(), site.name)
            crumbs
            flash=flash
            tools
        >
            <div class="page-head">
                <h1>{site.name.clone()}</h1>
                <StateBadge state=site.state/>
                {site.sample.then(|| view! { <span class="tag">"sample"</span> })}
                <Tags tags=site.tags.clone()/>
                <SiteActions site=site.clone()/>
            </div>
            <nav class="tabs" aria-label=site.name.clone()>
                <ul>
                    {Tab::ALL
                        .map(|entry| {
                            let count = match entry {
                                Tab::Domains => Some(domains),
                                Tab::Keys => Some(sitekeys),
                                _ => None,
                            };
                            view! {
                                <li>
                                    <a href=entry.path(site.id) aria-current=(entry == tab).then_some("page")>
                                        {entry.label()}
                                        {count.map(|count| view! { " "<span class="count">{grouped(count)}</span> })}
                                    </a>
                                </li>
                            }
                        })
                        .into_iter()
                        .collect_view()}
                </ul>
            </nav>
            {revealed.map(|revealed| view! { <Reveal revealed site=site.id/> })}
            <Warnings site now/>
            {children()}
        </Frame>
    }
}

/// A site's state: a shape, a colour and a word.
#[component]
pub fn StateBadge(
    /// The state.
    state: SiteState,
) -> impl IntoView {
    let word = match state {
        SiteState::Active => "Active",
        SiteState::Paused => "Paused",
        SiteState::Deleted => "Deleted",
    };
    view! { <span class=format!("badge {state}")>{word}</span> }
}

/// The groups of a site, each of which leads to its other sites.
#[component]
fn Tags(tags: Vec<String>) -> impl IntoView {
    let links = tags.into_iter().map(|tag| {
        let href = format!("/sites?tag={}", query_value(&tag));
        view! { <a class="tag" href=href>{tag}</a> }
    });
    links.collect_view()
}

#[component]
fn SiteActions(site: Site) -> impl IntoView {
    let id = site.id;
    let to = |change: StateChange| {
        view! { <a class="btn" href=state_path(id, change, "")>{change.verb()}"…"</a> }
    };
    if site.state == SiteState::Deleted {
        return view! { <div class="actions">{to(StateChange::Restore)}</div> }.into_any();
    }
    let change =
        if site.state == SiteState::Active { StateChange::Pause } else { StateChange::Start };
    view! {
        <div class="actions">
            {to(change)}
            <a class="btn" href=format!("/sites/{id}/keys/rotate")>"Rotate sitekey…"</a>
            <details class="menu" name="menu">
                <summary class="btn">"More"</summary>
                <div class="menu-body">
                    {(site.state == SiteState::Paused)
                        .then(|| {
                            view! { <a href=state_path(id, StateChange::Pause, "")>"Change the pause"</a> }
                        })}
                    <a href=Tab::Settings.path(id)>"Rename or tag"</a>
                    <a href=Tab::Integration.path(id)>"Copy a snippet"</a>
                    <hr/>
                    <a class="danger" href=state_path(id, StateChange::Delete, "")>"Delete "{site.name}"…"</a>
                </div>
            </details>
        </div>
    }
    .into_any()
}

/// A new secret, the one time it is seen, beside the sitekey it belongs to.
#[component]
fn Reveal(revealed: Revealed, site: SiteId) -> impl IntoView {
    let Revealed { secret, sitekey } = revealed;
    let sitekey = sitekey.map(|sitekey| {
        view! {
            <p>"The sitekey belongs in your pages, where everybody sees it."</p>
            <span class="copyable"><code>{sitekey.clone()}</code><CopyButton text=sitekey/></span>
        }
    });
    view! {
        <section class="reveal" aria-labelledby="reveal-title">
            <h2 id="reveal-title">"Copy the secret now"</h2>
            <p>"It is stored only as a hash and cannot be shown again. It belongs on your server, never in a page."</p>
            <span class="copyable"><code>{secret.clone()}</code><CopyButton text=secret/></span>
            {sitekey}
            <div class="actions">
                <a class="btn" href=Tab::Integration.path(site)>"Next: put both to use"</a>
            </div>
        </section>
    }
}

/// What an operator must not overlook about a site.
#[component]
fn Warnings(site: Site, now: Timestamp) -> impl IntoView {
    let since = site.state_changed_at;
    let state = match site.state {
        SiteState::Active => None,
        SiteState::Paused => Some(view! {
            <div class="flash warn">
                <p>
                    "Paused "<Ago at=since now/>": the gate answers "<code>"site_paused"</code>
                    " to every request."
                    {site.pause_reason.map(|reason| view! { " Reason: "<strong>{reason}</strong>"." })}
                    {site.starts_at.map(|at| view! { " It starts by itself on "<Until at=at now/>"." })}
                </p>
            </div>
        }
        .into_any()),
        SiteState::Deleted => {
            let until = restorable_until(since);
            let restorable = if until < now {
                view! { " It was restorable for 30 days, which are over." }.into_any()
            } else {
                let left = days_left(until, now);
                view! { " It can be restored until "<Until at=until now/>" ("{left}" left)." }
                    .into_any()
            };
            Some(
                view! {
                    <div class="flash warn">
                        <p>
                            "Deleted "<Ago at=since now/>": the gate answers "<code>"site_deleted"</code>
                            ", for as long as its sitekeys are sent. Its statistics stay."
                            {restorable}
                        </p>
                    </div>
                }
                .into_any(),
            )
        }
    };
    let unchecked = site.any_hostname.then(|| {
        view! {
            <div class="flash warn">
                <p>
                    <strong>"The domain check is off. "</strong>
                    "Any hostname may use the sitekeys of "{site.name}"."
                </p>
                <a class="btn small" href=Tab::Settings.path(site.id)>"Settings"</a>
            </div>
        }
    });
    view! { {state}{unchecked} }
}
