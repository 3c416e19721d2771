//! The page before a key is revoked.

use super::about::{named, of_wanted, traffic};
use super::confirm::KeyConfirm;
use crate::keys::api::{RevokeKey, key_page};
use crate::keys::model::{KeyKind, KeyState};
use crate::keys::pages::{KeyPageData, key_path};
use crate::sites::view::frame::site_id;
use crate::ui::load::loaded;
use leptos::prelude::*;
use server_fn::ServerFn;

/// Ends a sitekey or a secret at once, for good.
#[component]
pub fn RevokePage() -> impl IntoView {
    of_wanted(|key| {
        loaded(key_page(site_id(), Some(key)), move |data: KeyPageData| {
            let KeyPageData { head, key, used, hosts } = data;
            let intro = match key.id.kind {
                KeyKind::Sitekey => {
                    "From then on the gate answers sitekey_invalid to every request with it."
                }
                KeyKind::Secret => {
                    "From then on it proves nothing: a server that still uses it cannot verify answers."
                }
            };
            let mut effects = traffic(used.as_ref(), &key, &hosts, head.now);
            let instead = (key.state == KeyState::Retiring).then(|| {
                let href = key_path(head.site.id, "grace", key.id);
                view! { " Ending its grace can: "<a href=href>"change the grace"</a> }
            });
            effects.push(view! { <strong>"This cannot be undone."</strong>{instead} }.into_any());
            view! {
                <KeyConfirm
                    site=head.site
                    flash=head.flash
                    key=key.id
                    here="Revoke"
                    title=format!("Revoke {}", named(&key))
                    intro
                    effects
                    action=RevokeKey::PATH
                    danger=true
                />
            }
        })
    })
}
