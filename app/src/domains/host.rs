//! What a host looks like once it is canonical, shared by what operators type and what browsers
//! send, so that the two can be compared byte by byte.
//!
//! Canonical is what the URL Standard's host parser makes of a host (lower case, UTS-46 ASCII,
//! addresses in their shortest form, IPv6 in brackets), less one trailing dot, and only when the
//! DNS could carry it: no empty label, none above 63 octets, 253 in all.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest host the DNS can carry, in octets (RFC 1035 §2.3.4, without the root's dot).
pub const MAX_HOST: usize = 253;
/// The longest label of a host, in octets (RFC 1035 §2.3.4).
pub const MAX_LABEL: usize = 63;

/// Why bytes are not a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostError {
    /// Nothing at all.
    Empty,
    /// Two dots in a row, or a dot first.
    EmptyLabel,
    /// A label above [`MAX_LABEL`], or all of it above [`MAX_HOST`].
    TooLong,
    /// Not UTF-8 once percent-decoded.
    NotUtf8,
    /// It ends in a number, or stands in brackets, but is no address.
    Address,
    /// Characters or Punycode that UTS-46 or the URL Standard forbid.
    Invalid,
}

/// What hosts are searched for, as they are stored and counted: in small ASCII letters. A part of a
/// host is looked for as it was typed; one in other letters, as the host that it is.
pub fn sought(search: &str) -> String {
    let search = search.trim().to_lowercase();
    match canonical(search.as_bytes()) {
        Ok(ascii) if !search.is_ascii() => ascii,
        _ => search,
    }
}

/// The canonical form of the host of an http or https URL, given as the bytes between userinfo and
/// port, brackets included.
///
/// # Errors
/// Says what keeps it from being a host.
pub fn canonical(host: &[u8]) -> Result<String, HostError> {
    if let Some(plain) = canonical_plain(host) {
        return Ok(plain);
    }
    if let Some(inside) = host.strip_prefix(b"[") {
        let inside = inside.strip_suffix(b"]").ok_or(HostError::Address)?;
        let text = str::from_utf8(inside).map_err(|_| HostError::Address)?;
        let address: Ipv6Addr = text.parse().map_err(|_| HostError::Address)?;
        return Ok(bracketed(address));
    }
    let decoded = percent_decode(host);
    if str::from_utf8(&decoded).is_err() {
        return Err(HostError::NotUtf8);
    }
    let ascii = idna::domain_to_ascii_cow(&decoded, idna::AsciiDenyList::URL)
        .map_err(|_| HostError::Invalid)?;
    if ascii.is_empty() {
        return Err(HostError::Empty);
    }
    if ends_in_number(&ascii) {
        return url_ipv4(&ascii).map(|address| address.to_string()).ok_or(HostError::Address);
    }
    let name = ascii.strip_suffix('.').unwrap_or(&ascii);
    check_lengths(name)?;
    Ok(name.to_owned())
}

/// [`canonical`] for the hosts nearly every browser sends: letters, digits, hyphens, underscores
/// and dots, no Punycode, no address. `None` says only that [`canonical`] must decide.
#[must_use]
pub fn canonical_plain(host: &[u8]) -> Option<String> {
    let host = host.strip_suffix(b".").unwrap_or(host);
    if host.is_empty() || host.len() > MAX_HOST {
        return None;
    }
    let mut start = 0;
    for (at, byte) in host.iter().chain(b".").enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => {}
            b'.' => {
                let label = &host[start..at];
                if label.is_empty() || label.len() > MAX_LABEL || is_punycode(label) {
                    return None;
                }
                // A number in the last label makes all of it an IPv4 address.
                if at == host.len() && label[0].is_ascii_digit() {
                    return None;
                }
                start = at + 1;
            }
            _ => return None,
        }
    }
    let mut text = String::from_utf8(host.to_vec()).ok()?;
    text.make_ascii_lowercase();
    Some(text)
}

