//! The pages of alert rules: the list with a form for a new one, and a rule with its log.

mod fields;
mod list;
mod log;
mod rule;

pub use fields::OptionalField;
pub use list::AlertsPage;
pub use rule::RulePage;

use super::api::TestRule;
use super::model::{Delivery, Rule, RuleId, Sites};
use crate::ui::form::Hidden;
use leptos::prelude::*;
use server_fn::ServerFn;

/// Which sites' incidents a rule tells, in words.
fn sites_of(rule: &Rule) -> AnyView {
    match &rule.sites {
        Sites::All => "All sites".into_any(),
        Sites::Tagged(tag) => view! { "Tagged "<span class="tag">{tag.clone()}</span> }.into_any(),
        Sites::One(id) => {
            // Several sites may have this name.
            let name = rule.site_name.clone().unwrap_or_default();
            view! { <a href=format!("/sites/{id}")>{name}" (site "{id.to_string()}")"</a> }
                .into_any()
        }
    }
}

/// Whether a message arrived, as a badge.
fn outcome(delivery: &Delivery) -> impl IntoView + use<> {
    let (class, word) = match (delivery.problem, delivery.next_at) {
        (None, _) => ("badge ok", "Delivered"),
        (Some(_), Some(_)) => ("badge warn", "Failed, tried again"),
        (Some(_), None) => ("badge bad", "Failed"),
    };
    view! { <span class=class>{word}</span> }
}

/// The button that sends a test.
#[component]
fn TestButton(id: RuleId, name: String, #[prop(optional)] small: bool) -> impl IntoView {
    let label = format!("Send a test by {name}");
    view! {
        <form method="post" action=TestRule::PATH>
            <Hidden name="id" value=id.0.to_string()/>
            <button class=small.then_some("small") aria-label=label>{if small { "Test" } else { "Send a test" }}</button>
        </form>
    }
}
