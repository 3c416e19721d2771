//! The page that moves the end of a replaced key's grace.

use super::about::{GraceField, named, of_wanted, traffic};
use super::confirm::KeyConfirm;
use crate::keys::api::{SetKeyGrace, key_page};
use crate::keys::pages::KeyPageData;
use crate::sites::view::frame::site_id;
use crate::ui::load::loaded;
use crate::ui::time::{Ago, Until};
use jiff::Timestamp;
use leptos::prelude::*;
use server_fn::ServerFn;

/// Makes the grace of a replaced key longer or shorter.
#[component]
pub fn GracePage() -> impl IntoView {
    of_wanted(|key| {
        loaded(key_page(site_id(), Some(key)), move |data: KeyPageData| {
            let KeyPageData { head, key, used, hosts } = data;
            let now = head.now;
            let end = key.retires_at.map(|at| {
                if at > now {
                    view! { "It is accepted until "<Until at now/> }.into_any()
                } else {
                    view! { "It is refused since its grace ended "<Ago at now/> }.into_any()
                }
            });
            let mut effects: Vec<AnyView> = end.into_iter().collect();
            effects.extend(traffic(used.as_ref(), &key, &hosts, now));
            let title = format!("Change the grace of {}", named(&key));
            let intro =
                "The grace ends so many days from now. This can be undone; revoking cannot.";
            let usual = key.retires_at.map_or(1, |at| days_until(at, now));
            let flash = head.flash.clone();
            view! {
                <KeyConfirm
                    site=head.site
                    flash=head.flash
                    key=key.id
                    here="Grace"
                    title
                    intro
                    effects
                    action=SetKeyGrace::PATH
                >
                    <GraceField
                        label="Accept it from now on for".to_owned()
                        hint="0 ends the grace at once."
                        usual
                        form="grace"
                        flash
                    />
                </KeyConfirm>
            }
        })
    })
}

/// The whole days that come nearest to what is left, but one at least: the form as it is opened must
/// not end a grace.
fn days_until(end: Timestamp, now: Timestamp) -> i64 {
    let hours = end.duration_since(now).as_hours();
    ((hours + 12) / 24).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_rounded_to_days() {
        let now: Timestamp = "2026-11-23T14:00:00Z".parse().unwrap();
        let left = |hours| days_until(now + jiff::SignedDuration::from_hours(hours), now);
        assert_eq!(left(-50), 1);
        assert_eq!(left(11), 1);
        assert_eq!(left(37), 2);
        assert_eq!(left(7 * 24), 7);
    }
}