/// The address a canonical host stands for, if it stands for one.
#[must_use]
pub fn address(canonical: &str) -> Option<IpAddr> {
    match canonical.strip_prefix('[') {
        Some(inside) => inside.strip_suffix(']')?.parse().ok().map(IpAddr::V6),
        None => canonical.parse().ok().map(IpAddr::V4),
    }
}

/// Whether a canonical host can only be reached from the operator's own machine or network:
/// `localhost` and names under it, loopback, private, link-local and shared addresses.
#[must_use]
pub fn is_testing(canonical: &str) -> bool {
    match address(canonical) {
        Some(IpAddr::V4(v4)) => is_local_v4(v4),
        Some(IpAddr::V6(v6)) => v6.to_ipv4_mapped().map_or_else(
            || {
                v6.is_loopback()
                    || v6.is_unspecified()
                    || v6.is_unique_local()
                    || v6.is_unicast_link_local()
            },
            is_local_v4,
        ),
        None => canonical == "localhost" || canonical.ends_with(".localhost"),
    }
}

/// A canonical host as people read it, Punycode decoded. Show the ASCII beside it: two different
/// names can look the same.
#[must_use]
pub fn unicode(canonical: &str) -> Cow<'_, str> {
    if !canonical.split('.').any(|label| is_punycode(label.as_bytes())) {
        return Cow::Borrowed(canonical);
    }
    match idna::domain_to_unicode(canonical) {
        (text, Ok(())) => Cow::Owned(text),
        (_, Err(_)) => Cow::Borrowed(canonical),
    }
}

/// An IPv6 address as the URL Standard writes it: in brackets, and never with a dotted tail.
#[must_use]
pub fn bracketed(address: Ipv6Addr) -> String {
    if address.to_ipv4_mapped().is_some() {
        let [.., high, low] = address.segments();
        return format!("[::ffff:{high:x}:{low:x}]");
    }
    format!("[{address}]")
}

/// Whether the URL Standard takes a name for an IPv4 address: its last label is a number.
#[must_use]
pub fn ends_in_number(ascii: &str) -> bool {
    let name = ascii.strip_suffix('.').unwrap_or(ascii);
    let last = name.rsplit('.').next().unwrap_or_default();
    let decimal = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    decimal || ipv4_number(last).is_some()
}

/// The URL Standard's reading of an IPv4 address: one to four parts, each decimal, octal or
/// hexadecimal, the last one filling what the others leave.
#[must_use]
pub fn url_ipv4(text: &str) -> Option<Ipv4Addr> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let mut parts = [0_u64; 4];
    let mut count = 0;
    for part in text.split('.') {
        *parts.get_mut(count)? = ipv4_number(part)?;
        count += 1;
    }
    let (last, first) = parts[..count].split_last()?;
    if first.iter().any(|part| *part > 255) || *last >= 256_u64.pow(5 - u32::try_from(count).ok()?)
    {
        return None;
    }
    let high = (0..).zip(first).map(|(at, part)| part << (8 * (3 - at))).sum::<u64>();
    u32::try_from(high + last).ok().map(Ipv4Addr::from)
}

/// Splits bytes at the first that `stops` accepts; that byte leads the second half.
pub fn split_before(bytes: &[u8], stops: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let at = bytes.iter().position(|byte| stops(*byte));
    bytes.split_at(at.unwrap_or(bytes.len()))
}

/// Replaces each `%` followed by two hexadecimal digits by the byte they write.
#[must_use]
pub fn percent_decode(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'%') {
        return Cow::Borrowed(bytes);
    }
    let hex = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = (*byte == b'%').then(|| hex(at + 1).zip(hex(at + 2))).flatten();
        if let Some(value) = escaped.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            decoded.push(value);
            at += 3;
        } else {
            decoded.push(*byte);
            at += 1;
        }
    }
    Cow::Owned(decoded)
}

