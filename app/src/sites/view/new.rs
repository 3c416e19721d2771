//! Making a site.

use crate::auth::rules::query_value;
use crate::domains::view::{DomainsField, Typed};
use crate::sites::api::{CreateSite, new_site_page};
use crate::ui::form::Field;
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::load::{loaded, query};
use leptos::prelude::*;
use server_fn::ServerFn;

/// The form that makes a site.
#[component]
pub fn NewSitePage() -> impl IntoView {
    loaded(new_site_page(), |flash| {
        let refusal = flash.as_ref().and_then(|flash| flash.refusal_of("new-site")).cloned();
        let typed = flash.as_ref().and_then(|flash| flash.typed_in("new-site", "name"));
        let name = typed.map_or_else(|| query("name").unwrap_or_default(), ToOwned::to_owned);
        // A suggestion leads back here and must not lose the name.
        let path = format!("/sites/new?name={}", query_value(&name));
        let domains = Typed::of(flash.as_ref(), "new-site");
        let crumbs = vec![Crumb::link("Sites", "/sites"), Crumb::here("New")];
        view! {
            <Frame here=Section::Sites title="Create a site" crumbs flash=flash>
                <div class="page-head"><h1>"Create a site"</h1></div>
                <section class="panel" aria-label="New site">
                    <div class="pad">
                        <form class="form" method="post" action=CreateSite::PATH>
                            <Field
                                label="Name"
                                name="name"
                                value=name
                                hint="For you and your colleagues. It can change later."
                                maxlength=120
                                refusal=refusal
                            />
                            <DomainsField site=None typed=domains path/>
                            <div class="form-foot">
                                <button class="primary">"Create site"</button>
                                <a class="btn quiet" href="/sites">"Cancel"</a>
                            </div>
                        </form>
                    </div>
                </section>
            </Frame>
        }
    })
}
