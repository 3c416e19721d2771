//! A rule: its log, its fields, and what else can be done with it.

use super::fields::RuleFields;
use super::log::{LogPanel, WaitingPanel};
use super::{TestButton, sites_of};
use crate::alerts::api::{
    CHANGE_FORM, ChangeRule, DeleteRule, EnableRule, PATH, RenewSecret, rule_page, rule_path,
};
use crate::alerts::form::RuleForm;
use crate::alerts::model::{Kind, Problem, Rule};
use crate::alerts::pages::RulePageData;
use crate::ui::flash::Flash;
use crate::ui::form::Hidden;
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::key::Copyable;
use crate::ui::load::{loaded, param, query};
use crate::ui::number::counted;
use leptos::prelude::*;
use server_fn::ServerFn;

/// `/settings/alerts/:rule`; with `?ask=delete` or `?ask=secret`, the question before that.
#[component]
pub fn RulePage() -> impl IntoView {
    let asked: Option<String> = query("ask");
    loaded(rule_page(param("rule")), move |data: RulePageData| {
        let RulePageData { flash, rule, .. } = &data;
        let (shown, title, path) = (flash.clone(), rule.name.clone(), rule_path(rule.id));
        let mut crumbs =
            vec![Crumb::link("Settings", "/settings/tokens"), Crumb::link("Alerts", PATH)];
        let body = match asked.as_deref() {
            Some("delete") => {
                crumbs.extend([Crumb::link(title.clone(), path), Crumb::here("Delete")]);
                view! { <Delete data/> }.into_any()
            }
            Some("secret") if rule.kind == Kind::Webhook => {
                crumbs.extend([Crumb::link(title.clone(), path), Crumb::here("Signing secret")]);
                view! { <Renew rule=data.rule/> }.into_any()
            }
            _ => {
                crumbs.push(Crumb::here(title.clone()));
                view! { <Content data/> }.into_any()
            }
        };
        view! {
            <Frame here=Section::Settings title crumbs=crumbs flash=shown>
                {body}
            </Frame>
        }
    })
}

#[component]
fn Content(data: RulePageData) -> impl IntoView {
    let RulePageData { flash, now, rule, secret, waiting, log, mail } = data;
    let missing = (rule.kind == Kind::Email && !mail).then(|| {
        view! { <div class="flash warn"><p>{Problem::NoMail.says()}"."</p></div> }
    });
    view! {
        <Head rule=rule.clone()/>
        {secret.map(|secret| view! { <Secret secret/> })}
        {missing}
        <LogPanel log now/>
        <WaitingPanel waiting now/>
        <Change rule=rule.clone() flash/>
        <DangerZone rule/>
    }
}

#[component]
fn Head(rule: Rule) -> impl IntoView {
    let (state, next, button) = if rule.enabled {
        (view! { <span class="badge ok">"Enabled"</span> }, "false", "Disable")
    } else {
        (view! { <span class="badge paused">"Disabled"</span> }, "true", "Enable")
    };
    let sites = sites_of(&rule);
    let Rule { id, name, kind, shown, .. } = rule;
    view! {
        <div class="page-head">
            <h1>{name.clone()}</h1>
            {state}
            <div class="actions">
                <form method="post" action=EnableRule::PATH>
                    <Hidden name="id" value=id.0.to_string()/>
                    <Hidden name="enabled" value=next/>
                    <Hidden name="back" value=rule_path(id)/>
                    <button>{button}</button>
                </form>
                <TestButton id name/>
            </div>
            <p class="sub">{kind.label()}" to "<span class="mono">{shown}</span>" · "{sites}</p>
        </div>
    }
}

#[component]
fn Secret(secret: String) -> impl IntoView {
    view! {
        <section class="reveal" aria-labelledby="made">
            <h2 id="made">"Copy the signing secret now"</h2>
            <p>"It cannot be shown again. Each message carries "<code>"Sitekeeper-Signature: t=…,v1=…"</code>": "
                <code>"v1"</code>" is the HMAC-SHA256, with this secret, of "<code>"t"</code>
                ", a dot and the body, in hexadecimal."</p>
            <Copyable text=secret whole=true/>
        </section>
    }
}

