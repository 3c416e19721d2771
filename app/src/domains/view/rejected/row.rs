//! The rows of the table of rejected hosts.

use super::why::{nearest, why};
use super::{GROUP, PAGE, SEARCH, Table, ignore_form, ignore_form_id, unignore_form};
use crate::domains::Warning;
use crate::domains::hosts_api::allow_path;
use crate::domains::rejected::{Group, RejectedHost, Remedy, Standing, UNATTRIBUTED, anchor};
use crate::domains::view::warning::WarningTags;
use crate::sites::pages::state_path;
use crate::sites::rules::StateChange;
use crate::ui::key::HostName;
use crate::ui::number::{counted, grouped};
use crate::ui::share::Share;
use crate::ui::time::Ago;
use leptos::prelude::*;

/// The most characters of a referer that are shown.
const SHOWN_OF_REFERER: usize = 120;

impl Table {
    /// The rows of a group, below its name if it has one.
    pub(super) fn group(&self, group: &Group) -> impl IntoView + use<> {
        let largest = self.data.groups.iter().flat_map(|group| &group.rows);
        let largest = largest.map(|row| row.count).max().unwrap_or(0);
        let named = group.domain.as_ref().filter(|_| group.all > 1);
        let head = named.map(|domain| self.group_head(group, domain));
        let rows = group.rows.iter().map(|row| self.row(row, largest)).collect_view();
        let class = named.map(|_| "group");
        view! { <tbody class=class>{head}{rows}</tbody> }
    }

    fn group_head(&self, group: &Group, domain: &str) -> impl IntoView + use<> {
        let columns = 5 + i32::from(self.wanted.site.is_none()) + i32::from(self.says_code());
        let hosts = counted(group.hosts, "host", "hosts");
        let hosts = match group.all - group.hosts {
            0 => format!("{hosts}, "),
            _ => format!("{hosts} in {} rows, ", grouped(group.all)),
        };
        let shown = i64::try_from(group.rows.len()).unwrap_or(0);
        let rest = (group.all > shown).then(|| {
            let href = self.address.without(&[GROUP, PAGE]).with(SEARCH, domain).href();
            view! { " · "<a href=href>{format!("{} more", grouped(group.all - shown))}</a> }
        });
        view! {
            <tr>
                <th scope="rowgroup" colspan=columns.to_string()>
                    <HostName host=domain.to_owned()/>
                    <span class="sub">
                        {hosts}{grouped(group.count)}" denied, last "
                        <Ago at=group.last_seen now=self.data.now/>
                        {rest}
                    </span>
                </th>
                <td class="act"><div class="actions">{self.allow_group(group, domain)}</div></td>
            </tr>
        }
    }

    /// One entry for a whole domain, where all its hosts are of one site and none poses as another.
    fn allow_group(&self, group: &Group, domain: &str) -> Option<impl IntoView + use<>> {
        let first = group.rows.first()?;
        let one_site = group.rows.iter().all(|row| row.site == first.site);
        let allows =
            |row: &RejectedHost| matches!(row.remedy, Remedy::Allow(Standing::Denied { .. }));
        let denied = group.rows.iter().all(allows);
        let posing = group.rows.iter().any(|row| row.warnings.iter().any(Warning::is_posing));
        let below = group.rows.iter().any(|row| row.host != domain);
        (one_site && denied && !posing && below).then(|| {
            let back = self.back_to(first);
            let href = allow_path(first.site, domain, true, &back, Some(self.chosen));
            let label = format!("Allow {domain} with its subdomains");
            view! { <a class="btn small" href=href aria-label=label>"Allow all below…"</a> }
        })
    }

    /// This page, at a host's row.
    fn back_to(&self, row: &RejectedHost) -> String {
        format!("{}#{}", self.back, anchor(row.site, row.code, &row.host))
    }

