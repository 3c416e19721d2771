//! What the last form did, at the top of the page that follows it.

use super::flash::Flash;
use crate::audit::view::UndoButton;
use leptos::prelude::*;

/// The message of a flash. A refusal is told here in short, for it may stand at a field further down,
/// or concern none.
#[component]
pub fn FlashMessage(
    /// The outcome of the last form.
    flash: Flash,
) -> impl IntoView {
    match flash {
        Flash::Done(done) => view! {
            <div class="flash ok" role="status">
                <p>{done.message}</p>
                {done.undo.map(|entry| view! { <UndoButton entry all=true/> })}
            </div>
        }
        .into_any(),
        Flash::Refused { refusal, .. } => view! {
            <div class="flash bad" role="alert">
                <p><strong>"Not done. "</strong>{refusal.message}</p>
            </div>
        }
        .into_any(),
        Flash::Failed { message } => view! {
            <div class="flash bad" role="alert"><p><strong>"Failed. "</strong>{message}</p></div>
        }
        .into_any(),
    }
}
