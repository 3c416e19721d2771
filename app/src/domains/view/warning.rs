//! Reasons to look twice, as badges.

use crate::domains::Warning;
use leptos::prelude::*;

/// A badge for each warning, with its sentence on hover; nothing without any.
#[component]
pub fn WarningTags(
    /// The warnings.
    warnings: Vec<Warning>,
) -> impl IntoView {
    warnings
        .into_iter()
        .map(|warning| {
            let class = match warning {
                Warning::LookAlike { .. } | Warning::Suspected { .. } => "tag bad",
                Warning::NewToday => "tag",
                _ => "tag warn",
            };
            view! { " "<span class=class title=warning.message()>{warning.badge()}</span> }
        })
        .collect_view()
}

/// The same as lines of a confirm page, each with its sentence.
pub(super) fn looked_at_twice(warnings: &[Warning]) -> Vec<AnyView> {
    let line = |warning: &Warning| {
        let message = warning.message();
        view! { <span class="tag warn">{warning.badge()}</span>" "{message} }.into_any()
    };
    warnings.iter().map(line).collect()
}