    fn row(&self, row: &RejectedHost, largest: i64) -> impl IntoView + use<> {
        let now = self.data.now;
        let site = self.wanted.site.is_none().then(|| {
            let name = if row.site == UNATTRIBUTED {
                view! { <span class="muted">"None named"</span> }.into_any()
            } else {
                let href = format!("/sites/{}", row.site);
                view! { <a href=href>{row.site_name.clone()}</a> }.into_any()
            };
            view! { <td data-label="Site">{name}</td> }
        });
        let code = self.says_code().then(|| {
            view! { <td data-label="Code"><code>{row.code.as_str()}</code></td> }
        });
        let referers = row.referers.iter().map(|sent| {
            let shown = match sent.char_indices().nth(SHOWN_OF_REFERER) {
                Some((end, _)) => format!("{}…", &sent[..end]),
                None => sent.clone(),
            };
            view! { <span class="sub mono" title=sent.clone()>{shown}</span> }
        });
        view! {
            <tr id=anchor(row.site, row.code, &row.host)>
                <th scope="row">
                    <HostName host=row.host.clone()/>
                    <WarningTags warnings=row.warnings.clone()/>
                    {row.ignored.then(|| view! { " "<span class="tag">"ignored"</span> })}
                    {referers.collect_view()}
                </th>
                {site}
                {code}
                <td class="num" data-label="Denied"><Share part=row.count whole=largest hue=1/></td>
                <td class="num" data-label="First seen"><Ago at=row.first_seen now/></td>
                <td class="num" data-label="Last seen"><Ago at=row.last_seen now/></td>
                {self.why(row)}
                <td class="act"><div class="actions">{self.actions(row)}</div></td>
            </tr>
        }
    }

    /// What stops it, in a cell.
    fn why(&self, row: &RejectedHost) -> impl IntoView + use<> {
        let now = self.data.now;
        let (label, said) = match &row.remedy {
            Remedy::Allow(standing) => ("Nearest entry", nearest(standing, &row.host).into_any()),
            remedy => ("What stops it", why(remedy, &row.host, now).into_any()),
        };
        view! { <td class="wide" data-label=label>{said}</td> }
    }

    /// What can be done about a host, which follows from its code. Nothing is ever allowed in bulk, and a
    /// look-alike is not to be allowed by the first click at hand.
    fn actions(&self, row: &RejectedHost) -> impl IntoView + use<> {
        let (site, back) = (row.site, self.back_to(row));
        let change = |to: StateChange| {
            let label = format!("{} {}", to.verb(), row.site_name);
            let shown = format!("{}…", to.verb());
            view! { <a class="btn small" href=state_path(site, to, &back) aria-label=label>{shown}</a> }
                .into_any()
        };
        match &row.remedy {
            Remedy::Restore { until: Some(_), .. } => change(StateChange::Restore),
            Remedy::Restore { until: None, successor: likely, .. } | Remedy::Key { likely, .. } => {
                let snippet = likely.as_ref().map(|likely| {
                    let href = format!("/sites/{}/integration", likely.site);
                    let label = format!("Snippet of {}", likely.name);
                    view! { <a class="btn small" href=href aria-label=label>"Snippet"</a> }
                });
                snippet.into_any()
            }
            _ if row.ignored => unignore_form(site, &row.host, &back).into_any(),
            Remedy::Start { .. } => change(StateChange::Start),
            Remedy::Allow(Standing::Denied { .. }) => self.allow(row, &back).into_any(),
            Remedy::Allow(Standing::NoHost) => {
                ignore_form(site, &row.host, &back, "small", "Ignore").into_any()
            }
            Remedy::Allow(Standing::AllowedNow { .. }) | Remedy::Over { .. } => ().into_any(),
        }
    }

    fn allow(&self, row: &RejectedHost, back: &str) -> impl IntoView + use<> {
        let site = row.site;
        let allow = |below| allow_path(site, &row.host, below, back, Some(self.chosen));
        let allow = view! {
            <a href=allow(false)>"This host only…"</a>
            <a href=allow(true)>"With its subdomains…"</a>
        };
        let ignore = view! {
            <button form=ignore_form_id(site) name="host" value=row.host.clone()>"Ignore: keep denying, keep counting"</button>
        };
        let posing = row.warnings.iter().any(Warning::is_posing);
        let (shown, label, choices) = if posing {
            let choices = view! { {ignore}<hr/><p>"Allow it if it is yours:"</p>{allow} };
            ("Decide…", format!("Decide about {}…", row.host), choices.into_any())
        } else {
            let choices = view! { {allow}<hr/>{ignore} };
            ("Allow…", format!("Allow {}…", row.host), choices.into_any())
        };
        view! {
            <details class="menu" name="menu">
                <summary class="btn small" aria-label=label>{shown}</summary>
                <div class="menu-body">{choices}</div>
            </details>
        }
    }
}
