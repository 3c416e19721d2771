//! The page before a key is changed: one frame for all changes.

use super::about::{KeyFrame, KeyInputs};
use crate::keys::model::KeyId;
use crate::sites::model::Site;
use crate::sites::view::frame::Tab;
use crate::ui::confirm::Confirm;
use crate::ui::flash::Flash;
use leptos::prelude::*;

/// Asks whether a key is to be changed, says what follows, and has the form that does it.
#[component]
pub(super) fn KeyConfirm(
    /// The site.
    site: Site,
    /// The outcome of the last form.
    #[prop(optional_no_strip)]
    flash: Option<Flash>,
    /// The key the form is about.
    key: KeyId,
    /// The change in a word or two, for the crumbs.
    here: &'static str,
    /// What the button does: `Revoke sitekey site_4Gh7Qa…Kq2Z`. With a question mark it is the heading.
    title: String,
    /// What will hold afterwards.
    #[prop(into)]
    intro: String,
    /// What it does to the traffic, one effect a line.
    effects: Vec<AnyView>,
    /// Where the form goes.
    action: &'static str,
    /// Whether the button is red.
    #[prop(optional)]
    danger: bool,
    /// What there is to choose.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let id = site.id;
    let version = site.version;
    view! {
        <KeyFrame site flash here title=title.clone()>
            <Confirm
                title=format!("{title}?")
                intro=move || intro
                effects
                action
                button=title
                danger
                back=Tab::Keys.path(id)
                version
            >
                <KeyInputs site=id key/>
                {children.map(|children| children())}
            </Confirm>
        </KeyFrame>
    }
}
