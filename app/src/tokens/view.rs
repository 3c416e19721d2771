//! The tokens of the machine API: list, make (shown once), revoke.

use super::api::{CREATE_FORM, CreateToken, PATH, RevokeToken, TokensPageData, tokens_page};
use super::model::{Scope, Token, TokenId};
use super::rules::{OFFERED_DAYS, PREFIX};
use crate::ui::flash::Flash;
use crate::ui::form::{Field, FieldError, Hidden};
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::key::Copyable;
use crate::ui::load::{loaded, query};
use crate::ui::settings::SettingsTabs;
use crate::ui::table::{ActionsHead, TableWrap};
use crate::ui::time::{Ago, day, utc};
use jiff::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The scopes of a verifier, which most tokens are for.
const USUAL: [Scope; 2] = [Scope::Check, Scope::EventsWrite];

/// `/settings/tokens`; with `?revoke=<id>`, the question before that token is revoked.
#[component]
pub fn TokensPage() -> impl IntoView {
    let asked = query("revoke").map(TokenId);
    loaded(tokens_page(), move |TokensPageData { flash, now, made, tokens }| {
        let revoke = asked.and_then(|id| tokens.iter().find(|token| token.id == id).cloned());
        let crumbs = match &revoke {
            Some(_) => vec![
                Crumb::link("Settings", PATH),
                Crumb::link("Tokens", PATH),
                Crumb::here("Revoke"),
            ],
            None => vec![Crumb::link("Settings", PATH), Crumb::here("Tokens")],
        };
        let shown = flash.clone();
        let body = match revoke {
            Some(token) => view! { <Revoke token now/> }.into_any(),
            None => view! {
                <div class="page-head">
                    <h1>"Tokens"</h1>
                    <p class="sub">"For verifiers and scripts that call "<code>"/v1"</code>"."</p>
                </div>
                <SettingsTabs here=PATH/>
                {made.map(|token| view! { <Made token/> })}
                <List tokens now/>
                <NewToken flash=flash/>
            }
            .into_any(),
        };
        view! {
            <Frame here=Section::Settings title="Tokens" crumbs=crumbs flash=shown>
                {body}
            </Frame>
        }
    })
}

#[component]
fn Made(token: String) -> impl IntoView {
    view! {
        <section class="reveal" aria-labelledby="made">
            <h2 id="made">"Copy the token now"</h2>
            <p>"It is stored only as a hash and cannot be shown again."</p>
            <Copyable text=token whole=true/>
        </section>
    }
}

