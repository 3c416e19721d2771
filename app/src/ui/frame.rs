//! The frame around every page of somebody signed in: navigation, the bar with the way here, the
//! message of the last form.

use super::escape::text_only;
use super::flash::Flash;
use super::key::Copying;
use super::message::FlashMessage;
use super::response;
use crate::auth::api::{SignOut, signed_in_as};
use crate::incidents::api::incidents_waiting;
use crate::incidents::view::Bell;
use crate::search::view::Palette;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use server_fn::ServerFn;

/// The parts of the console, as the navigation lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// How everything is.
    Overview,
    /// The sites.
    Sites,
    /// The error codes.
    Errors,
    /// What is unusual.
    Incidents,
    /// Who reports.
    Verifiers,
    /// The trail.
    Audit,
    /// Tokens and the like.
    Settings,
}

impl Section {
    const ALL: [Self; 7] = [
        Self::Overview,
        Self::Sites,
        Self::Errors,
        Self::Incidents,
        Self::Verifiers,
        Self::Audit,
        Self::Settings,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Sites => "Sites",
            Self::Errors => "Errors",
            Self::Incidents => "Incidents",
            Self::Verifiers => "Verifiers",
            Self::Audit => "Audit",
            Self::Settings => "Settings",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Overview => "/",
            Self::Sites => "/sites",
            Self::Errors => "/errors",
            Self::Incidents => "/incidents",
            Self::Verifiers => "/verifiers",
            Self::Audit => "/audit",
            Self::Settings => "/settings/tokens",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Overview => "M2 13.5h12M4 11V7.5M8 11V3M12 11V5.5",
            Self::Sites => {
                "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M1.8 8h12.4M8 1.8c4 4 4 8.4 0 12.4M8 1.8c-4 4-4 8.4 0 12.4"
            }
            Self::Errors => "M8 2 1.6 13.3h12.8zM8 6.5v3M8 11.3v.1",
            Self::Incidents => "M1.5 8h3l2-5 3 10 2-5h3",
            Self::Verifiers => "M2 2.5h12v4H2zM2 9.5h12v4H2zM4.5 4.5h.1M4.5 11.5h.1",
            Self::Audit => "M3 2h10v12H3zM5.5 5.5h5M5.5 8h5M5.5 10.5h3",
            Self::Settings => "M2 4.5h7M13 4.5h1M2 11.5h1M7 11.5h7M11 2.5v4M5 9.5v4",
        }
    }

    /// Whether it gives way to *More* in the bar of narrow screens.
    const fn extra(self) -> bool {
        matches!(self, Self::Verifiers | Self::Audit | Self::Settings)
    }
}

/// A step on the way to the present page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    label: String,
    href: Option<String>,
}

impl Crumb {
    /// A page above the present one.
    pub fn link(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: Some(href.into()) }
    }

    /// The present page.
    pub fn here(label: impl Into<String>) -> Self {
        Self { label: label.into(), href: None }
    }
}

/// The frame of a page.
#[component]
pub fn Frame(
    /// The part of the console the page belongs to.
    here: Section,
    /// The page's name in the browser's title.
    #[prop(into)]
    title: String,
    /// The way to the page; none for the first page of a section.
    #[prop(optional)]
    crumbs: Vec<Crumb>,
    /// What the last form did.
    #[prop(optional_no_strip)]
    flash: Option<Flash>,
    /// What stands at the right of the bar.
    #[prop(optional)]
    tools: Option<AnyView>,
    /// The page.
    children: Children,
) -> impl IntoView {
    let title = title + " · Sitekeeper";
    let way = if crumbs.is_empty() {
        view! { <Wordmark/> }.into_any()
    } else {
        view! { <Crumbs crumbs/> }.into_any()
    };
    view! {
        <Title text=text_only(&title)/>
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="frame">
            <header class="side">
                <Wordmark/>
                <Navigation here/>
                <Account/>
            </header>
            <div class="stage">
                <section class="topbar" aria-label="Page bar">
                    {way}
                    <div class="topbar-tools">{tools}<Palette/><Waiting/></div>
                </section>
                <main class="page" id="main" tabindex="-1">
                    {flash.map(|flash| view! { <FlashMessage flash/> })}
                    {children()}
                </main>
            </div>
        </div>
        <Copying/>
    }
    // The type of a whole page, spelt out, is more than the compiler reads in reasonable time.
    .into_any()
}

