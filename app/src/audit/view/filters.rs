//! What is looked for in the trail.

use crate::audit::model::{Action, Filter};
use crate::audit::query::{Edge, written};
use crate::ui::query::Address;
use leptos::prelude::*;

/// The form above the trail. It leads to a page whose address says what is looked for.
#[component]
pub fn Filters(
    /// What is looked for now.
    filter: Filter,
    /// Whom the trail knows.
    actors: Vec<String>,
) -> impl IntoView {
    let address = Address::current();
    let path = address.path().to_owned();
    let narrows = filter.narrows();
    let csv = Address::new("/audit.csv", filter.pairs()).href();
    let Filter { who, action, site, from, to, text, request, batch } = filter;
    // On a page of one site, the site stands in the path.
    let site = site.filter(|_| address.get("site").is_some());
    let hidden = [
        ("site", site.map(|site| site.to_string())),
        ("request", request),
        ("batch", batch.map(|batch| batch.0.to_string())),
    ];
    let hidden = hidden.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let hidden = hidden.map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    let from = from.map(|from| written(from, Edge::Start)).unwrap_or_default();
    let to = to.map(|to| written(to, Edge::End)).unwrap_or_default();
    view! {
        <form class="filters" method="get" role="search">
            {hidden.collect_view()}
            <input
                type="search"
                name="q"
                aria-label="Search what was changed"
                placeholder="Host, name or key"
                value=text.unwrap_or_default()
            />
            <Who who actors/>
            <Actions action/>
            <label class="filter">"From "<input type="date" name="from" value=from/></label>
            <label class="filter">"to "<input type="date" name="to" value=to/></label>
            <button>"Filter"</button>
            {narrows.then(|| view! { <a class="btn quiet" href=path>"Clear"</a> })}
            <a class="btn quiet" href=csv download rel="external">"Export CSV"</a>
        </form>
    }
}

#[component]
fn Who(who: Option<String>, actors: Vec<String>) -> impl IntoView {
    // Somebody who never did anything can still be asked for.
    let stranger = who.clone().filter(|who| !actors.contains(who));
    let option = |name: String| {
        let selected = who.as_deref() == Some(name.as_str());
        view! { <option value=name.clone() selected=selected>{name.clone()}</option> }
    };
    let options = stranger.into_iter().chain(actors).map(option).collect_view();
    view! {
        <select name="who" aria-label="Who">
            <option value="">"Anybody"</option>
            {options}
        </select>
    }
}

#[component]
fn Actions(action: Option<String>) -> impl IntoView {
    let is = |value: &str| action.as_deref() == Some(value);
    let mut nouns: Vec<&'static str> = Action::ALL.iter().map(|action| action.noun()).collect();
    nouns.dedup();
    let groups = nouns.into_iter().map(|noun| {
        let of_noun = Action::ALL.iter().filter(|action| action.noun() == noun);
        let options = of_noun.map(|action| {
            let name = action.as_str();
            view! { <option value=name selected=is(name)>{name}</option> }
        });
        let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        let any = format!("Any change of {article} {noun}");
        view! {
            <optgroup label=noun>
                <option value=noun selected=is(noun)>{any}</option>
                {options.collect_view()}
            </optgroup>
        }
    });
    view! {
        <select name="action" aria-label="Action">
            <option value="">"Any change"</option>
            {groups.collect_view()}
        </select>
    }
}
