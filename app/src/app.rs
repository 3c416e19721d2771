//! The document and its routes. Every route renders whole before it is sent (`SsrMode::Async`), so
//! that a page is complete without WebAssembly.

use crate::alerts::maintenance::view::MaintenancePage;
use crate::alerts::view::{AlertsPage, RulePage};
use crate::audit::view::{AuditPage, EntryPage, UndoPage};
use crate::auth::view::{LoginPage, SetUpPage};
use crate::codes::explorer::view::ErrorsPage;
use crate::codes::view::CodePage;
use crate::domains::view::{AllowHostPage, ChangeDomainPage, InboxPage};
use crate::incidents::view::{IncidentPage, IncidentsPage};
use crate::keys::view as keys;
use crate::live::view::LivePage;
use crate::search::view::SearchPage;
use crate::sites::view as sites;
use crate::stats::view::OverviewPage;
use crate::storage::view::StoragePage;
use crate::tokens::view::TokensPage;
use crate::ui::frame::NotFoundPage;
use crate::verifiers::view::VerifiersPage;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::SsrMode;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

/// Leptos loads the islands once the browser is idle, and in 0.8.23 waits for that without end: a page that is
/// never idle would stay dead. This gives the wait the two seconds that Leptos gives whole pages.
const IDLE_BACKSTOP: &str = "if(window.requestIdleCallback){const idle=requestIdleCallback;\
    window.requestIdleCallback=(call,options)=>idle.call(window,call,options??{timeout:2000})}";

/// The names of the files built for the browser, which carry a hash of their content.
#[derive(Clone, Debug)]
pub struct Assets {
    /// What Leptos loads all islands by; empty when the server was built without them.
    pub options: LeptosOptions,
    /// What it loads those by that most pages have.
    pub few: LeptosOptions,
    /// The path of the stylesheet.
    pub stylesheet: &'static str,
}

/// Whether the page at `path` has one of the rare islands: the field of domains, the test of an address, the hash of a
/// secret. They make up a third of all WebAssembly, which no other page has to load.
fn has_rare_islands(path: &str) -> bool {
    let domains = path.strip_prefix("/sites/").and_then(|path| path.strip_suffix("/domains"));
    matches!(path, "/keys" | "/sites/new") || domains.is_some_and(|site| !site.contains('/'))
}

/// The whole document around the page at `path`.
pub fn shell(assets: Assets, path: &str) -> impl IntoView + use<> {
    provide_meta_context();
    let options = if has_rare_islands(path) { assets.options } else { assets.few };
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=assets.stylesheet/>
                <script nonce=use_nonce()>{IDLE_BACKSTOP}</script>
                <HydrationScripts options islands=true/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The routes.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async/>
                <Route path=path!("/setup") view=SetUpPage ssr=SsrMode::Async/>
                <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async/>
                <Route path=path!("/sites") view=sites::SitesPage ssr=SsrMode::Async/>
                <Route path=path!("/sites/bulk") view=sites::BulkPage ssr=SsrMode::Async/>
                <Route path=path!("/sites/new") view=sites::NewSitePage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id") view=sites::OverviewTab ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/domains") view=sites::DomainsTab ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/domains/allow") view=AllowHostPage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/domains/change") view=ChangeDomainPage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/domains/remove") view=sites::RemoveDomainPage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/keys") view=keys::KeysTab ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/keys/rotate") view=keys::RotatePage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/keys/issue") view=keys::IssuePage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/keys/label") view=keys::LabelPage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/keys/rotation") view=keys::RotationPage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/keys/grace") view=keys::GracePage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/keys/undo") view=keys::TakeBackPage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/keys/revoke") view=keys::RevokePage ssr=SsrMode::Async/>
                <Route path=path!("/keys") view=keys::WhichKeyPage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/integration") view=sites::IntegrationTab ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/activity") view=sites::ActivityTab ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/settings") view=sites::SettingsTab ssr=SsrMode::Async/>
                <Route path=path!("/sites/:id/state") view=sites::ChangeStatePage ssr=SsrMode::Async/>
                <Route path=path!("/errors") view=ErrorsPage ssr=SsrMode::Async/>
                <Route path=path!("/errors/hosts") view=InboxPage ssr=SsrMode::Async/>
                <Route path=path!("/errors/live") view=LivePage ssr=SsrMode::Async/>
                <Route path=path!("/errors/:code") view=CodePage ssr=SsrMode::Async/>
                <Route path=path!("/incidents") view=IncidentsPage ssr=SsrMode::Async/>
                <Route path=path!("/incidents/:id") view=IncidentPage ssr=SsrMode::Async/>
                <Route path=path!("/search") view=SearchPage ssr=SsrMode::Async/>
                <Route path=path!("/verifiers") view=VerifiersPage ssr=SsrMode::Async/>
                <Route path=path!("/audit") view=AuditPage ssr=SsrMode::Async/>
                <Route path=path!("/audit/:entry") view=EntryPage ssr=SsrMode::Async/>
                <Route path=path!("/audit/:entry/undo") view=UndoPage ssr=SsrMode::Async/>
                <Route path=path!("/settings/alerts") view=AlertsPage ssr=SsrMode::Async/>
                <Route path=path!("/settings/alerts/:rule") view=RulePage ssr=SsrMode::Async/>
                <Route path=path!("/settings/maintenance") view=MaintenancePage ssr=SsrMode::Async/>
                <Route path=path!("/settings/storage") view=StoragePage ssr=SsrMode::Async/>
                <Route path=path!("/settings/tokens") view=TokensPage ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_pages_have_rare_islands() {
        for path in ["/keys", "/sites/new", "/sites/7/domains"] {
            assert!(has_rare_islands(path), "{path}");
        }
        for path in
            ["/", "/sites", "/sites/7", "/sites/7/domains/allow", "/sites/7/keys", "/domains"]
        {
            assert!(!has_rare_islands(path), "{path}");
        }
    }
}
