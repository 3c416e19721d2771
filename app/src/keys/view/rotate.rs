//! The pages before a key is replaced, and before that is taken back.

use super::about::{GraceField, named, of_wanted, place, traffic, wanted};
use super::confirm::KeyConfirm;
use crate::keys::api::{RotateKey, TakeRotationBack, key_page, rotation_page};
use crate::keys::model::KeyKind;
use crate::keys::pages::{KeyPageData, RotationData};
use crate::keys::rules::USUAL_GRACE_DAYS;
use crate::sites::view::frame::site_id;
use crate::ui::key::shorten;
use crate::ui::load::loaded;
use crate::ui::number::counted;
use crate::ui::time::Until;
use leptos::prelude::*;
use server_fn::ServerFn;

/// Replaces a sitekey or a secret, with a grace for the old one.
#[component]
pub fn RotatePage() -> impl IntoView {
    loaded(key_page(site_id(), wanted()), move |data: KeyPageData| {
        let KeyPageData { head, key, used, hosts } = data;
        let kind = key.id.kind;
        let shown = if kind == KeyKind::Secret { " and shown to you once" } else { "" };
        let intro = format!(
            "A new {kind} is accepted at once{shown}. Put it {} while the old one is still accepted.",
            place(kind)
        );
        let mut effects = traffic(used.as_ref(), &key, &hosts, head.now);
        effects
            .push("The old one is refused when its grace ends, or when you revoke it".into_any());
        effects.push("Within the grace you can take the rotation back".into_any());
        let flash = head.flash.clone();
        view! {
            <KeyConfirm
                site=head.site
                flash=head.flash
                key=key.id
                here="Rotate"
                title=format!("Rotate {}", named(&key))
                intro
                effects
                action=RotateKey::PATH
            >
                <GraceField
                    label="Accept the old one for".to_owned()
                    hint="0 revokes it at once, for good."
                    usual=USUAL_GRACE_DAYS
                    form="rotate"
                    flash
                />
            </KeyConfirm>
        }
    })
}

/// Takes a rotation back: the old key is active again, the new one revoked.
#[component]
pub fn TakeBackPage() -> impl IntoView {
    of_wanted(|new| {
        loaded(rotation_page(site_id(), new), move |data: RotationData| {
            let RotationData { head, old, new, crossing } = data;
            let kind = new.id.kind;
            let intro = format!(
                "The old {kind} {} is active again, and the new one is revoked for good.",
                shorten(&old.name())
            );
            let breaks = breaks(crossing.map(|crossing| crossing.last_day.new));
            let until = old.retires_at.filter(|_| old.in_grace(head.now)).map(|at| {
                view! { "Possible until the old one's grace ends, "<Until at now=head.now/> }
                    .into_any()
            });
            let effects = [Some(breaks), until].into_iter().flatten().collect();
            view! {
                <KeyConfirm
                    site=head.site
                    flash=head.flash
                    key=new.id
                    here="Take back"
                    title=format!("Take back the rotation to {}", named(&new))
                    intro
                    effects
                    action=TakeRotationBack::PATH
                    danger=true
                />
            }
        })
    })
}

/// What revoking the new key breaks, given the requests that came with it in the last 24 hours; they
/// are unknown of a secret.
fn breaks(requests: Option<i64>) -> AnyView {
    match requests {
        Some(0) => "No request of the last 24 hours came with the new sitekey".into_any(),
        Some(requests) => view! {
            "Denies "
            <strong>{counted(requests, "request", "requests")}</strong>
            " like those that came with the new sitekey in the last 24 hours"
        }
        .into_any(),
        None => "A server that uses the new secret already can no longer verify answers with it"
            .into_any(),
    }
}
