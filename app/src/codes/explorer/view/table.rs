//! The table: what the errors are told apart by, most frequent first.

use super::{heading, noun};
use crate::codes::NO_OPERATOR_ACTION;
use crate::codes::explorer::lines::{Line, Part, lines};
use crate::codes::explorer::model::{Group, Report, Sampled};
use crate::codes::explorer::rules::{closer, next_by};
use crate::codes::view::class_label;
use crate::domains::rejected::in_words;
use crate::stats::course::Compared;
use crate::stats::model::{GroupBy, Key};
use crate::ui::key::{CopyButton, HostName, shorten};
use crate::ui::number::{counted, grouped, percent};
use crate::ui::query::Address;
use crate::ui::spark::Spark;
use crate::ui::table::TableWrap;
use leptos::prelude::*;

/// The lines in their parts.
#[component]
pub(super) fn Table(report: Report, address: Address) -> impl IntoView {
    let by = report.wanted.by;
    let all = lines(&report);
    let of = |part: Part| all.iter().filter(move |line| line.part == part).collect::<Vec<_>>();
    let (quiet, unknown) = (of(Part::Quiet), of(Part::Unrecognised));
    let is_codes = by == GroupBy::Code && report.sampled.is_none();
    let table = Lines { report: &report, address: &address, is_codes };
    let (_, many) = noun(by);
    let heading = heading(by);
    let note = table.note();
    let mut main = of(Part::Main);
    main.extend(of(Part::Rest));
    let sum = |lines: &[&Line]| lines.iter().map(|line| line.group.count.now).sum::<i64>();
    let length = |lines: &[&Line]| i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let quiet = (!quiet.is_empty()).then(|| {
        let heading = format!(
            "{} no operator action",
            counted(length(&quiet), "code that needs", "codes that need")
        );
        // The one that is looked at is not folded away.
        let open = report.wanted.filter.code.is_some();
        table.disclosure(heading, sum(&quiet), "Codes without an operator action", &quiet, open)
    });
    let unknown = (!unknown.is_empty()).then(|| {
        let heading = counted(length(&unknown), "unrecognised code", "unrecognised codes");
        table.disclosure(heading, sum(&unknown), "Unrecognised codes", &unknown, true)
    });
    let body = if main.is_empty() && quiet.is_none() && unknown.is_none() {
        view! { <div class="state empty"><h3>{format!("No {many}")}</h3><p>"Nothing in this time has any."</p></div> }
            .into_any()
    } else if main.is_empty() {
        ().into_any()
    } else {
        table.table(heading.to_owned(), &main).into_any()
    };
    view! {
        <section class="panel" aria-labelledby="groups">
            <div class="panel-head">
                <h2 id="groups">{heading}</h2>
                <p>{note}</p>
            </div>
            {report.sampled.filter(|sampled| sampled.left_out == by).map(|sampled| partial(sampled, by))}
            {body}
            {quiet}
            {unknown}
        </section>
    }
}

/// Says that the samples answer in place of the counts.
pub(super) fn partial(sampled: Sampled, by: GroupBy) -> impl IntoView {
    let (one, _) = noun(sampled.left_out);
    let samples = counted(sampled.samples, "sample", "samples");
    let told = if sampled.left_out == by {
        format!(
            "Hosts are not counted by {one}. These numbers are of {samples} that were kept, not of all events; the chart counts all of them."
        )
    } else {
        format!(
            "Hosts are not counted by {one}. The numbers leave the {one} out; only the samples below are of it."
        )
    };
    view! {
        <div class="state partial">
            <h3>"Only the samples know"</h3>
            <p>{told}</p>
        </div>
    }
}

/// What all lines share.
struct Lines<'a> {
    report: &'a Report,
    address: &'a Address,
    is_codes: bool,
}

