//! The pages of people who are not signed in yet.

use super::api::{EntrancePage, SetUp, SignIn, entrance};
use crate::error::AppError;
use crate::ui::flash::Flash;
use crate::ui::form::{Field, Hidden};
use crate::ui::frame::Wordmark;
use crate::ui::load::{loaded, query};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The sign-in.
#[component]
pub fn LoginPage() -> impl IntoView {
    let next: String = query("next").unwrap_or_default();
    let wait_s = query("wait");
    loaded(entrance(None), move |EntrancePage { flash, set_up, .. }| {
        let typed = flash.as_ref().and_then(|flash| flash.typed_in("sign-in", "email"));
        let typed = typed.unwrap_or_default().to_owned();
        let note = if set_up {
            view! {
                <p class="muted">
                    "Lost access? Run "<code>"sitekeeper admin create"</code>" on the server."
                </p>
            }
            .into_any()
        } else {
            view! {
                <p class="muted">
                    "Nobody can sign in yet. Open the set-up link that "
                    <code>"sitekeeper serve"</code>" printed."
                </p>
            }
            .into_any()
        };
        view! {
            <Title text="Sign in · Sitekeeper"/>
            <main class="solo" id="main">
                <Wordmark/>
                <h1>"Sign in"</h1>
                <form class="form" method="post" action=SignIn::PATH>
                    <Refused flash wait_s/>
                    <Hidden name="next" value=next/>
                    <Field label="Email" name="email" kind="email" autocomplete="username" value=typed/>
                    <Field label="Password" name="password" kind="password" autocomplete="current-password"/>
                    <button class="primary" type="submit">"Sign in"</button>
                </form>
                {note}
            </main>
        }
    })
}

/// Where the set-up link leads: the first administrator is made here.
#[component]
pub fn SetUpPage() -> impl IntoView {
    let token: String = query("token").unwrap_or_default();
    let wait_s = query("wait");
    loaded(entrance(Some(token.clone())), move |entrance| {
        let content = if entrance.setup_link_good {
            view! { <SetUpForm token flash=entrance.flash wait_s/> }.into_any()
        } else {
            view! {
                <p>
                    "This set-up link was used or replaced. Sign in, or restart "
                    <code>"sitekeeper serve"</code>" for a new link while nobody can sign in."
                </p>
                <p><a class="btn primary" href="/login">"Sign in"</a></p>
            }
            .into_any()
        };
        view! {
            <Title text="Set up · Sitekeeper"/>
            <main class="solo" id="main">
                <Wordmark/>
                <div class="stack-s">
                    <h1>"Create the first administrator"</h1>
                    <p class="muted">
                        "This page works once, with the link that "
                        <code>"sitekeeper serve"</code>" printed."
                    </p>
                </div>
                {content}
            </main>
        }
    })
}

#[component]
fn SetUpForm(token: String, flash: Option<Flash>, wait_s: Option<u64>) -> impl IntoView {
    let typed = flash.as_ref().and_then(|flash| flash.typed_in("set-up", "email"));
    let typed = typed.unwrap_or_default().to_owned();
    let refusal = flash.as_ref().and_then(|flash| flash.refusal_of("set-up")).cloned();
    let at_field =
        refusal.as_ref().is_some_and(|refusal| matches!(&*refusal.field, "email" | "password"));
    view! {
        <form class="form" method="post" action=SetUp::PATH>
            {(!at_field).then(|| view! { <Refused flash wait_s/> })}
            <Hidden name="token" value=token/>
            <Field
                label="Email"
                name="email"
                kind="email"
                autocomplete="username"
                value=typed
                refusal=refusal.clone()
            />
            <Field
                label="Password"
                name="password"
                kind="password"
                autocomplete="new-password"
                hint="At least 12 characters. A sentence works well."
                refusal
            />
            <button class="primary" type="submit">"Create administrator"</button>
        </form>
    }
}

/// Why the form was refused, in front of its fields: the sign-in does not say which was wrong. After too many tries the
/// address says how many seconds to wait.
#[component]
fn Refused(flash: Option<Flash>, wait_s: Option<u64>) -> impl IntoView {
    let message = match (flash, wait_s) {
        (Some(Flash::Refused { refusal, .. }), _) => refusal.message,
        (Some(Flash::Failed { message }), _) => message,
        (_, Some(wait_s)) => {
            AppError::Throttled { retry_after_s: wait_s.clamp(1, 3_600) }.to_string()
        }
        _ => return None,
    };
    Some(view! { <div class="flash bad" role="alert"><p>{message}</p></div> })
}
