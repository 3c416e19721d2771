//! What would become of domains that are being typed, line by line, before anything is saved.

use super::api::{DomainsVerdict, Fate, LineVerdict, Suggestion};
use super::commands::{Added, AddedSome};
use super::model::{Canonical, DomainScope, Note, Pattern};
use super::replay::{changed, replay};
use super::rules::{self, Line};
use super::warnings::{Warning, before_adding};
use super::{DomainIndex, FirstSeen, Refusal, store};
use crate::context::AppState;
use crate::error::AppError;
use crate::gate::SitePolicy;
use crate::sites::model::{SiteId, SiteState};
use crate::sites::traffic;
use crate::ui::flash::Done;
use crate::ui::number::{counted, grouped};
use sqlx::PgConnection;
use std::collections::HashMap;
use std::sync::Arc;

/// How many lines of a list are shown, and looked at for warnings.
const SHOWN: usize = 100;
/// The most characters of a line that are shown.
const SHOWN_OF_LINE: usize = 80;

/// What would become of domains that are being typed.
pub async fn judge(
    state: &AppState,
    site: Option<SiteId>,
    typed: &str,
    include_subdomains: bool,
) -> Result<DomainsVerdict, AppError> {
    if typed.trim().is_empty() {
        return Ok(DomainsVerdict::default());
    }
    let lines = match rules::judge_lines(typed, include_subdomains) {
        Ok(lines) => lines,
        Err(refusal) => return Ok(refused(refusal.message)),
    };
    let mut conn = state.pool.acquire().await?;
    let list = List::of(state, site);
    if let [line] = &*lines {
        return list.judge_one(&mut conn, line, typed, include_subdomains).await;
    }
    list.judge_several(&mut conn, &lines, typed, include_subdomains).await
}

fn refused(message: String) -> DomainsVerdict {
    let title = "Not accepted".to_owned();
    DomainsVerdict { title, notes: vec![message], ..DomainsVerdict::default() }
}

/// What to do about a domain that asks for its subdomains on a list of others that do not.
fn added_apart(refusal: &Refusal) -> Option<String> {
    let suggested = refusal.suggested()?;
    (suggested.include_subdomains == Some(true)).then(|| {
        let host = suggested.input;
        format!("To include the subdomains of {host}, add it by itself; corrected, it is exact.")
    })
}

/// `typed` with its first refused domain corrected.
fn suggestion(typed: &str, include_subdomains: bool) -> Option<Suggestion> {
    let (domains, include_subdomains) = rules::suggested_lines(typed, include_subdomains)?;
    Some(Suggestion { domains, include_subdomains })
}

/// The list that domains would join; an empty one for a site that is yet to be made.
struct List {
    state: AppState,
    policy: Option<Arc<SitePolicy>>,
    scopes: HashMap<(String, Option<u16>), DomainScope>,
}

impl List {
    fn of(state: &AppState, site: Option<SiteId>) -> Self {
        let policy = site.and_then(|site| state.gate.policy(site));
        let entries = policy.iter().flat_map(|policy| policy.index.iter());
        let scopes = entries.map(|entry| {
            let Pattern { host, port, scope } = entry.pattern;
            ((host.clone(), *port), *scope)
        });
        let scopes = scopes.collect();
        Self { state: state.clone(), scopes, policy }
    }

    fn present(&self, pattern: &Pattern) -> Option<DomainScope> {
        self.scopes.get(&(pattern.host.clone(), pattern.port)).copied()
    }

    /// The entry that lets a new one's host through already.
    fn covering(&self, pattern: &Pattern) -> Option<String> {
        let found = self.policy.as_ref()?.index.covering(pattern)?;
        Some(found.pattern.to_string())
    }

    async fn judge_one(
        &self,
        conn: &mut PgConnection,
        line: &Line<'_>,
        typed: &str,
        include_subdomains: bool,
    ) -> Result<DomainsVerdict, AppError> {
        let Canonical { pattern, notes } = match &line.outcome {
            Ok(canonical) => canonical,
            Err(refusal) => {
                let message = crate::error::Refusal::from(refusal.clone()).message;
                let suggestion = suggestion(typed, include_subdomains);
                return Ok(DomainsVerdict { suggestion, ..refused(message) });
            }
        };
        if let Some(scope) = self.present(pattern) {
            let how = scope.label();
            let note = format!("{} is listed as {how}. Change that entry instead.", shown(pattern));
            let title = "On the list already".to_owned();
            return Ok(DomainsVerdict { title, notes: vec![note], ..DomainsVerdict::default() });
        }
        let ascii = pattern.unicode().map(|_| format!("Stored as {pattern}."));
        let mut notes: Vec<String> =
            ascii.into_iter().chain(notes.iter().map(Note::message)).collect();
        notes.extend(self.covering(pattern).map(|by| format!("Let through already, by {by}.")));
        notes.extend(self.cleared(conn, &[pattern]).await?);
        let warnings = self.warnings(conn, &[pattern]).await?;
        Ok(DomainsVerdict {
            accepted: true,
            title: format!("{} will be added, {}", shown(pattern), pattern.scope.label()),
            notes,
            warnings: warnings.iter().flatten().map(Warning::message).collect(),
            valid: 1,
            ..DomainsVerdict::default()
        })
    }

