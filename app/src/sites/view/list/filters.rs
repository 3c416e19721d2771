//! What the list of sites is filtered by.

use super::super::super::list::{Only, Order, Wanted};
use crate::sites::model::SiteState;
use crate::sites::pages::SitesPageData;
use crate::ui::number::grouped;
use leptos::prelude::*;

/// A form that gets the page again. The page's script sends it as one types.
#[component]
pub(super) fn Filters(data: SitesPageData) -> impl IntoView {
    let SitesPageData { wanted, order, by_state, tags, .. } = data;
    let Wanted { search, state, tag, only } = wanted;
    let [active, paused, deleted] = by_state;
    let states = [
        (None, "Active and paused", active + paused),
        (Some(SiteState::Active), "Active", active),
        (Some(SiteState::Paused), "Paused", paused),
        (Some(SiteState::Deleted), "Deleted", deleted),
    ];
    let states = states.map(|(value, label, count)| {
        view! {
            <option value=value.map_or("", SiteState::as_str) selected=value == state>
                {label}" ("{grouped(count)}")"
            </option>
        }
    });
    let onlys = Only::ALL.map(|value| {
        view! { <option value=value.as_str() selected=only == Some(value)>{value.label()}</option> }
    });
    view! {
        <form id="filters" class="filters" method="get" action="/sites" role="search">
            <input
                type="search"
                name="q"
                aria-label="Search sites"
                placeholder="Name, domain or sitekey"
                autocomplete="off"
                value=search
            />
            <select name="state" aria-label="State">{states.into_iter().collect_view()}</select>
            <Tags tags tag/>
            <select name="only" aria-label="Traffic and hosts">
                <option value="">"Any traffic"</option>
                {onlys.into_iter().collect_view()}
            </select>
            {(order != Order::default())
                .then(|| view! { <input type="hidden" name="order" value=order.as_str()/> })}
            <button>"Filter"</button>
        </form>
    }
}

/// The tags there are; one that is asked for and on no site stands there, too.
#[component]
fn Tags(
    mut tags: Vec<(String, i64)>,
    #[prop(optional_no_strip)] tag: Option<String>,
) -> impl IntoView {
    if let Some(tag) = &tag
        && !tags.iter().any(|(of, _)| of == tag)
    {
        tags.push((tag.clone(), 0));
    }
    (!tags.is_empty()).then(|| {
        let options = tags.into_iter().map(|(of, count)| {
            let selected = tag.as_ref() == Some(&of);
            let label = format!("{of} ({})", grouped(count));
            view! { <option value=of selected=selected>{label}</option> }
        });
        view! {
            <select name="tag" aria-label="Tag">
                <option value="">"Any tag"</option>
                {options.collect_view()}
            </select>
        }
    })
}
