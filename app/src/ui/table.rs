//! What every table shares.

use leptos::prelude::*;

/// The box a table scrolls in when it is wider than the screen.
#[component]
pub fn TableWrap(
    /// What the table holds.
    #[prop(into)]
    label: String,
    /// The table.
    children: Children,
) -> impl IntoView {
    view! { <div class="table-wrap" role="group" aria-label=label tabindex="0">{children()}</div> }
}

/// The head of a column of buttons, which has no visible name.
#[component]
pub fn ActionsHead() -> impl IntoView {
    view! { <th scope="col"><span class="visually-hidden">"Actions"</span></th> }
}

/// The foot of a list that is read in pages: what is shown, and the way to the rest.
#[component]
pub fn Pager(
    /// What is shown: `50 sites`.
    #[prop(into)]
    shown: String,
    /// The address of the first page, when this is another.
    first: Option<String>,
    /// The address of the page before this one, when there is one.
    #[prop(optional_no_strip)]
    previous: Option<String>,
    /// The address of the page after this one, when there is one.
    next: Option<String>,
    /// The words of the link to it.
    #[prop(default = "Next")]
    next_label: &'static str,
) -> impl IntoView {
    let paged = first.is_some() || previous.is_some() || next.is_some();
    let links = paged.then(|| {
        view! {
            <nav class="pager" aria-label="Pages">
                {first.map(|href| view! { <a class="btn small" href=href>"First page"</a> })}
                {previous.map(|href| view! { <a class="btn small" rel="prev" href=href>"Previous"</a> })}
                {next.map(|href| view! { <a class="btn small" rel="next" href=href>{next_label}</a> })}
            </nav>
        }
    });
    view! { <div class="panel-foot"><span>{shown}</span>{links}</div> }
}
