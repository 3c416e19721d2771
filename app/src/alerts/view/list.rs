//! The rules, and the form that makes one.

use super::fields::RuleFields;
use super::{TestButton, outcome, sites_of};
use crate::alerts::api::{CREATE_FORM, CreateRule, PATH, alerts_page, rule_path};
use crate::alerts::form::RuleForm;
use crate::alerts::maintenance::api::PATH as MAINTENANCE;
use crate::alerts::model::{Delivery, Kind, Problem, Rule};
use crate::alerts::pages::{AlertsPageData, Listed};
use crate::ui::flash::Flash;
use crate::ui::form::Hidden;
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::load::{loaded, query};
use crate::ui::settings::SettingsTabs;
use crate::ui::table::{ActionsHead, TableWrap};
use crate::ui::time::Ago;
use jiff::Timestamp;
use leptos::prelude::*;
use server_fn::ServerFn;

/// `/settings/alerts`; `?kind=slack` chooses what the form makes.
#[component]
pub fn AlertsPage() -> impl IntoView {
    let kind = query::<Kind>("kind").unwrap_or(Kind::Webhook);
    loaded(alerts_page(), move |AlertsPageData { flash, now, rules, mail }| {
        let crumbs = vec![Crumb::link("Settings", "/settings/tokens"), Crumb::here("Alerts")];
        let shown = flash.clone();
        view! {
            <Frame here=Section::Settings title="Alerts" crumbs=crumbs flash=shown>
                <div class="page-head">
                    <h1>"Alerts"</h1>
                    <p class="sub">"Who is told when an incident opens, changes and ends."</p>
                </div>
                <SettingsTabs here=PATH/>
                <List rules now/>
                <NewRule kind mail flash/>
            </Frame>
        }
    })
}

#[component]
fn List(rules: Vec<Listed>, now: Timestamp) -> impl IntoView {
    let body = if rules.is_empty() {
        view! {
            <div class="state empty">
                <h3>"Nobody is told yet"</h3>
                <p>"Incidents show on the overview alone until a rule sends them somewhere. Make one below, then test it."</p>
            </div>
        }
        .into_any()
    } else {
        let rows = rules.into_iter().map(|listed| row(listed, now)).collect_view();
        view! {
            <TableWrap label="Alert rules">
                <table class="table stacked">
                    <thead>
                        <tr>
                            <th scope="col">"Rule"</th>
                            <th scope="col">"To"</th>
                            <th scope="col">"Sites"</th>
                            <th scope="col">"Incidents"</th>
                            <th scope="col">"Last message"</th>
                            <ActionsHead/>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableWrap>
        }
        .into_any()
    };
    view! {
        <section class="panel" aria-labelledby="rules">
            <div class="panel-head">
                <h2 id="rules">"Alert rules"</h2>
                <p>"one message an incident, then its news and its end"</p>
            </div>
            {body}
            <div class="panel-foot">
                <p>"During "<a href=MAINTENANCE>"maintenance"</a>" nobody is told."</p>
            </div>
        </section>
    }
}

fn row(Listed { rule, last }: Listed, now: Timestamp) -> impl IntoView {
    let state = if rule.enabled {
        view! { <span class="badge ok">"Enabled"</span> }.into_any()
    } else {
        view! { <span class="badge paused">"Disabled"</span> }.into_any()
    };
    let classes =
        rule.classes.iter().map(|class| view! { <span class="tag mono">{class.as_str()}</span> });
    let classes = view! { <span class="tags">{classes.collect_view()}</span> };
    let quiet =
        rule.quiet.map(|quiet| view! { <span class="sub">"quiet "{quiet.to_string()}</span> });
    let sites = sites_of(&rule);
    let Rule { id, name, kind, shown, .. } = rule;
    view! {
        <tr>
            <th scope="row"><a href=rule_path(id)>{name.clone()}</a><span class="sub">{state}</span></th>
            <td class="wide" data-label="To">{kind.label()}<span class="sub mono">{shown}</span></td>
            <td data-label="Sites">{sites}</td>
            <td class="wide" data-label="Incidents">{classes}{quiet}</td>
            <td class="wide" data-label="Last message">{last_message(last.as_ref(), now)}</td>
            <td class="act"><div class="actions"><TestButton id name small=true/></div></td>
        </tr>
    }
}

fn last_message(last: Option<&Delivery>, now: Timestamp) -> AnyView {
    let Some(last) = last else {
        return view! { <span class="muted">"none yet"</span> }.into_any();
    };
    view! {
        {outcome(last)}
        <span class="sub">{last.said.label()}" "<Ago at=last.at now/></span>
    }
    .into_any()
}

#[component]
fn NewRule(kind: Kind, mail: bool, flash: Option<Flash>) -> impl IntoView {
    let refusal = flash.as_ref().and_then(|flash| flash.refusal_of(CREATE_FORM)).cloned();
    let kept =
        RuleForm::kept(|name| flash.as_ref().and_then(|flash| flash.typed_in(CREATE_FORM, name)));
    let form = kept.unwrap_or_else(RuleForm::fresh);
    let kinds = Kind::ALL.map(|other| {
        let current = (other == kind).then_some("page");
        let href = format!("{PATH}?kind={}#new-rule", other.as_str());
        view! { <li><a href=href aria-current=current>{other.label()}</a></li> }
    });
    let about = match kind {
        Kind::Webhook => {
            "JSON as Alertmanager sends it, signed with a secret that is shown once, on the next page."
        }
        Kind::Slack => {
            "A short text with a link, as Slack’s incoming webhooks and Mattermost take it."
        }
        Kind::Email => "A mail with the cause and a link to the fix.",
    };
    let missing = (kind == Kind::Email && !mail).then(|| {
        view! { <div class="flash warn"><p>{Problem::NoMail.says()}". A rule that is made before sends nothing until then."</p></div> }
    });
    view! {
        <section class="panel" aria-labelledby="new-rule">
            <div class="panel-head"><h2 id="new-rule">"New alert rule"</h2></div>
            <div class="pad stack-m">
                <nav class="tabs" aria-label="Kind of rule"><ul>{kinds.into_iter().collect_view()}</ul></nav>
                <p class="muted">{about}</p>
                {missing}
                <form class="form" method="post" action=CreateRule::PATH>
                    <Hidden name="kind" value=kind.as_str()/>
                    <RuleFields kind form refusal/>
                    <div class="form-foot"><button class="primary">"Create rule"</button></div>
                </form>
            </div>
        </section>
    }
}
