//! The demo's two buttons.

use super::api::{LoadDemo, RemoveDemo};
use crate::ui::form::Hidden;
use leptos::prelude::*;
use server_fn::ServerFn;

/// Says that samples are loaded, and removes them. To stand on top of a page while they are.
#[component]
pub fn DemoBanner(
    /// Where the button leads back to.
    #[prop(into)]
    back: String,
) -> impl IntoView {
    view! {
        <section class="flash info" aria-label="Sample data">
            <p>"Sample data is loaded: sites and traffic marked \u{201c}Sample\u{201d} are made up."</p>
            <form method="post" action=RemoveDemo::PATH>
                <Hidden name="back" value=back/>
                <button class="small" type="submit">"Remove sample data"</button>
            </form>
        </section>
    }
}

/// Loads the samples, on a console that has no site yet.
#[component]
pub fn LoadDemoButton(
    /// Where the button leads back to.
    #[prop(into)]
    back: String,
) -> impl IntoView {
    view! {
        <form method="post" action=LoadDemo::PATH>
            <Hidden name="back" value=back/>
            <button type="submit">"Load sample data"</button>
        </form>
    }
}