/// The bell, once it is known how many incidents wait.
#[component]
fn Waiting() -> impl IntoView {
    view! {
        <Suspense>
            {Suspend::new(async move {
                let waiting = incidents_waiting().await.unwrap_or(0);
                view! { <Bell waiting/> }
            })}
        </Suspense>
    }
}

/// The name of the console, which leads home.
#[component]
pub fn Wordmark() -> impl IntoView {
    view! {
        <a class="wordmark" href="/">
            <svg viewBox="0 0 20 20" aria-hidden="true">
                <path
                    fill="currentColor"
                    fill-rule="evenodd"
                    d="M10 1 2.5 3.6v6c0 4.6 3 7.7 7.5 9.4 4.5-1.7 7.5-4.8 7.5-9.4v-6zM10 5.6a2.6 2.6 0 0 1 1.35 4.82l.85 3.48H7.8l.85-3.48A2.6 2.6 0 0 1 10 5.6z"
                />
            </svg>
            "Sitekeeper"
        </a>
    }
}

#[component]
fn Icon(path: &'static str) -> impl IntoView {
    view! { <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=path/></svg> }
}

#[component]
fn Navigation(here: Section) -> impl IntoView {
    let link = |section: Section| {
        let current = (section == here).then_some("page");
        view! {
            <a href=section.path() aria-current=current>
                <Icon path=section.icon()/>
                {section.label()}
            </a>
        }
    };
    let entries = Section::ALL.map(|section| {
        view! { <li class=section.extra().then_some("nav-extra")>{link(section)}</li> }
    });
    let more = Section::ALL.into_iter().filter(|section| section.extra()).map(link).collect_view();
    view! {
        <nav class="nav" aria-label="Main">
            <ul>
                {entries.into_iter().collect_view()}
                <li class="nav-more">
                    <details class="menu" name="menu">
                        <summary><Icon path="M3 8h.1M8 8h.1M13 8h.1"/>"More"</summary>
                        <div class="menu-body">{more}<hr/><SignOutForm/></div>
                    </details>
                </li>
            </ul>
        </nav>
    }
}

#[component]
fn Account() -> impl IntoView {
    view! {
        <details class="menu up account" name="menu">
            <summary class="btn quiet">
                <span>
                    <Suspense>
                        {Suspend::new(async move {
                            signed_in_as().await.unwrap_or_else(|_| "Account".to_owned())
                        })}
                    </Suspense>
                </span>
            </summary>
            <div class="menu-body">
                <a href="/settings/tokens">"Settings"</a>
                <SignOutForm/>
            </div>
        </details>
    }
}

#[component]
fn SignOutForm() -> impl IntoView {
    view! { <form method="post" action=SignOut::PATH><button>"Sign out"</button></form> }
}

#[component]
fn Crumbs(crumbs: Vec<Crumb>) -> impl IntoView {
    let steps = crumbs.into_iter().map(|Crumb { label, href }| match href {
        Some(href) => view! { <li><a href=href>{label}</a></li> }.into_any(),
        None => view! { <li><span aria-current="page">{label}</span></li> }.into_any(),
    });
    view! { <nav class="crumbs" aria-label="Breadcrumb"><ol>{steps.collect_view()}</ol></nav> }
}

/// The page of an address that leads nowhere.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    response::set_status(404);
    let path = use_location().pathname.get_untracked();
    view! {
        <Frame here=Section::Sites title="No page here" crumbs=vec![Crumb::here("Not found")]>
            <section class="panel">
                <div class="state">
                    <h1>"No page here"</h1>
                    <p>
                        <code>{path}</code>
                        " is not a page, or what it named never existed. Deleted sites stay in the list under “Deleted”."
                    </p>
                    <div class="actions">
                        <a class="btn primary" href="/sites">"All sites"</a>
                        <a class="btn" href="/">"Overview"</a>
                    </div>
                </div>
            </section>
        </Frame>
    }
}
