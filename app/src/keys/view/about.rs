//! What the pages about one key have in common.

use crate::domains::host;
use crate::keys::model::{Key, KeyId, KeyKind, KeyState};
use crate::keys::pages::Used;
use crate::keys::rules::LONGEST_GRACE_DAYS;
use crate::sites::model::{Site, SiteId};
use crate::sites::view::frame::Tab;
use crate::ui::flash::Flash;
use crate::ui::form::{FieldError, Hidden, described_by};
use crate::ui::frame::{Crumb, Frame, NotFoundPage, Section};
use crate::ui::key::shorten;
use crate::ui::load::query;
use crate::ui::number::{a_day, grouped};
use crate::ui::time::{Ago, Until};
use jiff::Timestamp;
use leptos::either::Either;
use leptos::prelude::*;

/// How many hosts are named; the rest are counted.
const NAMED: usize = 3;

/// The key the address names, if it names one.
pub(super) fn wanted() -> Option<KeyId> {
    let sitekey = query("sitekey").map(KeyId::sitekey);
    sitekey.or_else(|| query("secret").map(KeyId::secret))
}

/// The page about the key the address names; without one there is no such page.
pub(super) fn of_wanted<V: IntoView>(page: impl FnOnce(KeyId) -> V) -> impl IntoView {
    match wanted() {
        Some(key) => Either::Left(page(key)),
        None => Either::Right(view! { <NotFoundPage/> }),
    }
}

/// A key within a sentence or on a button: `sitekey site_4Gh7Qa…Kq2Z`, `secret …xY9z`.
pub(super) fn named(key: &Key) -> String {
    format!("{} {}", key.id.kind, shorten(&key.name()))
}

/// An average an hour, rounded; `<1` for less than one.
pub(super) fn an_hour(count: i64, hours: i64) -> String {
    let hours = hours.max(1);
    match (count, (count + hours / 2) / hours) {
        (1.., 0) => "<1".to_owned(),
        (_, average) => grouped(average),
    }
}

/// What depends on a key, in numbers, one fact a line.
pub(super) fn traffic(
    used: Option<&Used>,
    key: &Key,
    hosts: &[String],
    now: Timestamp,
) -> Vec<AnyView> {
    let Some(used) = used else {
        return vec![checked(key, now)];
    };
    if used.week == 0 {
        return vec!["No request of the last 7 days came with it".into_any()];
    }
    let amount = view! {
        <strong>{format!("{} requests a day", a_day(used.week, used.hours))}</strong>
        {format!(" come with it: {} in the last 7 days", grouped(used.week))}
    }
    .into_any();
    let last = key.last_used_at.map(|at| view! { "Last used "<Ago at now/> }.into_any());
    [Some(amount), from_hosts(hosts), last].into_iter().flatten().collect()
}

/// When a secret was last seen, as far as that is known.
fn checked(key: &Key, now: Timestamp) -> AnyView {
    let seen = match key.last_used_at {
        Some(at) => view! { <Ago at now/> }.into_any(),
        None => "never".into_any(),
    };
    view! {
        "Secrets are checked by your verifiers; only "<code>"/v1/keypair/check"</code>
        " is seen here. It last saw this one: "{seen}
    }
    .into_any()
}

/// The hosts of samples. They are some of all hosts, and are said to be.
fn from_hosts(hosts: &[String]) -> Option<AnyView> {
    let names = hosts.iter().take(NAMED).enumerate().map(|(at, name)| {
        view! { {if at == 0 { "" } else { ", " }}<code>{host::unicode(name).into_owned()}</code> }
    });
    let names = names.collect_view();
    let rest = hosts.len().saturating_sub(NAMED);
    let rest = (rest > 0).then(|| format!(" and {rest} more"));
    (!hosts.is_empty()).then(|| view! { "From samples, it comes from "{names}{rest} }.into_any())
}

/// The hidden inputs of a form about a key.
#[component]
pub(super) fn KeyInputs(site: SiteId, key: KeyId) -> impl IntoView {
    view! {
        <Hidden name="site" value=site.to_string()/>
        <Hidden name="kind" value=key.kind.as_str()/>
        <Hidden name="key" value=key.number.to_string()/>
    }
}

/// How many days a replaced key is still accepted.
#[component]
pub(super) fn GraceField(
    /// What it is for.
    label: String,
    /// What 0 days do.
    hint: &'static str,
    /// What stands in it unless a form was refused.
    usual: i64,
    /// The form's name.
    form: &'static str,
    /// The outcome of the last form.
    #[prop(optional_no_strip)]
    flash: Option<Flash>,
) -> impl IntoView {
    let typed = flash.as_ref().and_then(|flash| flash.typed_in(form, "grace_days"));
    let value = typed.map_or_else(|| usual.to_string(), ToOwned::to_owned);
    let refusal = flash.as_ref().and_then(|flash| flash.refusal_of(form)).cloned();
    let refusal = refusal.filter(|refusal| refusal.field == "grace");
    let error_id = refusal.as_ref().map(|_| "grace_days-error".to_owned());
    let described = described_by(&[&Some("grace_days-hint".to_owned()), &error_id]);
    view! {
        <div class="field">
            <label for="grace_days">{label}</label>
            <p class="hint" id="grace_days-hint">
                "Whole days, 0 to "{LONGEST_GRACE_DAYS}". "{hint}
            </p>
            <input
                class="days"
                id="grace_days"
                name="grace_days"
                type="number"
                inputmode="numeric"
                min="0"
                max=LONGEST_GRACE_DAYS
                step="1"
                required
                value=value
                aria-describedby=described
                aria-invalid=refusal.is_some().then_some("true")
            />
            <FieldError id=error_id.unwrap_or_default() refusal/>
        </div>
    }
}

/// Where a key stands. One past its grace is over, though nobody has revoked it.
#[component]
pub(super) fn KeyBadge(key: Key, now: Timestamp) -> impl IntoView {
    match (key.state, key.retires_at) {
        (KeyState::Active, _) => view! { <span class="badge active">"Active"</span> }.into_any(),
        (KeyState::Retiring, Some(at)) if at > now => view! {
            <span class="badge warn">"Retiring"</span>
            <span class="sub">"until "<Until at now/></span>
        }
        .into_any(),
        (KeyState::Retiring, at) => view! {
            <span class="badge">"Retired"</span>
            {at.map(|at| view! { <span class="sub"><Ago at now/></span> })}
        }
        .into_any(),
        (KeyState::Revoked, _) => view! {
            <span class="badge">"Revoked"</span>
            {key.revoked_at.map(|at| view! { <span class="sub"><Ago at now/></span> })}
        }
        .into_any(),
    }
}

/// The frame of a page before a change of keys.
#[component]
pub(super) fn KeyFrame(
    site: Site,
    flash: Option<Flash>,
    here: &'static str,
    #[prop(into)] title: String,
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

/// Where a new key of a kind is to be put.
pub(super) const fn place(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Sitekey => "in your pages",
        KeyKind::Secret => "on your server",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_average_an_hour_hides_nothing() {
        assert_eq!(an_hour(0, 24), "0");
        assert_eq!(an_hour(1, 24), "<1");
        assert_eq!(an_hour(36, 24), "2");
        assert_eq!(an_hour(2_400, 0), "2,400");
    }
}
