//! The fix of each kind of code, as a panel with what it needs to be chosen well.

use crate::codes::likely::LikelySite;
use crate::codes::pages::{Fixing, SentKey};
use crate::codes::replay::{Looks, Replay};
use crate::codes::{CatalogueEntry, Fix, OUR_READING, entry};
use crate::domains::rejected::in_words;
use crate::sites::view::StateBadge;
use crate::stats::course::Compared;
use crate::ui::key::{Copyable, shorten};
use crate::ui::number::{counted, grouped};
use crate::ui::table::{ActionsHead, TableWrap};
use crate::ui::time::Ago;
use jiff::Timestamp;
use leptos::prelude::*;

/// From so many sites on, an error of the platform is an incident rather than one visitor's network.
const MANY_SITES: i64 = 3;

/// What to do about a code, with the evidence.
#[component]
pub(super) fn FixPanel(
    code: String,
    fixing: Fixing,
    count: Compared,
    sites: i64,
    /// For how many days examples are kept.
    days: u16,
    now: Timestamp,
    before: &'static str,
) -> impl IntoView {
    if count.now == 0 {
        return ().into_any();
    }
    let fix = entry(&code).map_or(Fix::None, CatalogueEntry::fix);
    let (heading, body) = match (fixing, fix) {
        (Fixing::Successors(likely), Fix::StartSite) => (
            "Start the site, or use another sitekey",
            view! {
                <p class="pad">"Start a paused site in the list below. Or let its pages carry the sitekey of an active site that lists the same hosts."</p>
                <Successors likely/>
            }
            .into_any(),
        ),
        (Fixing::Successors(likely), _) => (
            "Restore the site, or use its successor’s sitekey",
            view! {
                <p class="pad">"Within 30 days a deleted site can be restored from the list below. After that its pages need the sitekey of the site that took over."</p>
                <Successors likely/>
            }
            .into_any(),
        ),
        (Fixing::Keys { sent, samples, likely }, _) => {
            return view! {
                <section class="panel" id="fix" aria-labelledby="fix-heading">
                    <div class="panel-head"><h2 id="fix-heading">"Find the site"</h2></div>
                    <Likely likely/>
                </section>
                <SentKeys sent samples days/>
            }
            .into_any();
        }
        (Fixing::Replays { groups, single }, _) => {
            ("Who repeats", view! { <Replays groups single now/> }.into_any())
        }
        (Fixing::Nothing, fix) => {
            let (heading, said) = advice(fix, count, sites, before);
            (heading, view! { <div class="pad ours"><p title=OUR_READING>{said}</p></div> }.into_any())
        }
    };
    view! {
        <section class="panel" id="fix" aria-labelledby="fix-heading">
            <div class="panel-head"><h2 id="fix-heading">{heading}</h2></div>
            {body}
        </section>
    }
    .into_any()
}

/// Advice for codes that no button fixes (ours).
fn advice(fix: Fix, count: Compared, sites: i64, before: &'static str) -> (&'static str, String) {
    let course = match count.change() {
        _ if count.before == 0 => format!("There was none {before}."),
        None => format!("It is as frequent as {before}."),
        Some(change) => {
            let way = if count.now > count.before { "more" } else { "less" };
            if change.ends_with("times") {
                format!("It is {change} as frequent as {before}.")
            } else {
                format!("It is {change} {way} frequent than {before}.")
            }
        }
    };
    let doubled = count.before > 0 && count.now >= 2 * count.before;
    let risen = doubled || count.before == 0;
    match fix {
        Fix::WatchBaseline if doubled => (
            "Above its usual level",
            format!(
                "{course} Look at the hosts, clients and user agents below: many requests from few of them are an attack."
            ),
        ),
        Fix::WatchBaseline => (
            "Noise at its usual level",
            format!(
                "{course} Low, steady rates are noise: nothing to do until it rises above that."
            ),
        ),
        Fix::PlatformIncident if sites >= MANY_SITES && risen => (
            "Ours, most likely",
            format!(
                "{course} {} see it at once, so the cause is more likely the service than one customer.",
                counted(sites, "site", "sites")
            ),
        ),
        Fix::PlatformIncident if !risen => (
            "At its usual level",
            format!(
                "{course} Some of it is always there; it would be ours if it rose on many sites at once."
            ),
        ),
        Fix::PlatformIncident => (
            "One site, or the service?",
            format!(
                "{course} It concerns {}. A visitor’s network is theirs; many sites at once would be ours.",
                counted(sites, "site", "sites")
            ),
        ),
        _ => ("Compared with before", course),
    }
}