impl Lines<'_> {
    /// What the rates are of, and what one more click does.
    fn note(&self) -> String {
        let attempts = counted(self.report.attempts.now, "attempt", "attempts");
        let by = self.report.wanted.by;
        if self.report.sampled.is_some_and(|sampled| sampled.left_out == by) {
            return "of samples".to_owned();
        }
        match by {
            GroupBy::Code => format!("rates are of {attempts}"),
            by => format!("rates are of each {}’s own attempts, {attempts} in all", noun(by).0),
        }
    }

    fn compares(&self) -> bool {
        self.report.before.is_some()
    }

    fn by_sites(&self) -> bool {
        self.is_codes && !self.report.sites_of.is_empty()
    }

    fn table(&self, label: String, lines: &[&Line]) -> impl IntoView + use<> {
        let (one, _) = noun(self.report.wanted.by);
        let mut head = one.to_owned();
        if let Some(first) = head.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let rows = lines.iter().map(|line| self.row(line)).collect_view();
        let class_head =
            self.is_codes.then(|| view! { <th scope="col" class="c-class">"Class"</th> });
        let change_head =
            self.compares().then(|| view! { <th scope="col" class="num c-change">"Change"</th> });
        let sites_head =
            self.by_sites().then(|| view! { <th scope="col" class="num c-sites">"Sites"</th> });
        let rate_of =
            if self.is_codes { "Share of all attempts" } else { "Share of its own attempts" };
        let class = if self.is_codes { "table stacked codes" } else { "table stacked groups" };
        let actions = if self.is_codes {
            view! {
                <th scope="col">"Recommended action"</th>
                <th scope="col" class="c-act"><span class="visually-hidden">"Fix"</span></th>
            }
            .into_any()
        } else {
            view! { <th scope="col"><span class="visually-hidden">"Look closer"</span></th> }
                .into_any()
        };
        view! {
            <TableWrap label=label>
                <table class=class>
                    <thead>
                        <tr>
                            <th scope="col" class="c-code">{head}</th>
                            {class_head}
                            <th scope="col" class="num c-count" aria-sort="descending">"Count"</th>
                            {change_head}
                            <th scope="col" class="num c-rate" title=rate_of>"Rate"</th>
                            <th scope="col" class="c-trend">"Trend"</th>
                            {sites_head}
                            {actions}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableWrap>
        }
    }

    fn row(&self, line: &Line) -> impl IntoView + use<> {
        let Group { count, attempts, trend, .. } = line.group.clone();
        let rate = attempts.map_or_else(|| "–".to_owned(), |attempts| percent(count.now, attempts));
        let rate_title =
            attempts.map(|attempts| format!("of {}", counted(attempts, "attempt", "attempts")));
        let hue_of = match &line.group.key {
            Key::Name(name) if self.is_codes => name.clone(),
            _ => self.report.wanted.filter.code.clone().unwrap_or_default(),
        };
        let change = self.compares().then(|| {
            view! { <td class="num" data-label="Change">{change(count)}</td> }
        });
        let class = line.entry.map(|entry| {
            view! { {class_label(entry.class)}<span class="sub">{entry.family.as_str()}</span> }
        });
        let class = self.is_codes.then(|| match class {
            Some(class) => view! { <td data-label="Class">{class}</td> }.into_any(),
            None => view! { <td data-label="Class">{if line.part == Part::Unrecognised { "Unrecognised" } else { "" }}</td> }.into_any(),
        });
        let sites = self.by_sites().then(|| self.sites(line));
        view! {
            <tr class=(!matches!(line.part, Part::Rest)).then_some("opens")>
                <th scope="row">{self.name(line)}</th>
                {class}
                <td class="num" data-label="Count">{grouped(count.now)}</td>
                {change}
                <td class="num" data-label="Rate" title=rate_title>{rate}</td>
                <td data-label="Trend"><Spark counts=trend code=hue_of/></td>
                {sites}
                {self.actions(line)}
            </tr>
        }
    }

    /// The page of a code with the same question.
    fn code_page(&self, code: &str) -> String {
        let kept = self.address.without(&["hide", "by", "code", "table", "as", "compare"]);
        kept.at(format!("/errors/{code}")).href()
    }

    fn name(&self, line: &Line) -> AnyView {
        let (by, label) = (self.report.wanted.by, line.group.label.clone());
        if line.part == Part::Rest {
            let keys = self.report.other.as_ref().map(|(_, keys)| *keys);
            let (one, many) = noun(by);
            return match keys.filter(|_| line.group.key == Key::Null) {
                Some(keys) => {
                    let said =
                        if keys > 0 { format!("All other {many}") } else { format!("No {one}") };
                    let sub = (keys > 0)
                        .then(|| view! { <span class="sub">{counted(keys, one, many)}</span> });
                    view! { <span class="muted">{said}</span>{sub} }.into_any()
                }
                None => view! {
                    <span class="muted">{label}</span>
                    <span class="sub">"each with few events; by site, they are told apart"</span>
                }
                .into_any(),
            };
        }
        if self.is_codes {
            let description = line.entry.map_or(
                if line.part == Part::Unrecognised {
                    "not in the catalogue; kept and counted as it came"
                } else {
                    "the attempt passed"
                },
                |entry| entry.description,
            );
            let name = if label == crate::codes::OK {
                view! { <span class="mono">{label}</span> }.into_any()
            } else {
                let href = self.code_page(&label);
                view! { <a class="mono" href=href>{label}</a> }.into_any()
            };
            return view! { {name}<span class="sub">{description}</span> }.into_any();
        }
        let shown = match (&line.group.key, by) {
            (Key::Name(host), GroupBy::Host) if in_words(host).is_none() => {
                view! { <HostName host=host.clone()/> }.into_any()
            }
            (Key::Name(sitekey), GroupBy::Sitekey) => {
                view! { <code title=sitekey.clone()>{shorten(sitekey)}</code> }.into_any()
            }
            (Key::Name(name), GroupBy::Source | GroupBy::Code) => {
                view! { <span class="mono">{name.clone()}</span> }.into_any()
            }
            _ => view! { {label} }.into_any(),
        };
        match closer(self.address, &self.report.wanted, &line.group.key) {
            Some(address) => view! { <a href=address.href()>{shown}</a> }.into_any(),
            None => shown,
        }
    }

    /// On how many sites a code occurred, which leads to them.
    fn sites(&self, line: &Line) -> impl IntoView + use<> {
        let count = line.sites.unwrap_or(0);
        let number = grouped(count);
        let shown = match closer(self.address, &self.report.wanted, &line.group.key) {
            Some(address) if count > 0 => {
                let label =
                    format!("{} with {}", counted(count, "site", "sites"), line.group.label);
                view! { <a href=address.href() aria-label=label>{number}</a> }.into_any()
            }
            _ => number.into_any(),
        };
        view! { <td class="num" data-label="Sites">{shown}</td> }
    }

    fn actions(&self, line: &Line) -> AnyView {
        let label = &line.group.label;
        if self.is_codes {
            let action = line.entry.map_or(
                if line.part == Part::Unrecognised {
                    "None known. Check the version of the verifier that sends it."
                } else {
                    ""
                },
                |entry| entry.recommended_action(),
            );
            let class = if action == NO_OPERATOR_ACTION { "wide muted" } else { "wide" };
            let button = line.entry.and_then(|entry| entry.fix().button());
            let button = button.filter(|_| line.group.count.now > 0).map(|button| {
                let name = format!("{} {label}", button.trim_end_matches('…'));
                let href = format!("{}#fix", self.code_page(label));
                view! { <a class="btn small" href=href aria-label=name>{button}</a> }
            });
            return view! {
                <td class=class data-label="Recommended action">{action}</td>
                <td class="act"><div class="actions">{button}</div></td>
            }
            .into_any();
        }
        let next = next_by(&self.report.wanted).map(|by| format!("By {}", noun(by).0));
        let closer = closer(self.address, &self.report.wanted, &line.group.key)
            .filter(|_| line.part != Part::Rest)
            .zip(next)
            .map(|(address, next)| {
                let name = format!("{label}: {}", next.to_lowercase());
                view! { <a class="btn small" href=address.href() aria-label=name>{next}</a> }
            });
        let (copied, opened) = match (&line.group.key, self.report.wanted.by) {
            (Key::Name(host), GroupBy::Host) if in_words(host).is_none() => {
                (Some(host.clone()), None)
            }
            (Key::Name(sitekey), GroupBy::Sitekey) => (Some(sitekey.clone()), None),
            (Key::Site(site), GroupBy::Site) => (None, Some(format!("/sites/{site}"))),
            _ => (None, None),
        };
        let open = opened.map(|href| {
            let name = format!("Open site {label}");
            let href = self.address.range_only().at(href).href();
            view! { <a class="btn small" href=href aria-label=name>"Open site"</a> }
        });
        view! {
            <td class="act">
                <div class="actions">{copied.map(|text| view! { <CopyButton text/> })}{open}{closer}</div>
            </td>
        }
        .into_any()
    }

    fn disclosure(
        &self,
        heading: String,
        total: i64,
        label: &'static str,
        lines: &[&Line],
        open: bool,
    ) -> impl IntoView + use<> {
        view! {
            <details class="disclosure" open=open>
                <summary>{heading}" "<span class="count">{grouped(total)}</span></summary>
                {self.table(label.to_owned(), lines)}
            </details>
        }
    }
}

/// How a count changed: more errors are worse.
fn change(count: Compared) -> AnyView {
    let Compared { now, before } = count;
    if before == 0 && now == 0 {
        return view! { <span class="muted">"–"</span> }.into_any();
    }
    if before == 0 {
        return view! { <span class="tag warn">"new"</span> }.into_any();
    }
    let title = format!("{} before", grouped(before));
    match count.change() {
        None => view! { <span class="muted" title=title>"same"</span> }.into_any(),
        Some(change) => {
            let class = if now > before { "delta up worse" } else { "delta down better" };
            view! { <span class=class title=title>{change}</span> }.into_any()
        }
    }
}
