//! The tabs that the pages of the settings share.

use leptos::prelude::*;

/// The pages of the settings.
const TABS: [(&str, &str); 4] = [
    ("Tokens", "/settings/tokens"),
    ("Alerts", "/settings/alerts"),
    ("Maintenance", "/settings/maintenance"),
    ("Storage", "/settings/storage"),
];

/// The tabs of the settings.
#[component]
pub fn SettingsTabs(
    /// The path of the present page.
    here: &'static str,
) -> impl IntoView {
    let tabs = TABS.map(|(label, path)| {
        let current = (path == here).then_some("page");
        view! { <li><a href=path aria-current=current>{label}</a></li> }
    });
    view! {
        <nav class="tabs" aria-label="Settings"><ul>{tabs.into_iter().collect_view()}</ul></nav>
    }
}