#[component]
fn Change(rule: Rule, flash: Option<Flash>) -> impl IntoView {
    let refusal = flash.as_ref().and_then(|flash| flash.refusal_of(CHANGE_FORM)).cloned();
    let kept =
        RuleForm::kept(|name| flash.as_ref().and_then(|flash| flash.typed_in(CHANGE_FORM, name)));
    let form = kept.unwrap_or_else(|| RuleForm::of(&rule));
    let Rule { id, kind, shown, .. } = rule;
    view! {
        <section class="panel" aria-labelledby="change">
            <div class="panel-head"><h2 id="change">"Rule"</h2></div>
            <div class="pad">
                <form class="form" method="post" action=ChangeRule::PATH>
                    <Hidden name="id" value=id.0.to_string()/>
                    <RuleFields kind form shown=Some(shown) refusal/>
                    <div class="form-foot"><button class="primary">"Save rule"</button></div>
                </form>
            </div>
        </section>
    }
}

#[component]
fn DangerZone(rule: Rule) -> impl IntoView {
    let path = rule_path(rule.id);
    let secret = (rule.kind == Kind::Webhook).then(|| {
        view! {
            <li>
                <div class="grow">
                    <strong>"Make another signing secret"</strong>
                    <span class="sub">"The receiver refuses messages until it knows the new one"</span>
                </div>
                <a class="btn" href=format!("{path}?ask=secret")>"Renew…"</a>
            </li>
        }
    });
    view! {
        <section class="panel danger-zone" aria-labelledby="danger">
            <div class="panel-head"><h2 id="danger">"Danger zone"</h2></div>
            <ul class="list">
                {secret}
                <li>
                    <div class="grow">
                        <strong>"Delete this rule"</strong>
                        <span class="sub">"With its log and what waits; the trail keeps that it was there"</span>
                    </div>
                    <a class="btn danger" href=format!("{path}?ask=delete")>"Delete…"</a>
                </li>
            </ul>
        </section>
    }
}

/// The question before a rule is deleted.
#[component]
fn Delete(data: RulePageData) -> impl IntoView {
    let RulePageData { rule, waiting, .. } = data;
    let sites = sites_of(&rule);
    let waits = i64::try_from(waiting.len()).unwrap_or(i64::MAX);
    let Rule { id, name, kind, shown, .. } = rule;
    view! {
        <section class="panel confirm">
            <h1>{format!("Delete {name}?")}</h1>
            <p>"From then on it tells nothing. This cannot be undone."</p>
            <ul class="effects">
                <li>{kind.label()}" to "<span class="mono">{shown}</span></li>
                <li>{sites}</li>
                <li>{counted(waits, "message", "messages")}" that wait are not told"</li>
            </ul>
            <form method="post" action=DeleteRule::PATH class="form-foot">
                <Hidden name="id" value=id.0.to_string()/>
                <button class="danger primary">{format!("Delete {name}")}</button>
                <a class="btn quiet" href=rule_path(id)>"Cancel"</a>
            </form>
        </section>
    }
}

/// The question before a rule's messages are signed with another secret.
#[component]
fn Renew(rule: Rule) -> impl IntoView {
    let Rule { id, name, shown, .. } = rule;
    view! {
        <section class="panel confirm">
            <h1>{format!("Make another signing secret for {name}?")}</h1>
            <p>"The next message is signed with it, and the old one is forgotten. Give the new one to the receiver at once."</p>
            <ul class="effects"><li>"Messages to "<span class="mono">{shown}</span></li></ul>
            <form method="post" action=RenewSecret::PATH class="form-foot">
                <Hidden name="id" value=id.0.to_string()/>
                <button class="danger primary">"Make another secret"</button>
                <a class="btn quiet" href=rule_path(id)>"Cancel"</a>
            </form>
        </section>
    }
}
