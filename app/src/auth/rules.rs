//! What an e-mail address, a password and a way back must look like.

use crate::error::Refusal;
use std::net::{IpAddr, Ipv6Addr};

/// The fewest characters a password may have. Length beats composition rules (NIST SP 800-63B §5.1.1).
pub const PASSWORD_MIN: usize = 12;
/// The most bytes of a password that are hashed: Argon2 needs no limit, the sign-in does.
pub const PASSWORD_MAX: usize = 1024;

/// The most bytes of an e-mail address (RFC 5321 §4.5.3.1.3, without its brackets).
pub const EMAIL_MAX: usize = 254;

/// The stored form of an e-mail address: trimmed, in lower case, with one `@` between two non-empty
/// halves and no white space or control characters.
pub fn email(typed: &str) -> Result<String, Refusal> {
    let email = typed.trim().to_lowercase();
    let refused = |message: &str| Err(Refusal::new("email_invalid", "email", message));
    if email.len() > EMAIL_MAX {
        return refused("That address is over 254 characters. Use a shorter one.");
    }
    if email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return refused("An e-mail address has no spaces. Write it like name@company.example.");
    }
    match email.split_once('@') {
        Some((local, domain))
            if !local.is_empty() && !domain.is_empty() && !domain.contains('@') =>
        {
            Ok(email)
        }
        _ => refused("That is not an e-mail address. Write it like name@company.example."),
    }
}

/// Whether `password` may be set for the account `email`.
pub fn password(password: &str, email: &str) -> Result<(), Refusal> {
    let refused = |message: String| Err(Refusal::new("password_weak", "password", message));
    let length = password.chars().count();
    if length < PASSWORD_MIN {
        return refused(format!("Use at least {PASSWORD_MIN} characters; this has {length}."));
    }
    if password.len() > PASSWORD_MAX {
        return refused(format!("Use at most {PASSWORD_MAX} bytes."));
    }
    if password.to_lowercase() == email {
        return refused("The password is the e-mail address. Choose something else.".to_owned());
    }
    let mut distinct: Vec<char> = password.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 4 {
        return refused("Use at least four different characters.".to_owned());
    }
    Ok(())
}

/// The longest way back, in bytes: longer than any address of this console, shorter than what a proxy takes for a header.
pub const WAY_BACK_MAX: usize = 2_048;

/// The page to return to, or to open after signing in: `next` when it is a path on this console of at most
/// [`WAY_BACK_MAX`] bytes, else `/`. Refuses what a browser would read as another host (`//host`, `/\host`, control
/// characters).
pub fn way_back(next: &str) -> &str {
    let local = next.starts_with('/')
        && next.len() <= WAY_BACK_MAX
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(char::is_control)
        && !next.starts_with("/login")
        && !next.starts_with("/api/");
    if local { next } else { "/" }
}

/// The address of the sign-in page that leads on to `next`.
pub fn login_path(next: &str) -> String {
    match way_back(next) {
        "/" => "/login".to_owned(),
        next => format!("/login?next={}", query_value(next)),
    }
}

/// The address of the set-up page for `token`; without it when it is longer than one of ours.
pub fn setup_path(token: &str) -> String {
    format!("/setup?token={}", query_value(if token.len() > 100 { "" } else { token }))
}

/// `path` as a `Location` header can carry it: visible ASCII, everything else percent-encoded.
pub fn location(path: &str) -> String {
    percent_encoded(path, |byte| byte.is_ascii_graphic())
}

/// What an address is counted by: an IPv4 address by itself, an IPv6 address by its /64, of which one machine has as many
/// as it likes.
pub fn network(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

/// `value` percent-encoded to stand as a value in a query string.
pub fn query_value(value: &str) -> String {
    percent_encoded(value, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/')
    })
}

/// `text` with every byte that is not `plain` percent-encoded.
fn percent_encoded(text: &str, plain: impl Fn(u8) -> bool) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_email_is_trimmed_and_lowered() {
        assert_eq!(email("  Ann@Shop.Example ").unwrap(), "ann@shop.example");
    }

    #[test]
    fn what_is_no_email_is_refused_by_field() {
        for typed in ["", "ann", "@", "ann@", "@shop.example", "a b@c.d", "a@b@c", "a@b\0c"] {
            assert_eq!(email(typed).unwrap_err().field, "email", "{typed:?}");
        }
    }

    #[test]
    fn a_short_or_monotonous_password_is_refused() {
        assert!(password("elevenchars", "a@b.c").is_err());
        assert!(password("aaaaaaaaaaaaaaaa", "a@b.c").is_err());
        assert!(password("ann.long@shop.example", "ann.long@shop.example").is_err());
        assert!(password("correct horse battery", "a@b.c").is_ok());
    }

    #[test]
    fn the_way_back_stays_here() {
        assert_eq!(way_back("/sites/3?range=24h"), "/sites/3?range=24h");
        for foreign in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:1",
            "",
            "/\n/x",
        ] {
            assert_eq!(way_back(foreign), "/", "{foreign:?}");
        }
    }

    #[test]
    fn a_way_back_has_an_end() {
        let long = format!("/{}", "a".repeat(WAY_BACK_MAX));
        assert_eq!(way_back(&long), "/");
        assert_eq!(way_back(&long[..WAY_BACK_MAX]).len(), WAY_BACK_MAX);
    }

    #[test]
    fn a_location_is_ascii_and_keeps_its_escapes() {
        assert_eq!(location("/sites?q=b\u{fc}cher&x=%20#a"), "/sites?q=b%C3%BCcher&x=%20#a");
        assert_eq!(location("/a b\r\nc"), "/a%20b%0D%0Ac");
    }

    #[test]
    fn an_address_is_counted_by_its_network() {
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::"));
        assert_ne!(network("2001:db8:1:2::"), network("2001:db8:1:3::"));
    }

    proptest! {
        #[test]
        fn a_location_is_always_a_header(path in ".{0,80}") {
            prop_assert!(http::HeaderValue::from_str(&location(&path)).is_ok());
        }

        #[test]
        fn an_accepted_email_is_its_own_canonical_form(typed in "\\PC{0,40}@\\PC{0,40}") {
            if let Ok(once) = email(&typed) {
                prop_assert_eq!(email(&once), Ok(once.clone()));
            }
        }
    }
}
