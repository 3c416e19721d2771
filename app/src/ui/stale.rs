//! A save that came too late: both versions side by side, and the ways on.

use super::flash::Flash;
use crate::error::STALE;
use leptos::prelude::*;

/// A value in both versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// What it is.
    pub label: &'static str,
    /// What the operator sent.
    pub mine: String,
    /// What somebody else made of it meanwhile.
    pub theirs: String,
}

/// Whether `form` was refused because it was sent from an outdated page.
pub fn is_stale(flash: Option<&Flash>, form: &str) -> bool {
    flash.and_then(|flash| flash.refusal_of(form)).is_some_and(|refusal| refusal.code == STALE)
}

/// Both versions of what a stale form would have saved, with a form that saves the operator's over the
/// other. To merge the two by hand, the page's own form stands beneath with what was typed.
#[component]
pub fn Stale(
    /// The values, as the form has them.
    values: Vec<Versions>,
    /// Where the form goes.
    action: &'static str,
    /// The page without what was typed.
    #[prop(into)]
    keep: String,
    /// The hidden inputs of the form: the operator's values, and the present version.
    children: Children,
) -> impl IntoView {
    let same = values.iter().all(|value| value.mine == value.theirs);
    let rows = values.into_iter().map(|Versions { label, mine, theirs }| {
        let differs = (mine != theirs).then_some("differs");
        view! {
            <tr class=differs>
                <th scope="row">{label}</th>
                <td data-label="Yours">{mine}</td>
                <td data-label="Now">{theirs}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let save = (!same).then(|| {
        view! {
            <form method="post" action=action>
                {children()}
                <button>"Save mine over it"</button>
            </form>
        }
    });
    view! {
        <div class="stale" role="group" aria-label="Both versions">
            <p>
                {if same {
                    "Somebody saved the same before you: there is nothing left to do."
                } else {
                    "Not saved. Both versions, side by side; or merge them in the form below and save that."
                }}
            </p>
            <table class="table stacked">
                <thead>
                    <tr>
                        <td></td>
                        <th scope="col">"Yours"</th>
                        <th scope="col">"Now"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <div class="actions">
                {save}
                <a class="btn quiet" href=keep>"Keep theirs"</a>
            </div>
        </div>
    }
}
