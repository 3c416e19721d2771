//! Key figures and how they changed.

use crate::stats::course::{Compared, Totals};
use crate::ui::number::{compact, grouped, percent};
use leptos::prelude::*;

/// Figures side by side; each a [`Figure`].
#[component]
pub fn Figures(
    /// The figures.
    children: Children,
) -> impl IntoView {
    view! { <section class="panel" aria-label="Key figures"><dl class="figures">{children()}</dl></section> }
}

/// One figure.
#[component]
pub fn Figure(
    /// What it counts.
    label: &'static str,
    /// The figure, as it is written.
    #[prop(into)]
    value: String,
    /// What it is a share of, or how it changed.
    children: Children,
) -> impl IntoView {
    view! { <div><dt>{label}</dt><dd>{value}</dd><dd>{children()}</dd></div> }
}

/// How a count changed: `▲ 41 % on the day before`.
#[component]
pub fn Change(
    /// The count and the one before.
    of: Compared,
    /// What it is compared with: `the day before`.
    #[prop(into)]
    before: String,
    /// Whether more is worse.
    #[prop(optional)]
    more_is_worse: bool,
) -> impl IntoView {
    let Compared { now, before: then } = of;
    if then == 0 {
        let either = if now == 0 { " either" } else { "" };
        return view! { <span>"none in "{before}{either}</span> }.into_any();
    }
    let Some(change) = of.change() else {
        return view! { <span>"as in "{before}</span> }.into_any();
    };
    view! { <span class=delta_class(now > then, more_is_worse)>{change}</span>" on "{before} }
        .into_any()
}

/// How the share of errors changed, in percentage points.
#[component]
pub fn RateChange(
    /// The key figures.
    totals: Totals,
    /// What they are compared with: `the day before`.
    before: &'static str,
) -> impl IntoView {
    let Totals { attempts, errors, .. } = totals;
    let (Some(now), Some(then)) =
        (rate(errors.now, attempts.now), rate(errors.before, attempts.before))
    else {
        return view! { <span>"of all attempts"</span> }.into_any();
    };
    let tenths = (now - then).abs();
    if tenths == 0 {
        return view! { <span>"as in "{before}</span> }.into_any();
    }
    let points = format!("{}.{}\u{a0}points", tenths / 10, tenths % 10);
    view! { <span class=delta_class(now > then, true)>{points}</span>" on "{before} }.into_any()
}

/// The share of errors in tenths of a per cent.
fn rate(errors: i64, attempts: i64) -> Option<i64> {
    (attempts > 0).then(|| {
        let tenths = i128::from(errors) * 1000 / i128::from(attempts);
        i64::try_from(tenths).unwrap_or(1000)
    })
}

fn delta_class(up: bool, more_is_worse: bool) -> &'static str {
    match (up, more_is_worse) {
        (true, true) => "delta up worse",
        (true, false) => "delta up",
        (false, true) => "delta down better",
        (false, false) => "delta down",
    }
}

/// Attempts, error rate and what the gate denied.
#[component]
pub fn TotalFigures(
    /// The key figures.
    totals: Totals,
    /// What they are compared with: `the day before`.
    before: &'static str,
    /// More figures.
    children: Children,
) -> impl IntoView {
    let ignored = totals.ignored.now;
    let ignored = (ignored > 0).then(|| format!(", without {} ignored", grouped(ignored)));
    let totals = totals.headline();
    let Totals { attempts, errors, denied, .. } = totals;
    view! {
        <Figures>
            <Figure label="Attempts" value=compact(attempts.now)>
                <Change of=attempts before/>
            </Figure>
            <Figure label="Error rate" value=percent(errors.now, attempts.now)>
                <RateChange totals before/>
            </Figure>
            <Figure label="Denied by the gate" value=grouped(denied.now)>
                <Change of=denied before more_is_worse=true/>
                {ignored}
            </Figure>
            {children()}
        </Figures>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_needs_attempts() {
        assert_eq!(rate(1, 0), None);
        assert_eq!(rate(21, 1000), Some(21));
        assert_eq!(rate(i64::MAX, i64::MAX), Some(1000));
    }

    #[test]
    fn only_errors_get_worse() {
        assert_eq!(delta_class(true, false), "delta up");
        assert_eq!(delta_class(false, true), "delta down better");
    }
}