    async fn judge_several(
        &self,
        conn: &mut PgConnection,
        lines: &[Line<'_>],
        typed: &str,
        include_subdomains: bool,
    ) -> Result<DomainsVerdict, AppError> {
        let mut verdicts: Vec<LineVerdict> = lines.iter().map(|line| self.verdict(line)).collect();
        let of = |fate| verdicts.iter().filter(|line| line.fate == fate).count();
        let (refused, present) = (of(Fate::Refused), of(Fate::Present));
        let new: Vec<(usize, &Pattern)> = verdicts
            .iter()
            .zip(lines)
            .enumerate()
            .filter(|(_, (verdict, _))| verdict.fate == Fate::Accepted)
            .filter_map(|(at, (_, line))| Some((at, &line.outcome.as_ref().ok()?.pattern)))
            .collect();
        let patterns: Vec<&Pattern> = new.iter().map(|(_, pattern)| *pattern).collect();
        let warned = self.warnings(conn, &patterns[..patterns.len().min(SHOWN)]).await?;
        for ((at, _), warnings) in new.iter().zip(&warned) {
            verdicts[*at].warned = warnings
                .iter()
                .map(|warning| (warning.badge().to_owned(), warning.message()))
                .collect();
        }
        let apart = lines.iter().find_map(|line| line.outcome.as_ref().err());
        let apart = apart.filter(|_| !include_subdomains).and_then(added_apart);
        let notes = self.cleared(conn, &patterns).await?.into_iter().chain(apart).collect();
        let accepted = refused == 0 && present == 0;
        let suggestion = if refused > 0 { suggestion(typed, include_subdomains) } else { None };
        let (valid, all) = (length(patterns.len()), length(lines.len()));
        let title = match (accepted, valid) {
            (true, valid) => format!("{} will be added", counted(valid, "domain", "domains")),
            (false, 0) => "None of these can be added".to_owned(),
            (false, valid) => format!("{} of {} can be added", grouped(valid), grouped(all)),
        };
        let lines = shown_lines(verdicts);
        Ok(DomainsVerdict {
            accepted,
            title,
            notes,
            warnings: Vec::new(),
            suggestion,
            more: all - length(lines.len()),
            lines,
            valid,
            partly: self.policy.is_some() && !accepted && valid > 0,
        })
    }

    fn verdict(&self, line: &Line<'_>) -> LineVerdict {
        let (fate, said) = match (&line.outcome, line.repeats) {
            (Err(refusal), _) => {
                (Fate::Refused, crate::error::Refusal::from(refusal.clone()).message)
            }
            (Ok(_), Some(before)) => (Fate::Repeated, format!("The same as on line {before}.")),
            (Ok(Canonical { pattern, .. }), None) => {
                if let Some(scope) = self.present(pattern) {
                    (Fate::Present, format!("On the list already, {}.", scope.label()))
                } else {
                    let covered =
                        self.covering(pattern).map(|by| format!(", let through already by {by}"));
                    (Fate::Accepted, told(pattern) + &covered.unwrap_or_default())
                }
            }
        };
        let text = line.piece.text;
        let typed = match text.char_indices().nth(SHOWN_OF_LINE) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        };
        LineVerdict { line: length(line.piece.line), typed, fate, said, warned: Vec::new() }
    }

