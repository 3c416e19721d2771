//! How to put a site to use: snippets that carry its sitekey.

use super::frame::{SiteFrame, Tab, site_id};
use crate::sites::api::integration_page;
use crate::sites::pages::IntegrationData;
use crate::ui::key::CopyButton;
use crate::ui::load::loaded;
use leptos::prelude::*;

/// The integration of a site: the page, the verifier, the reports.
#[component]
pub fn IntegrationTab() -> impl IntoView {
    loaded(integration_page(site_id()), |data: IntegrationData| {
        let IntegrationData { head, sitekey, host, base_url, event_ids } = data;
        let site = head.site.id;
        let sitekey = sitekey.unwrap_or_else(|| "SITEKEY".to_owned());
        let referer = format!("https://{}/", host.as_deref().unwrap_or("shop.example"));
        let widget = format!("<div class=\"captcha\" data-sitekey=\"{sitekey}\"></div>");
        let check = check(&base_url, &sitekey, &referer);
        let [first, second, third] = &event_ids;
        let one = event(&base_url, first, &sitekey, &referer);
        let many = events(&base_url, [second, third], &sitekey, &referer);
        view! {
            <SiteFrame head tab=Tab::Integration>
                <section class="panel" aria-labelledby="pieces">
                    <div class="panel-head"><h2 id="pieces">"How the pieces fit"</h2></div>
                    <div class="pad stack-s">
                        <p>
                            "A page carries the sitekey. When a visitor solves a challenge, the verifier that serves it asks the gate whether this sitekey may be used there, and reports what came of it. The console counts the reports and shows what to mend."
                        </p>
                    </div>
                </section>
                <section class="panel" aria-labelledby="steps">
                    <h2 class="visually-hidden" id="steps">"Snippets"</h2>
                    <ol class="steps">
                        <li>
                            <h3>"Put the widget in the page"</h3>
                            <p>"Load your service's script as you do elsewhere; it renders where this element stands."</p>
                            <Snippet label="HTML snippet" text=widget/>
                        </li>
                        <li>
                            <h3>"Keep the secret on the server"</h3>
                            <p>
                                "Your backend proves with it that an answer was meant for you. It was shown once, when it was made; if nobody kept it, make another under "
                                <a href=Tab::Keys.path(site)>"Keys"</a>". Never send it to a browser."
                            </p>
                        </li>
                        <li>
                            <h3>"Ask the gate from a verifier"</h3>
                            <p>
                                "With a token of the scope "<code>"check"</code>" from "
                                <a href="/settings/tokens">"Settings"</a>
                                ". The answer is allow, or deny with the code to return."
                            </p>
                            <Snippet label="Check with curl" text=check/>
                        </li>
                        <li>
                            <h3>"Report what came of it"</h3>
                            <p>
                                "With a token of the scope "<code>"events:write"</code>
                                ". An event with an id counts once, however often it is sent."
                            </p>
                            <Snippet label="One event with curl" text=one/>
                        </li>
                        <li>
                            <h3>"Report many at once"</h3>
                            <p>"One event a line (NDJSON). Answered once all of them are stored."</p>
                            <Snippet label="Many events with curl" text=many/>
                        </li>
                    </ol>
                </section>
            </SiteFrame>
        }
    })
}

#[component]
fn Snippet(label: &'static str, text: String) -> impl IntoView {
    view! {
        <div class="snippet">
            <div class="code" role="region" aria-label=label tabindex="0">
                <pre><code>{text.clone()}</code></pre>
            </div>
            <CopyButton text/>
        </div>
    }
}

fn check(base_url: &str, sitekey: &str, referer: &str) -> String {
    format!(
        "curl {base_url}/v1/check \\\n  \
         -H \"Authorization: Bearer $SITEKEEPER_TOKEN\" \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -d '{{\"sitekey\":\"{sitekey}\",\"referer\":\"{referer}\"}}'"
    )
}

fn event(base_url: &str, id: &str, sitekey: &str, referer: &str) -> String {
    format!(
        "curl {base_url}/v1/events \\\n  \
         -H \"Authorization: Bearer $SITEKEEPER_TOKEN\" \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -d '{{\"id\":\"{id}\",\"sitekey\":\"{sitekey}\",\"code\":\"ok\",\"referer\":\"{referer}\",\"source\":\"edge-1\"}}'"
    )
}

fn events(base_url: &str, [first, second]: [&String; 2], sitekey: &str, referer: &str) -> String {
    format!(
        "curl {base_url}/v1/events \\\n  \
         -H \"Authorization: Bearer $SITEKEEPER_TOKEN\" \\\n  \
         -H 'Content-Type: application/x-ndjson' \\\n  \
         --data-binary @- <<'EOF'\n\
         {{\"id\":\"{first}\",\"sitekey\":\"{sitekey}\",\"code\":\"ok\",\"referer\":\"{referer}\",\"source\":\"edge-1\"}}\n\
         {{\"id\":\"{second}\",\"sitekey\":\"{sitekey}\",\"code\":\"referer_denied\",\"referer\":\"https://elsewhere.example/\",\"source\":\"edge-1\"}}\n\
         EOF"
    )
}
