//! A site's numbers, and what was changed.

use super::frame::{SiteFrame, Tab, site_id};
use super::tombstone::AfterDelete;
use crate::audit::view::{Filters, TrailTable, asked};
use crate::domains::view::rejected::RejectedHosts;
use crate::gate::DenyCode;
use crate::incidents::view::SiteIncidents;
use crate::sites::api::{activity_page, overview_page};
use crate::sites::model::SiteState;
use crate::sites::pages::ActivityData;
use crate::stats::view::SiteStats;
use crate::ui::load::loaded;
use crate::ui::query::Address;
use crate::ui::range::{Chosen, RangeNote, RangePicker};
use leptos::prelude::*;

/// Attempts, errors and rejected hosts of a site.
#[component]
pub fn OverviewTab() -> impl IntoView {
    let site = site_id();
    let address = Address::current();
    loaded(overview_page(site), move |head| {
        let (chosen, problem) = Chosen::of(&address);
        let range = chosen.resolve(head.now);
        let tools = view! { <RangePicker address chosen range/> }.into_any();
        let deleted = head.site.state == SiteState::Deleted;
        // Who still calls a deleted site stands above.
        let code = deleted.then_some(DenyCode::RefererDenied);
        view! {
            <SiteFrame head tab=Tab::Overview tools>
                <RangeNote problem/>
                {deleted.then(|| view! { <AfterDelete site/> })}
                <SiteIncidents site/>
                <SiteStats site/>
                <RejectedHosts site=Some(site) code chosen/>
            </SiteFrame>
        }
    })
}

/// The trail of a site.
#[component]
pub fn ActivityTab() -> impl IntoView {
    let site = site_id();
    let (filter, paging) = asked();
    loaded(activity_page(site, filter, paging), move |ActivityData { head, trail, actors }| {
        let path = Tab::Activity.path(site);
        let filter = trail.filter.clone();
        view! {
            <SiteFrame head tab=Tab::Activity>
                <Filters filter actors/>
                <section class="panel" aria-labelledby="changes">
                    <div class="panel-head">
                        <h2 id="changes">"Changes to this site"</h2>
                        <p>"newest first"</p>
                        <div class="actions">
                            <a class="btn small" href="/audit">"Whole audit trail"</a>
                        </div>
                    </div>
                    <TrailTable trail path of_one_site=true/>
                </section>
            </SiteFrame>
        }
    })
}
