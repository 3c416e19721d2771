//! From what an operator types to the pattern that is stored, or to the reason it is refused.
//!
//! Where the plan leaves room, this is what was chosen, and why:
//!
//! - `*.shop.example` means *shop.example including subdomains*, which is wider than the preview
//!   pattern it looks like. It is taken so when the operator asked for subdomains anyway, or for
//!   `*.localhost`; otherwise it is refused with that entry as the suggestion, one click away.
//! - *Include subdomains* is quietly narrowed (with a note) for addresses and preview patterns,
//!   which have none.
//! - `https://shop.example:443` loses its port, as it does in a browser; `shop.example:443` keeps
//!   it, and allows no other.
//! - Public IP addresses are allowed, exact, with a note; multicast and broadcast are refused.
//! - Underscores and hyphens are allowed wherever the URL Standard allows them, since browsers do.

mod authority;
mod lines;
mod name;
mod paste;
#[cfg(test)]
mod tests;

use super::model::{Canonical, DomainScope, Note, Pattern, with_port};
use super::refusal::Refusal;
use super::{host, suffix};
use authority::Authority;
use suffix::Standing;

pub use lines::{
    Line, MOST_LINES, canonicalise_each, canonicalise_lines, judge_lines, suggested_lines,
};
pub use paste::{Pasted, Piece, take_apart};

/// Turns an operator's input into an associated domain. `include_subdomains` is the box beside
/// the field.
///
/// # Errors
/// Says why the input is refused, and what would be accepted.
pub fn canonicalise(input: &str, include_subdomains: bool) -> Result<Canonical, Refusal> {
    let mut notes = Vec::new();
    let Authority { host: typed, port, default_port } =
        authority::find(input, include_subdomains, &mut notes)?;
    let (host, scope) = if typed.contains('*') {
        starred(&typed, include_subdomains, &mut notes)?
    } else {
        plain(&typed, include_subdomains, &mut notes)?
    };
    let port = match port {
        Some(text) => Some(authority::port(&text).ok_or_else(|| Refusal::InvalidPort {
            port: authority::shorten(&text),
            host: host.clone(),
        })?),
        None => None,
    };
    if let Some(port) = port.filter(|port| Some(*port) == default_port) {
        notes.push(Note::DefaultPort { port });
    }
    let port = port.filter(|port| Some(*port) != default_port);
    // `*.shop.example` without the box: a wish that is clear, but wider than what was asked for.
    if notes.contains(&Note::LeadingStar) && !include_subdomains && host != "localhost" {
        return Err(Refusal::StarLabel { parent: with_port(&host, port) });
    }
    let pattern = Pattern { host, scope, port };
    if let Some(unicode) = pattern.unicode() {
        notes.push(Note::International { unicode });
    }
    if pattern.testing() {
        notes.push(Note::Testing);
    } else if host::address(&pattern.host).is_some() {
        notes.push(Note::PublicAddress);
    }
    Ok(Canonical { pattern, notes })
}

/// The same entry with or without its subdomains.
///
/// # Errors
/// Refuses a preview pattern and an address, which have no subdomains, and subdomains that are not
/// the operator's.
pub fn rescope(pattern: &Pattern, to: DomainScope) -> Result<Pattern, crate::error::Refusal> {
    let refuse =
        |message: String| Err(crate::error::Refusal::new("scope_unchangeable", "to", message));
    if pattern.scope == DomainScope::Preview || to == DomainScope::Preview {
        return refuse(format!(
            "{pattern} cannot be changed into that. Remove it and add the entry you mean."
        ));
    }
    let canonical = canonicalise(&pattern.to_string(), to == DomainScope::Subdomains)?;
    if canonical.pattern.scope != to {
        return refuse(format!(
            "{pattern} is an address, which has no subdomains. Leave it exact."
        ));
    }
    Ok(canonical.pattern)
}

/// The canonical text of an input that would be accepted, for suggestions.
fn accepted(input: &str, include_subdomains: bool) -> Option<String> {
    let canonical = canonicalise(input, include_subdomains).ok()?;
    Some(canonical.pattern.to_string())
}

fn plain(
    typed: &str,
    include_subdomains: bool,
    notes: &mut Vec<Note>,
) -> Result<(String, DomainScope), Refusal> {
    let host = if let Some(address) = authority::ipv6(typed)? {
        address
    } else {
        name::to_ascii(typed, include_subdomains, notes)?
    };
    if host.starts_with('[') || host::ends_in_number(&host) {
        let host = name::check_address(&host, include_subdomains)?;
        if include_subdomains {
            notes.push(Note::AddressHasNoSubdomains);
        }
        return Ok((host, DomainScope::Exact));
    }
    let scope = if include_subdomains { DomainScope::Subdomains } else { DomainScope::Exact };
    check_suffix(&host, scope)?;
    Ok((host, scope))
}

fn check_suffix(host: &str, scope: DomainScope) -> Result<(), Refusal> {
    if host == "localhost" || host.ends_with(".localhost") {
        return Ok(());
    }
    if !host.contains('.') {
        return Err(Refusal::BareLabel { label: host.to_owned() });
    }
    let suffix = host.to_owned();
    let standing = match scope {
        DomainScope::Subdomains => suffix::standing_below(host),
        DomainScope::Exact | DomainScope::Preview => suffix::standing(host),
    };
    match (standing, scope) {
        (Standing::Public, _) => Err(Refusal::PublicSuffix { suffix }),
        (Standing::Private, DomainScope::Subdomains) => Err(Refusal::PrivateSuffix { suffix }),
        _ => Ok(()),
    }
}

/// A host with a `*` in it: a preview pattern, or `*.` in front of a name.
fn starred(
    typed: &str,
    include_subdomains: bool,
    notes: &mut Vec<Note>,
) -> Result<(String, DomainScope), Refusal> {
    const FIXED: usize = 4;
    if typed.chars().all(|c| matches!(c, '*' | '.')) {
        return Err(Refusal::LoneStar);
    }
    let Some((label, parent)) = typed.split_once('.') else {
        return Err(Refusal::BareLabel { label: authority::shorten(typed) });
    };
    if parent.contains('*') {
        return Err(Refusal::StarPlace);
    }
    if label == "*" {
        let found = plain(parent, true, notes)?;
        if found.1 != DomainScope::Subdomains {
            return Err(Refusal::StarPlace);
        }
        notes.push(Note::LeadingStar);
        return Ok(found);
    }
    let label = name::check_star_label(label)?;
    let fixed = label.len() - 1;
    if fixed < FIXED {
        return Err(Refusal::TooFewFixed { label, fixed });
    }
    let parent = name::to_ascii(parent, include_subdomains, notes)?;
    if host::ends_in_number(&parent) {
        return Err(Refusal::InvalidAddress { text: authority::shorten(typed), meant: None });
    }
    let host = format!("{label}.{parent}");
    if host.len() > host::MAX_HOST {
        return Err(Refusal::NameTooLong { length: host.len() });
    }
    let local = parent == "localhost" || parent.ends_with(".localhost");
    let bare = !parent.contains('.');
    if !local && (bare || suffix::standing_below(&parent) == Standing::Public) {
        return Err(Refusal::PreviewUnderSuffix { suffix: parent });
    }
    if typed.bytes().any(|byte| byte.is_ascii_uppercase()) && !notes.contains(&Note::LowerCase) {
        notes.push(Note::LowerCase);
    }
    if include_subdomains {
        notes.push(Note::PreviewHasNoSubdomains);
    }
    Ok((host, DomainScope::Preview))
}