/// Active sites that list the hosts of stopped ones; there need not be any.
#[component]
pub fn Successors(
    /// The sites.
    likely: Vec<LikelySite>,
) -> impl IntoView {
    if likely.is_empty() {
        return view! { <p class="pad muted">"No active site lists these hosts."</p> }.into_any();
    }
    view! { <Likely likely/> }.into_any()
}

/// Sites that list the hosts of this traffic, with the sitekey their pages should carry.
#[component]
fn Likely(likely: Vec<LikelySite>) -> impl IntoView {
    if likely.is_empty() {
        return view! {
            <div class="state empty">
                <h3>"No site lists these hosts"</h3>
                <p>"If they are a customer’s, add them to that customer’s site. If nobody knows them, leave them denied."</p>
            </div>
        }
        .into_any();
    }
    let rows = likely
        .into_iter()
        .map(|site| {
            let hosts = site.hosts.join(", ");
            let key = match site.sitekey {
                Some(sitekey) => view! { <Copyable text=sitekey/> }.into_any(),
                None => view! { <span class="muted">"no active sitekey"</span> }.into_any(),
            };
            let snippet = format!("/sites/{}/integration", site.site);
            view! {
                <tr>
                    <th scope="row">
                        <a href=format!("/sites/{}", site.site)>{site.name}</a>
                        <span class="sub"><StateBadge state=site.state/></span>
                    </th>
                    <td class="wide" data-label="Its hosts"><span class="mono">{hosts}</span></td>
                    <td class="num" data-label="Events">{grouped(site.count)}</td>
                    <td class="wide" data-label="Right sitekey">{key}</td>
                    <td class="act"><div class="actions"><a class="btn small" href=snippet>"Snippet"</a></div></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableWrap label="Likely sites">
            <table class="table stacked">
                <thead>
                    <tr>
                        <th scope="col">"Most likely site"</th>
                        <th scope="col">"Its hosts"</th>
                        <th scope="col" class="num">"Events"</th>
                        <th scope="col">"Right sitekey"</th>
                        <th scope="col"><span class="visually-hidden">"Snippet"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableWrap>
    }
    .into_any()
}

/// The keys that were sent and what is wrong with each.
#[component]
fn SentKeys(sent: Vec<SentKey>, samples: i64, days: u16) -> impl IntoView {
    if sent.is_empty() {
        let kept = counted(days.into(), "day", "days");
        return view! {
            <section class="panel" aria-labelledby="sent-keys">
                <div class="panel-head"><h2 id="sent-keys">"Keys that were sent"</h2></div>
                <div class="state empty">
                    <h3>"No samples"</h3>
                    <p>"The keys that were sent are read from samples, which are kept for "{kept}"."</p>
                </div>
            </section>
        }
        .into_any();
    }
    let rows = sent
        .into_iter()
        .map(|key| {
            let shown = match key.shown {
                Some(shown) => view! { <code>{shown}</code> }.into_any(),
                None => view! { <span class="muted">"no sitekey"</span> }.into_any(),
            };
            let keys = key.site.map(|site| {
                let href = format!("/sites/{site}/keys");
                view! { <a class="btn small" href=href>"Its site’s keys"</a> }
            });
            let host = in_words(&key.host).map_or(key.host.clone(), str::to_owned);
            view! {
                <tr>
                    <th scope="row" class="nowrap">{shown}</th>
                    <td class="wide" data-label="What is wrong">{key.verdict}</td>
                    <td data-label="Sent from"><span class="mono">{host}</span></td>
                    <td class="num" data-label="Samples">{grouped(key.count)}</td>
                    <td class="act"><div class="actions">{keys}</div></td>
                </tr>
            }
        })
        .collect_view();
    let read = format!("Read from {}", counted(samples, "sample", "samples"));
    view! {
        <section class="panel" aria-labelledby="sent-keys">
        <div class="panel-head"><h2 id="sent-keys">"Keys that were sent"</h2></div>
        <TableWrap label="Keys that were sent">
            <table class="table stacked">
                <thead>
                    <tr>
                        <th scope="col">"Key that was sent"</th>
                        <th scope="col">"What is wrong"</th>
                        <th scope="col">"Sent from"</th>
                        <th scope="col" class="num">"Samples"</th>
                        <ActionsHead/>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableWrap>
        <div class="panel-foot"><span>{read}</span></div>
        </section>
    }
    .into_any()
}

/// Repeated verifications, by trace and client.
#[component]
fn Replays(groups: Vec<Replay>, single: i64, now: Timestamp) -> impl IntoView {
    if groups.is_empty() {
        let (heading, said) = if single > 0 {
            (
                "No bursts",
                "Each trace and client of the samples repeats once, as a backend that retries does.",
            )
        } else {
            (
                "Nobody can be told apart",
                "No sample of this range names a trace or a client. Have your verifiers send both.",
            )
        };
        return view! { <div class="state empty"><h3>{heading}</h3><p>{said}</p></div> }.into_any();
    }
    let singles = (single > 0).then(|| {
        let said = format!("{} more repeat once, as a backend that retries does", grouped(single));
        view! { <div class="panel-foot"><span>{said}</span></div> }
    });
    let rows = groups
        .into_iter()
        .map(|replay| {
            let class = if replay.looks == Looks::Shared { "tag bad" } else { "tag" };
            let name = |text: Option<&String>| match text {
                Some(text) => view! { <code title=text.clone()>{shorten(text)}</code> }.into_any(),
                None => view! { <span class="muted">"none"</span> }.into_any(),
            };
            let clients = match replay.clients.as_slice() {
                [] | [_] => name(replay.clients.first()),
                several => {
                    let number = i64::try_from(several.len()).unwrap_or(i64::MAX);
                    counted(number, "client", "clients").into_any()
                }
            };
            view! {
                <tr>
                    <th scope="row">{name(replay.trace.as_ref())}</th>
                    <td data-label="Client">{clients}</td>
                    <td class="num" data-label="Samples">{grouped(replay.count)}</td>
                    <td class="num" data-label="First"><Ago at=replay.first now/></td>
                    <td class="num" data-label="Last"><Ago at=replay.last now/></td>
                    <td class="wide" data-label="Looks like">
                        <span class=class>{replay.looks.label()}</span>
                        <span class="sub">{replay.looks.reading()}</span>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableWrap label="Repeated verifications">
            <table class="table stacked">
                <thead>
                    <tr>
                        <th scope="col">"Trace"</th>
                        <th scope="col">"Client"</th>
                        <th scope="col" class="num">"Samples"</th>
                        <th scope="col" class="num">"First"</th>
                        <th scope="col" class="num">"Last"</th>
                        <th scope="col">"Looks like (our reading)"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableWrap>
        {singles}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_follows_the_course_and_the_number_of_sites() {
        let compared = |now, before| Compared { now, before };
        let heading = |fix, count, sites| advice(fix, count, sites, "the day before").0;
        assert_eq!(heading(Fix::WatchBaseline, compared(20, 10), 1), "Above its usual level");
        assert_eq!(heading(Fix::WatchBaseline, compared(11, 10), 1), "Noise at its usual level");
        assert_eq!(heading(Fix::PlatformIncident, compared(30, 10), 8), "Ours, most likely");
        assert_eq!(
            heading(Fix::PlatformIncident, compared(30, 10), 1),
            "One site, or the service?"
        );
        assert_eq!(heading(Fix::PlatformIncident, compared(11, 10), 8), "At its usual level");
        let (_, said) = advice(Fix::None, compared(15, 10), 1, "the day before");
        assert_eq!(said, "It is 50\u{a0}% more frequent than the day before.");
    }
}
