//! The forms that issue one more key, and that call a key something else.

use super::about::{KeyFrame, KeyInputs, named, of_wanted, place};
use crate::keys::api::{IssueKey, LabelKey, key_page};
use crate::keys::model::{KeyKind, LONGEST_LABEL};
use crate::keys::pages::KeyPageData;
use crate::sites::api::overview_page;
use crate::sites::model::Site;
use crate::sites::pages::SiteHead;
use crate::sites::view::frame::{Tab, site_id};
use crate::ui::flash::Flash;
use crate::ui::form::{FieldError, Hidden, described_by};
use crate::ui::load::{loaded, query};
use leptos::prelude::*;
use server_fn::ServerFn;

/// Issues one more sitekey, or one more secret with `?kind=secret`.
#[component]
pub fn IssuePage() -> impl IntoView {
    let kind = query("kind").unwrap_or(KeyKind::Sitekey);
    loaded(overview_page(site_id()), move |head: SiteHead| {
        let SiteHead { site, flash, .. } = head;
        let title = format!("Issue another {kind}");
        let shown = if kind == KeyKind::Secret { " and shown to you once" } else { "" };
        let told = format!(
            "It is accepted beside the others{shown}: one for each place that holds it {} lets you replace them one by one.",
            place(kind)
        );
        view! {
            <KeyFrame site=site.clone() flash=flash.clone() here="Issue" title=title.clone()>
                <section class="panel confirm">
                    <h1>{title.clone()}</h1>
                    <p>{told}</p>
                    <form class="form" method="post" action=IssueKey::PATH>
                        <Hidden name="site" value=site.id.to_string()/>
                        <Hidden name="kind" value=kind.as_str()/>
                        <LabelField form="issue-key" value=String::new() flash/>
                        <FormFoot site button=title/>
                    </form>
                </section>
            </KeyFrame>
        }
    })
}

/// Calls a key something else.
#[component]
pub fn LabelPage() -> impl IntoView {
    of_wanted(|key| {
        loaded(key_page(site_id(), Some(key)), move |KeyPageData { head, key, .. }| {
            let SiteHead { site, flash, .. } = head;
            let title = format!("Label {}", named(&key));
            view! {
                <KeyFrame site=site.clone() flash=flash.clone() here="Label" title=title.clone()>
                    <section class="panel confirm">
                        <h1>{title}</h1>
                        <form class="form" method="post" action=LabelKey::PATH>
                            <KeyInputs site=site.id key=key.id/>
                            <LabelField form="label-key" value=key.label flash/>
                            <FormFoot site button="Save the label".to_owned()/>
                        </form>
                    </section>
                </KeyFrame>
            }
        })
    })
}

#[component]
fn FormFoot(site: Site, button: String) -> impl IntoView {
    let back = Tab::Keys.path(site.id);
    view! {
        <Hidden name="version" value=site.version.to_string()/>
        <Hidden name="back" value=back.clone()/>
        <div class="form-foot">
            <button class="primary">{button}</button>
            <a class="btn quiet" href=back>"Cancel"</a>
        </div>
    }
}

#[component]
fn LabelField(
    form: &'static str,
    value: String,
    #[prop(optional_no_strip)] flash: Option<Flash>,
) -> impl IntoView {
    let typed = flash.as_ref().and_then(|flash| flash.typed_in(form, "label"));
    let value = typed.map_or(value, ToOwned::to_owned);
    let refusal = flash.as_ref().and_then(|flash| flash.refusal_of(form)).cloned();
    let refusal = refusal.filter(|refusal| refusal.field == "label");
    let error_id = refusal.as_ref().map(|_| "label-error".to_owned());
    let described = described_by(&[&Some("label-hint".to_owned()), &error_id]);
    view! {
        <div class="field">
            <label for="label">"Label"</label>
            <p class="hint" id="label-hint">
                "What holds it, as in “Android app”. May be empty; nobody outside sees it."
            </p>
            <input
                id="label"
                name="label"
                value=value
                maxlength=LONGEST_LABEL
                autocomplete="off"
                aria-describedby=described
                aria-invalid=refusal.is_some().then_some("true")
            />
            <FieldError id=error_id.unwrap_or_default() refusal/>
        </div>
    }
}
