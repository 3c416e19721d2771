//! What is asked: a form, and what is chosen as links that take it away.

use super::noun;
use crate::codes::explorer::model::{NAMES, NO_REFERER, Report};
use crate::codes::is_unrecognised;
use crate::codes::model::{Code, Family};
use crate::domains::rejected::in_words;
use crate::stats::model::{Comparison, Filter, GroupBy, Key};
use crate::ui::query::Address;
use leptos::prelude::*;

/// The most sources that are chosen from a list.
const MOST_SOURCES: usize = 100;

/// The form.
#[component]
pub(super) fn Filters(report: Report, address: Address) -> impl IntoView {
    let wanted = &report.wanted;
    let Filter { site, code, host, sitekey, source, .. } = wanted.filter.clone();
    let by = GroupBy::ALL.map(|by| {
        let label = format!("by {}", noun(by).0);
        view! { <option value=by.name() selected=wanted.by == by>{label}</option> }
    });
    let sites = report.sites.iter().map(|(id, name)| {
        view! { <option value=id.to_string() selected=site == Some(id.0)>{name.clone()}</option> }
    });
    let of_family = |family: Family, label: &'static str| {
        let codes = Code::ALL.into_iter().filter(|code| code.entry().family == family).map(|of| {
            let chosen = code.as_deref() == Some(of.as_str());
            view! { <option value=of.as_str() selected=chosen>{of.as_str()}</option> }
        });
        view! { <optgroup label=label>{codes.collect_view()}</optgroup> }
    };
    let mut unrecognised: Vec<String> = report
        .groups
        .iter()
        .filter_map(|group| match &group.key {
            Key::Name(name) if wanted.by == GroupBy::Code && is_unrecognised(name) => {
                Some(name.clone())
            }
            _ => None,
        })
        .chain(code.clone().filter(|code| is_unrecognised(code)))
        .collect();
    unrecognised.sort_unstable();
    unrecognised.dedup();
    let unrecognised = (!unrecognised.is_empty()).then(|| {
        let codes = unrecognised.into_iter().map(|of| {
            let chosen = code.as_deref() == Some(of.as_str());
            view! { <option value=of.clone() selected=chosen>{of.clone()}</option> }
        });
        view! { <optgroup label="Unrecognised">{codes.collect_view()}</optgroup> }
    });
    let sources = report.sources.iter().take(MOST_SOURCES).cloned();
    let unlisted = source.clone().filter(|source| !report.sources.contains(source));
    let sources = sources.chain(unlisted).map(|of| {
        let chosen = source.as_deref() == Some(of.as_str());
        view! { <option value=of.clone() selected=chosen>{of.clone()}</option> }
    });
    let compare = [
        (None, "No comparison"),
        (Some(Comparison::Previous), "vs. time before"),
        (Some(Comparison::Week), "vs. week before"),
    ]
    .map(|(comparison, label)| {
        let value = comparison.map_or("", Comparison::name);
        view! { <option value=value selected=wanted.compare == comparison>{label}</option> }
    });
    let host = host.map(|host| if host.is_empty() { NO_REFERER.to_owned() } else { host });
    let mut taken: Vec<&str> = NAMES.to_vec();
    taken.retain(|name| *name != "as");
    taken.extend(["hide", "table"]);
    let is_only = |chosen: Option<i64>| site == chosen;
    view! {
        <form class="filters explore" method="get" action="/errors" aria-label="What is shown">
            {address.without(&taken).hidden_inputs()}
            <select name="by" aria-label="Told apart by">{by.into_iter().collect_view()}</select>
            <select name="site" aria-label="Site">
                <option value="" selected=is_only(None)>"All sites"</option>
                <option value="0" selected=is_only(Some(0))>"Unattributed"</option>
                {sites.collect_view()}
            </select>
            <select name="code" aria-label="Code">
                <option value="" selected=code.is_none()>"All errors"</option>
                {of_family(Family::Web, "Web")}
                {of_family(Family::Server, "Server")}
                {unrecognised}
            </select>
            <input name="host" value=host placeholder="Any host" aria-label="Host" maxlength="253" spellcheck="false" autocomplete="off"/>
            <input name="sitekey" value=sitekey placeholder="Any sitekey" aria-label="Sitekey" maxlength="128" spellcheck="false" autocomplete="off"/>
            <select name="source" aria-label="Source">
                <option value="" selected=source.is_none()>"All sources"</option>
                {sources.collect_view()}
            </select>
            <select name="compare" aria-label="Compare with">{compare.into_iter().collect_view()}</select>
            <button>"Show"</button>
        </form>
    }
}

/// What is chosen, each with the way to be rid of it.
#[component]
pub(super) fn Chosen(report: Report, address: Address) -> impl IntoView {
    let filter = &report.wanted.filter;
    let host = filter.host.as_deref().map(|host| in_words(host).unwrap_or(host).to_owned());
    let chosen: Vec<(&str, String)> = [
        ("code", filter.code.clone()),
        ("site", report.site_name()),
        ("host", host),
        ("sitekey", filter.sitekey.clone()),
        ("source", filter.source.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect();
    if chosen.is_empty() {
        return ().into_any();
    }
    let several = chosen.len() > 1;
    let rest = address.without(&["hide"]);
    let links = chosen
        .into_iter()
        .map(|(name, value)| {
            let href = rest.without(&[name]).href();
            let label = format!("Remove {name} {value}");
            view! {
                <li>
                    <a class="chip" href=href aria-label=label title="Remove">
                        <span class="muted">{name}</span>" "<span class="mono">{value}</span><span aria-hidden="true">" ×"</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    let none = rest.without(&["code", "site", "host", "sitekey", "source", "by"]);
    view! {
        <ul class="chips" aria-label="Chosen">
            {links}
            {several.then(|| view! { <li><a class="chip" href=none.href()>"Remove all"</a></li> })}
        </ul>
    }
    .into_any()
}
