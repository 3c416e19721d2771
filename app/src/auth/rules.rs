//! What an e-mail address, a password and a way back must look like.

use crate::error::Refusal;

/// The fewest characters a password may have. Length beats composition rules (NIST SP 800-63B §5.1.1).
pub const PASSWORD_MIN: usize = 12;
/// The most bytes of a password that are hashed: Argon2 needs no limit, the sign-in does.
pub const PASSWORD_MAX: usize = 1024;

/// The stored form of an e-mail address: trimmed, in lower case, with one `@` between two non-empty
/// halves and no white space or control characters.
pub fn email(typed: &str) -> Result<String, Refusal> {
    let email = typed.trim().to_lowercase();
    let refused = |message: &str| Err(Refusal::new("email_invalid", "email", message));
    if email.len() > 254 {
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

/// The page to open after signing in: `next` when it is a path on this console, else `/`.
/// Refuses what a browser would read as another host (`//host`, `/\host`, control characters).
pub fn way_back(next: &str) -> &str {
    let local = next.starts_with('/')
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

/// `value` percent-encoded to stand as a value in a query string.
pub fn query_value(value: &str) -> String {
    use std::fmt::Write as _;
    value.bytes().fold(String::with_capacity(value.len()), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char);
            }
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
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

    proptest! {
        #[test]
        fn an_accepted_email_is_its_own_canonical_form(typed in "\\PC{0,40}@\\PC{0,40}") {
            if let Ok(once) = email(&typed) {
                prop_assert_eq!(email(&once), Ok(once.clone()));
            }
        }
    }
}