#[component]
fn List(tokens: Vec<Token>, now: Timestamp) -> impl IntoView {
    let body = if tokens.is_empty() {
        view! {
            <div class="state empty">
                <h3>"No tokens"</h3>
                <p>"A verifier needs one to ask the gate and to report outcomes. Make it below."</p>
            </div>
        }
        .into_any()
    } else {
        let rows = tokens.into_iter().map(|token| row(token, now)).collect_view();
        view! {
            <TableWrap label="Tokens">
                <table class="table stacked">
                    <thead>
                        <tr>
                            <th scope="col">"Name"</th>
                            <th scope="col">"Scopes"</th>
                            <th scope="col" class="num">"Last used"</th>
                            <th scope="col" class="num">"Created"</th>
                            <th scope="col" class="num">"Expires"</th>
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
        <section class="panel" aria-labelledby="tokens">
            <div class="panel-head"><h2 id="tokens">"Tokens in use"</h2></div>
            {body}
        </section>
    }
}

fn row(token: Token, now: Timestamp) -> impl IntoView {
    let revoke = format!("{PATH}?revoke={}", token.id.0);
    let label = format!("Revoke {}", token.name);
    let scopes = scope_tags(&token);
    let expires = expires(&token, now);
    view! {
        <tr>
            <th scope="row">{token.name}<span class="sub mono">{PREFIX}"…"{token.last_four}</span></th>
            <td class="wide" data-label="Scopes">{scopes}</td>
            <td class="num" data-label="Last used">{last_used(token.last_used_at, now)}</td>
            <td class="num" data-label="Created"><Ago at=token.created_at now/></td>
            <td class="num" data-label="Expires">{expires}</td>
            <td class="act">
                <div class="actions"><a class="btn small danger" href=revoke aria-label=label>"Revoke…"</a></div>
            </td>
        </tr>
    }
}

fn scope_tags(token: &Token) -> impl IntoView + use<> {
    let tags = token
        .scopes
        .iter()
        .map(|scope| view! { <span class="tag mono">{scope.as_str()}</span> })
        .collect_view();
    view! { <span class="tags">{tags}</span> }
}

fn last_used(at: Option<Timestamp>, now: Timestamp) -> impl IntoView {
    match at {
        Some(at) => view! { <Ago at now/> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    }
}

/// When it stops working, or that it has.
fn expires(token: &Token, now: Timestamp) -> AnyView {
    let Some(at) = token.expires_at else {
        return view! { <span class="muted">"never"</span> }.into_any();
    };
    let badge = token.expired(now).then(|| view! { <span class="badge bad">"Expired"</span>" " });
    view! { {badge}<time datetime=at.to_string() title=utc(at)>{day(at, now)}</time> }.into_any()
}

#[component]
fn NewToken(flash: Option<Flash>) -> impl IntoView {
    let refusal = flash.as_ref().and_then(|flash| flash.refusal_of(CREATE_FORM)).cloned();
    let typed = |field| flash.as_ref().and_then(|flash| flash.typed_in(CREATE_FORM, field));
    let name = typed("name").unwrap_or_default().to_owned();
    let chosen: Vec<Scope> = match typed("scopes") {
        Some(scopes) => scopes.split(',').filter_map(|scope| scope.parse().ok()).collect(),
        None => USUAL.to_vec(),
    };
    let scopes = Scope::ALL.map(|scope| {
        view! {
            <label class="check">
                <input type="checkbox" name="scopes[]" value=scope.as_str() checked=chosen.contains(&scope)/>
                <span><code>{scope.as_str()}</code><small>{scope.allows()}</small></span>
            </label>
        }
    });
    let expiry = typed("expires").unwrap_or_default().to_owned();
    let lifetimes = OFFERED_DAYS.map(|days| {
        let value = format!("{days}d");
        let selected = value == expiry;
        view! { <option value=value selected=selected>{format!("After {days} days")}</option> }
    });
    let expiry_refusal = refusal.clone().filter(|refusal| refusal.field == "expires");
    let scope_refusal = refusal.clone().filter(|refusal| refusal.field == "scopes");
    let described = scope_refusal.is_some().then_some("scopes-error");
    view! {
        <section class="panel" aria-labelledby="new-token">
            <div class="panel-head"><h2 id="new-token">"New token"</h2></div>
            <div class="pad">
                <form class="form" method="post" action=CreateToken::PATH>
                    <Field
                        label="Name"
                        name="name"
                        value=name
                        hint="It names the source of events that name none, such as edge-1."
                        maxlength=64
                        refusal=refusal
                    />
                    <fieldset class="field" aria-describedby=described>
                        <legend>"Scopes"</legend>
                        {scopes.into_iter().collect_view()}
                        <FieldError id="scopes-error" refusal=scope_refusal/>
                    </fieldset>
                    <div class="field">
                        <label for="expires">"Expires"</label>
                        <select id="expires" name="expires">
                            <option value="">"Never"</option>
                            {lifetimes.into_iter().collect_view()}
                        </select>
                        <FieldError id="expires-error" refusal=expiry_refusal/>
                    </div>
                    <div class="form-foot"><button class="primary">"Create token"</button></div>
                </form>
            </div>
        </section>
    }
}

/// The question before a token is revoked.
#[component]
fn Revoke(token: Token, now: Timestamp) -> impl IntoView {
    let scopes = scope_tags(&token);
    view! {
        <section class="panel confirm">
            <h1>{format!("Revoke {}?", token.name)}</h1>
            <p>"From then on every request with it is refused. This cannot be undone: what uses it needs another token."</p>
            <ul class="effects">
                <li>"Last used: "{last_used(token.last_used_at, now)}</li>
                <li>"Its scopes: "{scopes}</li>
            </ul>
            <form method="post" action=RevokeToken::PATH class="form-foot">
                <Hidden name="id" value=token.id.0.to_string()/>
                <button class="danger primary">{format!("Revoke {}", token.name)}</button>
                <a class="btn quiet" href=PATH>"Cancel"</a>
            </form>
        </section>
    }
}