    /// Reasons to look twice at each of some new entries.
    async fn warnings(
        &self,
        conn: &mut PgConnection,
        patterns: &[&Pattern],
    ) -> Result<Vec<Vec<Warning>>, AppError> {
        let Some(policy) = &self.policy else {
            let none = DomainIndex::default();
            let now = self.state.clock.now();
            let warn = |pattern: &&Pattern| before_adding(pattern, &none, FirstSeen::Unknown, now);
            return Ok(patterns.iter().map(warn).collect());
        };
        let pairs: Vec<_> =
            patterns.iter().map(|pattern| (policy.site, pattern.host.as_str())).collect();
        let seen = store::first_seen(conn, &pairs).await?;
        let seen: HashMap<String, _> =
            seen.into_iter().map(|(_, host, first)| (host, first)).collect();
        let any_seen = store::any_seen(conn, policy.site).await?;
        let now = self.state.clock.now();
        let warn = |pattern: &&Pattern| {
            let first = match seen.get(&pattern.host) {
                Some(first) => FirstSeen::At(*first),
                // Whether a host below it was seen is told by what it would clear.
                None if any_seen && pattern.scope == DomainScope::Exact => FirstSeen::Never,
                None => FirstSeen::Unknown,
            };
            before_adding(pattern, &policy.index, first, now)
        };
        Ok(patterns.iter().map(warn).collect())
    }

    /// How many of the last seven days' denials new entries would have let through, in a sentence.
    async fn cleared(
        &self,
        conn: &mut PgConnection,
        patterns: &[&Pattern],
    ) -> Result<Option<String>, AppError> {
        let Some(policy) = self.policy.as_ref().filter(|_| !patterns.is_empty()) else {
            return Ok(None);
        };
        let now = self.state.clock.now();
        let denied = traffic::hosts(conn, policy.site, "referer_denied", now).await?;
        let after = changed(&policy.index, &[], patterns.iter().copied());
        let clears = replay(&policy.index, &after, &denied, &[]).clears;
        Ok((!clears.is_empty()).then(|| {
            let hosts = counted(clears.len(), "host", "hosts");
            let requests = grouped(clears.requests);
            format!("Would have let through {requests} of the last 7 days’ denials, from {hosts}.")
        }))
    }
}

fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// An entry as people read it.
pub fn shown(pattern: &Pattern) -> String {
    pattern.unicode().unwrap_or_else(|| pattern.to_string())
}

/// `bücher.example, exact, stored as xn--bcher-kva.example`
fn told(pattern: &Pattern) -> String {
    let stored = pattern.unicode().map(|_| format!(", stored as {pattern}")).unwrap_or_default();
    format!("{}, {}{stored}", shown(pattern), pattern.scope.label())
}

/// The lines that are shown: refused ones before all others, each in the order they were typed.
fn shown_lines(verdicts: Vec<LineVerdict>) -> Vec<LineVerdict> {
    let (wrong, fine): (Vec<_>, Vec<_>) =
        verdicts.into_iter().partition(|line| line.fate == Fate::Refused);
    wrong.into_iter().chain(fine).take(SHOWN).collect()
}

/// What the gate does with what was added to a site in this `state`.
pub fn told_of_gate(what: &str, state: SiteState) -> String {
    match state {
        SiteState::Active => format!("The gate lets {what} through now."),
        SiteState::Paused => format!("The gate lets {what} through once the site is started."),
        SiteState::Deleted => format!("The gate lets {what} through once the site is restored."),
    }
}

/// What the answer says after domains were added to a site in this `state`.
pub fn told_of_added(added: &[Added], state: SiteState) -> Done {
    match added {
        [Added { canonical, entry }] => {
            let (shown, scope) = (shown(&canonical.pattern), canonical.pattern.scope.label());
            let gate = told_of_gate("it", state);
            Done::undoable(format!("Added {shown}, {scope}. {gate}"), *entry)
        }
        several => {
            let domains = counted(length(several.len()), "domain", "domains");
            let message = format!("Added {domains}. {}", told_of_gate("them", state));
            match several.first() {
                // The first of a batch stands for all of it.
                Some(Added { entry, .. }) => Done::undoable(message, *entry),
                None => Done::told(message),
            }
        }
    }
}

/// What the answer says after the valid ones of a list were added; the others stay in the field.
pub fn told_of_some(some: &AddedSome, include_subdomains: bool, state: SiteState) -> Done {
    let mut done = told_of_added(&some.added, state);
    if !some.refused.is_empty() {
        let refused = counted(length(some.refused.len()), "was refused", "were refused");
        done.message = format!("{} {refused} and can be corrected below.", done.message);
        let typed = some.refused.iter().filter(|typed| !typed.is_empty());
        let typed: Vec<&str> = typed.map(String::as_str).collect();
        done.kept = vec![
            ("domains".to_owned(), typed.join("\n")),
            ("include_subdomains".to_owned(), include_subdomains.to_string()),
        ];
    }
    done
}
