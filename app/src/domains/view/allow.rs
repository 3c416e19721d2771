//! The question before a rejected host is allowed.

use super::warning::looked_at_twice;
use crate::auth::rules::way_back;
use crate::domains::allowing::{Effect, Question};
use crate::domains::hosts_api::{AllowHost, allow_path, allow_question};
use crate::domains::{DomainScope, Pattern, Warning};
use crate::error::Refusal;
use crate::sites::model::SiteId;
use crate::ui::confirm::Confirm;
use crate::ui::form::Hidden;
use crate::ui::frame::{Crumb, Frame, NotFoundPage, Section};
use crate::ui::load::{loaded, param, query};
use crate::ui::number::{counted, grouped};
use crate::ui::query::Address;
use crate::ui::range::{Chosen, NAMES, Preset};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/sites/:id/domains/allow?host=…&scope=exact|subdomains&back=…`
#[component]
pub fn AllowHostPage() -> impl IntoView {
    let (Some(site), Some(host)) = (param("id").map(SiteId), query::<String>("host")) else {
        return view! { <NotFoundPage/> }.into_any();
    };
    let include_subdomains = query::<String>("scope").as_deref() == Some("subdomains");
    let back = query::<String>("back")
        .map_or_else(|| format!("/sites/{site}/domains"), |back| way_back(&back).to_owned());
    let address = Address::current();
    let asks = NAMES.iter().any(|name| address.get(name).is_some());
    let chosen = if asks { Chosen::of(&address).0 } else { Chosen::Preset(Preset::Week) };
    let load = allow_question(site, host.clone(), include_subdomains, chosen);
    loaded(load, move |question| page(question, host, include_subdomains, back, chosen)).into_any()
}

fn page(
    question: Question,
    host: String,
    include_subdomains: bool,
    back: String,
    chosen: Chosen,
) -> impl IntoView {
    let Question { flash, site, site_name, version, effect } = question;
    let crumbs = vec![
        Crumb::link("Sites", "/sites"),
        Crumb::link(site_name.clone(), format!("/sites/{site}")),
        Crumb::link("Domains", format!("/sites/{site}/domains")),
        Crumb::here("Allow"),
    ];
    let body = match effect {
        Ok(effect) => {
            let asked = Asked { site, site_name, version, host, include_subdomains, back, chosen };
            confirm(effect, asked).into_any()
        }
        Err(refusal) => refused(&refusal, &host, site, &back).into_any(),
    };
    view! {
        <Frame here=Section::Sites title="Allow a host" crumbs=crumbs flash=flash>
            {body}
        </Frame>
    }
}

/// What is asked, apart from what would follow.
struct Asked {
    site: SiteId,
    site_name: String,
    version: i64,
    host: String,
    include_subdomains: bool,
    back: String,
    chosen: Chosen,
}

fn confirm(effect: Effect, asked: Asked) -> impl IntoView {
    let Asked { site, site_name, version, host, include_subdomains, back, chosen } = asked;
    let named = named(&effect.pattern);
    let title = format!("Allow {named} on {site_name}?");
    let button = format!("Allow {named}");
    let intro = intro(&effect);
    let posing = effect.warnings.iter().any(Warning::is_posing);
    let other_href = allow_path(site, &host, !include_subdomains, &back, Some(chosen));
    let other = other_scope(&effect.pattern, include_subdomains, other_href);
    view! {
        <Confirm
            title=title
            intro=intro
            effects=effects(effect, chosen)
            action=AllowHost::PATH
            button=button
            danger=posing
            back=back
            version=version
        >
            <Hidden name="site" value=site.to_string()/>
            <Hidden name="host" value=host/>
            {include_subdomains.then(|| view! { <Hidden name="include_subdomains" value="true"/> })}
            {other}
        </Confirm>
    }
}

/// `shop.example and its subdomains`
fn named(pattern: &Pattern) -> String {
    match pattern.scope {
        DomainScope::Subdomains => format!("{pattern} and its subdomains"),
        DomainScope::Exact | DomainScope::Preview => pattern.to_string(),
    }
}

fn intro(effect: &Effect) -> impl FnOnce() -> AnyView + Send + 'static + use<> {
    let pattern = effect.pattern.to_string();
    let scope = effect.pattern.scope.label();
    let unicode = effect.pattern.unicode();
    move || {
        view! {
            "The entry "
            <code>{pattern}</code>
            {unicode.map(|unicode| view! { " (" {unicode} ")" })}
            ", "
            {scope}
            ", joins the associated domains. The gate lets it through at once. A sitekey is public and a referer can be forged: allow only what is yours."
        }
        .into_any()
    }
}

fn effects(effect: Effect, chosen: Chosen) -> Vec<AnyView> {
    let mut said = looked_at_twice(&effect.warnings);
    if let Some(by) = effect.covered_by {
        said.push(view! { "It is let through already, by "<code>{by}</code>"." }.into_any());
    }
    said.push(
        view! {
            "Would have let through "
            <strong>{grouped(effect.lets_through)}</strong>
            " of "
            {counted(effect.denied, "denial", "denials")}
            ", "
            {chosen.in_text()}
        }
        .into_any(),
    );
    if effect.hosts.len() > 1 {
        let hosts = effect
            .hosts
            .into_iter()
            .map(|(host, count)| view! { <li><code>{host}</code>" "{grouped(count)}</li> })
            .collect_view();
        said.push(view! { "The most denied of them:"<ul>{hosts}</ul> }.into_any());
    }
    if let Some(nearest) = effect.nearest {
        said.push(view! { "Now it is denied: "{nearest}"." }.into_any());
    }
    for note in effect.notes {
        said.push(note.into_any());
    }
    said
}

/// The way to the same question with or without subdomains.
fn other_scope(pattern: &Pattern, include_subdomains: bool, href: String) -> impl IntoView + use<> {
    let label = if include_subdomains {
        format!("Allow only {pattern} instead")
    } else {
        format!("Allow {pattern} with its subdomains instead")
    };
    view! { <p><a href=href>{label}</a></p> }
}

/// The host cannot be an entry: why, and the nearest thing that can.
fn refused(refusal: &Refusal, host: &str, site: SiteId, back: &str) -> impl IntoView + use<> {
    let instead = refusal.suggestion.clone().map(|suggestion| {
        let href = allow_path(site, &suggestion, false, back, None);
        view! { <a class="btn" href=href>{format!("Allow {suggestion}…")}</a> }
    });
    view! {
        <section class="panel confirm">
            <h1>{format!("{host} cannot be allowed")}</h1>
            <p>{refusal.message.clone()}</p>
            <div class="form-foot">
                {instead}
                <a class="btn quiet" href=back.to_owned()>"Back"</a>
            </div>
        </section>
    }
}
