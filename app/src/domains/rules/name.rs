//! Turning a typed hostname into canonical ASCII, with a reason for each way that can fail.

use std::net::{IpAddr, Ipv4Addr};

use super::accepted;
use super::authority::shorten;
use crate::domains::host;
use crate::domains::model::Note;
use crate::domains::refusal::Refusal;

/// The canonical form of a hostname without a `*`; addresses other than IPv6 pass through.
pub(super) fn to_ascii(
    typed: &str,
    include_subdomains: bool,
    notes: &mut Vec<Note>,
) -> Result<String, Refusal> {
    check_characters(typed)?;
    if typed.bytes().any(|byte| byte.is_ascii_uppercase()) {
        notes.push(Note::LowerCase);
    }
    let ascii = map_ascii(typed).ok_or_else(|| Refusal::InvalidIdn {
        label: shorten(typed.split('.').find(|label| map_ascii(label).is_none()).unwrap_or(typed)),
    })?;
    // UTS-46 makes plain ASCII of some characters, not all of which belong in a hostname.
    check_characters(&ascii)?;
    let name = ascii.strip_suffix('.').unwrap_or(&ascii);
    if name.len() < ascii.len() {
        notes.push(Note::TrailingDot);
    }
    if let Some(label) = name.split('.').find(|label| label.len() > host::MAX_LABEL) {
        return Err(Refusal::LabelTooLong { label: shorten(label), length: label.len() });
    }
    if name.split('.').any(str::is_empty) {
        let tidy: Vec<&str> = name.split('.').filter(|label| !label.is_empty()).collect();
        let leading = name.strip_prefix('.').is_some_and(|rest| rest == tidy.join("."));
        return Err(Refusal::EmptyLabel {
            tidied: accepted(&tidy.join("."), include_subdomains || leading),
            leading,
        });
    }
    if name.len() > host::MAX_HOST {
        return Err(Refusal::NameTooLong { length: name.len() });
    }
    Ok(name.to_owned())
}

/// The left-most label of a preview pattern in small letters.
pub(super) fn check_star_label(label: &str) -> Result<String, Refusal> {
    if !label.is_ascii() || host::is_punycode(label.as_bytes()) {
        return Err(Refusal::StarInIdn { label: shorten(label) });
    }
    let count = label.matches('*').count();
    if count > 1 {
        return Err(Refusal::SeveralStars { count });
    }
    if count == 0 {
        return Err(Refusal::StarPlace);
    }
    check_characters(&label.replacen('*', "", 1))?;
    if label.len() > host::MAX_LABEL {
        return Err(Refusal::LabelTooLong { label: shorten(label), length: label.len() });
    }
    Ok(label.to_ascii_lowercase())
}

/// An address written in full that a web page can be served from.
pub(super) fn check_address(text: &str, include_subdomains: bool) -> Result<String, Refusal> {
    if !text.starts_with('[') && text.parse::<Ipv4Addr>().is_err() {
        let meant = host::url_ipv4(text).map(|address| address.to_string());
        return Err(Refusal::InvalidAddress {
            text: shorten(text),
            meant: meant.and_then(|meant| accepted(&meant, include_subdomains)),
        });
    }
    let serves = match host::address(text) {
        Some(IpAddr::V4(v4)) => !v4.is_multicast() && !v4.is_broadcast(),
        Some(IpAddr::V6(v6)) => !v6.is_multicast(),
        None => false,
    };
    if serves {
        Ok(text.to_owned())
    } else {
        Err(Refusal::UnusableAddress { address: text.to_owned() })
    }
}

fn check_characters(text: &str) -> Result<(), Refusal> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match text.chars().find(|c| c.is_ascii() && !plain(*c)) {
        Some(character) => Err(Refusal::BadCharacter { character }),
        None => Ok(()),
    }
}

/// UTS-46 as the URL Standard applies it: not transitional, hyphens anywhere, length unchecked.
fn map_ascii(text: &str) -> Option<String> {
    idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::URL)
        .ok()
        .map(std::borrow::Cow::into_owned)
}
