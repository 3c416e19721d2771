//! What goes on at a site, on its own page.

use super::IncidentList;
use crate::incidents::api::{PATH, incidents_of_site};
use crate::incidents::pages::OpenIncidents;
use crate::sites::model::SiteId;
use crate::ui::load::part;
use leptos::prelude::*;

/// The incidents of a site that go on, each with its cause and the way to its fix; nothing where there
/// are none.
#[component]
pub fn SiteIncidents(
    /// The site.
    site: SiteId,
) -> impl IntoView {
    part("Incidents now", incidents_of_site(site), move |OpenIncidents { now, incidents }| {
        let all = format!("{PATH}?site={site}");
        (!incidents.is_empty()).then(|| {
            view! {
                <section class="panel" aria-labelledby="incidents-now">
                    <div class="panel-head"><h2 id="incidents-now">"Incidents now"</h2></div>
                    <IncidentList incidents now/>
                    <div class="panel-foot"><a href=all>"All incidents of this site"</a></div>
                </section>
            }
        })
    })
}
