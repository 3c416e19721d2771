//! The page before a dangerous action: what it will do, in numbers, and the button that does it.

use super::form::Hidden;
use crate::auth::rules::way_back;
use leptos::prelude::*;

/// A question with what follows from it, and a real form.
#[component]
pub fn Confirm(
    /// The question: `Pause shop.example?`
    #[prop(into)]
    title: String,
    /// What will hold afterwards.
    #[prop(into)]
    intro: ViewFnOnce,
    /// What it does to the traffic, one effect a line.
    effects: Vec<AnyView>,
    /// Where the form goes.
    action: &'static str,
    /// The button, which names the thing: `Pause shop.example`.
    #[prop(into)]
    button: String,
    /// Whether the button is red.
    #[prop(optional)]
    danger: bool,
    /// The page to return to, either way. It may come from the address: what leads elsewhere is not followed.
    #[prop(into)]
    back: String,
    /// The version of the site the numbers were read of; none when it is not one site's.
    #[prop(optional)]
    version: Option<i64>,
    /// The rest of the form: hidden inputs, and fields if there is something to choose.
    children: Children,
) -> impl IntoView {
    let back = way_back(&back).to_owned();
    let effects = effects.into_iter().map(|effect| view! { <li>{effect}</li> }).collect_view();
    view! {
        <section class="panel confirm">
            <h1>{title}</h1>
            <p>{intro.run()}</p>
            <ul class="effects">{effects}</ul>
            <form method="post" action=action class="stack-m">
                {version.map(|version| view! { <Hidden name="version" value=version.to_string()/> })}
                <Hidden name="back" value=back.clone()/>
                {children()}
                <div class="form-foot">
                    <button class=if danger { "danger primary" } else { "primary" }>{button}</button>
                    <a class="btn quiet" href=back>"Cancel"</a>
                </div>
            </form>
        </section>
    }
}