/// Holds a name against the lengths the DNS allows.
///
/// # Errors
/// [`HostError::EmptyLabel`] or [`HostError::TooLong`].
pub fn check_lengths(name: &str) -> Result<(), HostError> {
    if name.split('.').any(str::is_empty) {
        return Err(HostError::EmptyLabel);
    }
    if name.len() > MAX_HOST || name.split('.').any(|label| label.len() > MAX_LABEL) {
        return Err(HostError::TooLong);
    }
    Ok(())
}

/// Whether a label is Punycode, or claims to be.
#[must_use]
pub fn is_punycode(label: &[u8]) -> bool {
    label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"xn--"))
}

fn is_local_v4(v4: Ipv4Addr) -> bool {
    let [a, b, ..] = v4.octets();
    // 100.64.0.0/10 is shared behind carrier and overlay networks (RFC 6598).
    let shared = a == 100 && (64..128).contains(&b);
    v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified() || shared
}

fn ipv4_number(part: &str) -> Option<u64> {
    let (digits, radix) = match part.as_bytes() {
        [] => return None,
        [b'0', b'x' | b'X', ..] => (&part[2..], 16),
        [b'0', _, ..] => (&part[1..], 8),
        _ => (part, 10),
    };
    if digits.is_empty() {
        return Some(0);
    }
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    // Too large for 64 bits is too large for an address: `url_ipv4` refuses the maximum too.
    Some(u64::from_str_radix(digits, radix).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hosts_are_sought_as_they_are_stored() {
        assert_eq!(sought(" Shop.Exa "), "shop.exa");
        assert_eq!(sought("MÜNCHEN.example"), "xn--mnchen-3ya.example");
        assert_eq!(sought("münchen ost"), "münchen ost", "what is no host is looked for as it is");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_short_way_agrees_with_the_long_way(name in "[A-Za-z0-9_.\\-]{0,24}(\\.|\\.com)?") {
            if let Some(plain) = canonical_plain(name.as_bytes()) {
                let ascii = idna::domain_to_ascii_cow(name.as_bytes(), idna::AsciiDenyList::URL);
                let ascii = ascii.unwrap().into_owned();
                prop_assert_eq!(plain, ascii.strip_suffix('.').unwrap_or(&ascii));
            }
        }

        #[test]
        fn a_canonical_host_is_its_own_canonical_form(bytes in any::<Vec<u8>>()) {
            if let Ok(host) = canonical(&bytes) {
                prop_assert_eq!(canonical(host.as_bytes()), Ok(host));
            }
        }

        #[test]
        fn addresses_survive(v4 in any::<u32>(), v6 in any::<u128>()) {
            let (v4, v6) = (Ipv4Addr::from(v4), Ipv6Addr::from(v6));
            prop_assert_eq!(address(&v4.to_string()), Some(IpAddr::V4(v4)));
            prop_assert_eq!(address(&bracketed(v6)), Some(IpAddr::V6(v6)));
        }
    }

    #[test]
    fn hosts_of_urls() {
        let long = format!("{}.example", "a".repeat(64));
        for (typed, expected) in [
            ("Shop.Example.", Ok("shop.example")),
            ("b%C3%BCcher.example", Ok("xn--bcher-kva.example")),
            ("0x7f.1", Ok("127.0.0.1")),
            ("4294967295", Ok("255.255.255.255")),
            ("4294967296", Err(HostError::Address)),
            ("1.2.3.256", Err(HostError::Address)),
            ("[::FFFF:1.2.3.4]", Ok("[::ffff:102:304]")),
            ("[::1", Err(HostError::Address)),
            ("a..b", Err(HostError::EmptyLabel)),
            ("%ff.example", Err(HostError::NotUtf8)),
            ("a b", Err(HostError::Invalid)),
            ("", Err(HostError::Empty)),
            (&long, Err(HostError::TooLong)),
        ] {
            assert_eq!(
                canonical(typed.as_bytes()).as_deref(),
                expected.as_ref().copied(),
                "{typed}"
            );
        }
    }
}
