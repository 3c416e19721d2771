//! The pages before a key is rotated or revoked.

use crate::keys::api::{
    KeysPageData, RevokeSecret, RevokeSitekey, RotateSecret, RotateSitekey, Which, keys_page,
};
use crate::keys::model::{KeyState, SecretId, SitekeyId};
use crate::sites::model::Site;
use crate::sites::view::frame::{Tab, site_id};
use crate::ui::confirm::Confirm;
use crate::ui::flash::Flash;
use crate::ui::form::Hidden;
use crate::ui::frame::{Crumb, Frame, NotFoundPage, Section};
use crate::ui::key::shorten;
use crate::ui::load::{loaded, query};
use crate::ui::number::{a_day, grouped};
use leptos::prelude::*;
use server_fn::ServerFn;

/// The graces an operator can choose, in days, with their words.
const GRACES: [(i64, &str); 5] = [
    (0, "None: the old one ends at once"),
    (1, "1 day"),
    (3, "3 days"),
    (7, "7 days"),
    (30, "30 days"),
];
/// The grace that is chosen unless an operator chooses another, in days.
const USUAL_GRACE: i64 = 7;

/// Replaces a sitekey or a secret, with a grace for the old one.
#[component]
pub fn RotatePage() -> impl IntoView {
    let wanted = wanted();
    loaded(keys_page(site_id()), move |data: KeysPageData| {
        let Some(key) = Chosen::of(&data, wanted, true) else {
            return view! { <NotFoundPage/> }.into_any();
        };
        let new = match key.which {
            Which::Sitekey(_) => {
                "A new sitekey is accepted at once. Put it in your pages while the old one is still accepted."
            }
            Which::Secret(_) => {
                "A new secret is accepted at once and shown to you once. Put it on your server while the old one is still accepted."
            }
        };
        let effects = vec![
            key.traffic(),
            "The old one is refused when its grace ends, or when you revoke it".into_any(),
        ];
        let action = match key.which {
            Which::Sitekey(_) => RotateSitekey::PATH,
            Which::Secret(_) => RotateSecret::PATH,
        };
        let title = format!("Rotate {}", key.label);
        let site = data.head.site;
        view! {
            <KeyFrame site=site.clone() flash=data.head.flash here="Rotate" title=title.clone()>
                <Confirm
                    title=format!("{title}?")
                    intro=move || new
                    effects
                    action
                    button=title.clone()
                    back=Tab::Keys.path(site.id)
                    version=site.version
                >
                    <KeyInputs site=site.clone() which=key.which/>
                    <div class="field">
                        <label for="grace_days">"Accept the old one for"</label>
                        <select id="grace_days" name="grace_days">
                            {GRACES
                                .map(|(days, label)| {
                                    view! {
                                        <option value=days.to_string() selected=days == USUAL_GRACE>{label}</option>
                                    }
                                })
                                .into_iter()
                                .collect_view()}
                        </select>
                    </div>
                </Confirm>
            </KeyFrame>
        }
        .into_any()
    })
}

/// Ends a sitekey or a secret at once.
#[component]
pub fn RevokePage() -> impl IntoView {
    let wanted = wanted();
    loaded(keys_page(site_id()), move |data: KeysPageData| {
        let Some(key) = Chosen::of(&data, wanted, false) else {
            return view! { <NotFoundPage/> }.into_any();
        };
        let (intro, action) = match key.which {
            Which::Sitekey(_) => (
                "From then on the gate answers sitekey_invalid to every request with it. This cannot be undone.",
                RevokeSitekey::PATH,
            ),
            Which::Secret(_) => (
                "From then on it proves nothing: a server that still uses it cannot verify answers. This cannot be undone.",
                RevokeSecret::PATH,
            ),
        };
        let title = format!("Revoke {}", key.label);
        let site = data.head.site;
        view! {
            <KeyFrame site=site.clone() flash=data.head.flash here="Revoke" title=title.clone()>
                <Confirm
                    title=format!("{title}?")
                    intro=move || intro
                    effects=vec![key.traffic()]
                    action
                    button=title.clone()
                    danger=true
                    back=Tab::Keys.path(site.id)
                    version=site.version
                >
                    <KeyInputs site=site.clone() which=key.which/>
                </Confirm>
            </KeyFrame>
        }
        .into_any()
    })
}

/// The key the address names, if it names one.
fn wanted() -> Option<Which> {
    let sitekey = query("sitekey").map(|id| Which::Sitekey(SitekeyId(id)));
    sitekey.or_else(|| query("secret").map(|id| Which::Secret(SecretId(id))))
}

/// The key a page is about.
struct Chosen {
    which: Which,
    label: String,
    /// Requests of the last seven days; unknown for secrets, which are not reported.
    requests: Option<i64>,
}

impl Chosen {
    /// The key that is `wanted`, else the newest active sitekey if there is a `default`.
    fn of(data: &KeysPageData, wanted: Option<Which>, default: bool) -> Option<Self> {
        match wanted {
            Some(Which::Secret(id)) => {
                let secret = data.secrets.iter().find(|secret| secret.id == id)?;
                let label = format!("secret …{}", secret.last_four);
                Some(Self { which: Which::Secret(id), label, requests: None })
            }
            Some(Which::Sitekey(id)) => Self::sitekey(data, |row| row.sitekey.id == id),
            None if default => Self::sitekey(data, |row| row.sitekey.state == KeyState::Active),
            None => None,
        }
    }

    fn sitekey(
        data: &KeysPageData,
        fits: impl Fn(&crate::keys::api::SitekeyRow) -> bool,
    ) -> Option<Self> {
        let row = data.sitekeys.iter().find(|row| fits(row))?;
        Some(Self {
            which: Which::Sitekey(row.sitekey.id),
            label: format!("sitekey {}", shorten(&row.sitekey.sitekey)),
            requests: Some(row.requests),
        })
    }

    /// What depends on the key, in numbers.
    fn traffic(&self) -> AnyView {
        match self.requests {
            Some(0) => "No request of the last 7 days came with it".into_any(),
            Some(requests) => view! {
                <strong>{a_day(requests, 7)}" requests a day"</strong>" come with it: "
                {grouped(requests)}" in the last 7 days"
            }
            .into_any(),
            None => {
                "Secrets are checked by your verifiers, so how often it is used is not known here"
                    .into_any()
            }
        }
    }
}

#[component]
fn KeyInputs(site: Site, which: Which) -> impl IntoView {
    let (name, id) = match which {
        Which::Sitekey(id) => ("sitekey", id.to_string()),
        Which::Secret(id) => ("secret", id.to_string()),
    };
    view! {
        <Hidden name="site" value=site.id.to_string()/>
        <Hidden name=name value=id/>
    }
}

#[component]
fn KeyFrame(
    site: Site,
    flash: Option<Flash>,
    here: &'static str,
    title: String,
    children: Children,
) -> impl IntoView {
    let crumbs = vec![
        Crumb::link("Sites", "/sites"),
        Crumb::link(site.name, Tab::Overview.path(site.id)),
        Crumb::link("Keys", Tab::Keys.path(site.id)),
        Crumb::here(here),
    ];
    view! { <Frame here=Section::Sites title crumbs flash=flash>{children()}</Frame> }
}
