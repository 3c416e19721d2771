//! The overview of a console that has nothing to show yet: what to do next.

use crate::demo::view::LoadDemoButton;
use crate::stats::pages::Stage;
use crate::ui::key::CopyButton;
use leptos::prelude::*;

/// The steps from an empty console to the first fix.
#[component]
pub(super) fn FirstSteps(operator: String, stage: Stage) -> impl IntoView {
    let made = match stage {
        Stage::NoEvents { site, name, sitekey } => Some((site, name, sitekey)),
        Stage::NoSite | Stage::Running(_) => None,
    };
    let has_site = made.is_some();
    let create = match &made {
        Some((site, name, _)) => {
            let href = format!("/sites/{site}");
            view! { <p><a href=href>{name.clone()}</a></p> }.into_any()
        }
        None => view! {
            <p>"A site has a sitekey for its pages, a secret for its server, and the domains that may use it."</p>
            <a class="btn primary" href="/sites/new">"Create a site"</a>
        }
        .into_any(),
    };
    let key = made.and_then(|(.., sitekey)| sitekey).unwrap_or_else(|| "SITEKEY".to_owned());
    let replay = format!("sitekeeper replay access.log --sitekey {key} --ending now");
    view! {
        <div class="page-head">
            <h1>"Welcome to Sitekeeper"</h1>
            <p class="sub">"Three steps from here to a site whose errors you can see and fix. It takes about two minutes."</p>
        </div>
        <section class="panel" aria-labelledby="first-steps">
            <h2 id="first-steps" class="visually-hidden">"First steps"</h2>
            <ol class="steps">
                <li class="done">
                    <h3>"Create the first administrator"</h3>
                    <p>{operator}</p>
                </li>
                <li class=has_site.then_some("done")>
                    <h3>"Create a site"</h3>
                    {create}
                </li>
                <li>
                    <h3>"Feed it traffic"</h3>
                    <p>
                        <a href="/verifiers">"Connect your verifiers"</a>
                        ", or replay an access log you already have:"
                    </p>
                    <div class="code" role="region" aria-label="Replay command" tabindex="0">
                        <pre><code>{replay.clone()}</code></pre>
                    </div>
                    <CopyButton text=replay/>
                </li>
                <li>
                    <h3>"Fix what is denied"</h3>
                    <p>"Rejected hosts appear under Errors, each with the button that lets it through."</p>
                </li>
            </ol>
        </section>
        {(!has_site)
            .then(|| {
                view! {
                    <section class="panel" aria-labelledby="just-looking">
                        <div class="panel-head"><h2 id="just-looking">"Just looking?"</h2></div>
                        <div class="pad stack-m">
                            <p>
                                "Load sample sites with two weeks of traffic and a few incidents. They are marked "
                                <span class="tag">"Sample"</span>
                                ", and one click removes them."
                            </p>
                            <LoadDemoButton back="/"/>
                        </div>
                    </section>
                }
            })}
    }
}
