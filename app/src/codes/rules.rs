//! What the console makes of a code: the fix, its hue, and which incoming codes are
//! accepted.

use super::model::{CatalogueEntry, Code, Fix};

/// The code of a verification that succeeded. It is no error and not in the catalogue.
pub const OK: &str = "ok";

/// The longest code an event may carry, in characters.
pub const MAX_CODE_LENGTH: usize = 64;

/// Shown where the source document recommends no action (`-`).
pub const NO_OPERATOR_ACTION: &str = "No operator action: the client refreshes and tries again";

/// What the catalogue says about a code; `None` for [`OK`] and for unrecognised codes.
pub fn entry(code: &str) -> Option<&'static CatalogueEntry> {
    code.parse::<Code>().ok().map(Code::entry)
}

/// Whether the code is an error that the catalogue does not know.
pub fn is_unrecognised(code: &str) -> bool {
    code != OK && entry(code).is_none()
}

/// The chart hue of a code, 1 to 8, the same on every page; `None` is the grey of
/// "other". The hues go to the codes that the console can fix or investigate, and to
/// our own failure. [`OK`] has none: it is drawn in the colour of success.
pub fn hue(code: &str) -> Option<u8> {
    match code.parse::<Code>().ok()? {
        Code::RefererDenied => Some(1),
        Code::SitePaused => Some(2),
        Code::SiteDeleted => Some(3),
        Code::SitekeyInvalid => Some(4),
        Code::NoSitekey => Some(5),
        Code::InvalidSitekey => Some(6),
        Code::PayloadUsed => Some(7),
        Code::RuntimeErr => Some(8),
        _ => None,
    }
}

/// Why an incoming code is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefusal {
    /// There is nothing but white space.
    #[error("code: is empty")]
    Empty,
    /// There are more than [`MAX_CODE_LENGTH`] characters.
    #[error("code: has {length} characters, more than {MAX_CODE_LENGTH}")]
    TooLong {
        /// How many characters there are.
        length: usize,
    },
    /// A character is not allowed.
    #[error("code: character {position} is {found:?}")]
    Character {
        /// Its place, counted from 1.
        position: usize,
        /// The character itself.
        found: char,
    },
    /// There are only dots, dashes and underscores. Such a code could not be linked to:
    /// browsers take `..` in an address for the parent folder.
    #[error("code: has neither a letter nor a digit")]
    NoLetterOrDigit,
}

impl CodeRefusal {
    /// What would be right, as a sentence without its stop.
    pub const fn suggestion(self) -> &'static str {
        match self {
            Self::Empty => "Send \"ok\" or an error code such as \"referer_denied\"",
            Self::TooLong { .. } => "Send the code alone, in at most 64 characters",
            Self::Character { .. } => {
                "Use ASCII letters, digits, underscores, dots and dashes only"
            }
            Self::NoLetterOrDigit => "Use at least one ASCII letter or digit",
        }
    }
}

/// The code under which an event is counted.
///
/// Surrounding white space is dropped. `ok` and the codes of the catalogue are found in
/// any case (`Referer_Denied` is counted as `referer_denied`), so that one outcome is
/// not counted in two places. Any other code is kept exactly as sent, if it has 1 to
/// [`MAX_CODE_LENGTH`] ASCII letters, digits, underscores, dots and dashes, at least one
/// of them a letter or digit.
///
/// # Errors
///
/// A [`CodeRefusal`] that names what was wrong.
pub fn normalise_code(raw: &str) -> Result<&str, CodeRefusal> {
    let code = raw.trim();
    if code.is_empty() {
        return Err(CodeRefusal::Empty);
    }
    let length = code.chars().count();
    if length > MAX_CODE_LENGTH {
        return Err(CodeRefusal::TooLong { length });
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if let Some((index, found)) = code.chars().enumerate().find(|(_, c)| !allowed(*c)) {
        let position = index + 1;
        return Err(CodeRefusal::Character { position, found });
    }
    if !code.contains(|c: char| c.is_ascii_alphanumeric()) {
        return Err(CodeRefusal::NoLetterOrDigit);
    }
    let known = std::iter::once(OK)
        .chain(Code::ALL.into_iter().map(Code::as_str))
        .find(|known| known.eq_ignore_ascii_case(code));
    Ok(known.unwrap_or(code))
}

impl CatalogueEntry {
    /// The recommended action as shown: verbatim, or [`NO_OPERATOR_ACTION`] for `-`.
    pub fn recommended_action(&self) -> &'static str {
        if self.needs_operator_action() { self.action } else { NO_OPERATOR_ACTION }
    }

    /// Whether the source document recommends an action at all.
    pub fn needs_operator_action(&self) -> bool {
        self.action != "-"
    }

    /// The fix that the console offers.
    pub const fn fix(&self) -> Fix {
        match self.code {
            Code::RefererDenied => Fix::AllowHost,
            Code::SitePaused => Fix::StartSite,
            Code::SiteDeleted => Fix::RestoreSite,
            Code::NoSitekey | Code::SitekeyInvalid | Code::InvalidSitekey => Fix::FindSite,
            Code::PayloadUsed => Fix::ReplayWarning,
            Code::VerifyLimit
            | Code::RefreshLimit
            | Code::DecryptFail
            | Code::TimeInvalid
            | Code::Forbidden
            | Code::InvalidRuntimeData
            | Code::RuntimeDataMissing
            | Code::NoTno
            | Code::TnoInvalid
            | Code::TnoFormatErr
            | Code::TnoMismatch
            | Code::TnoExpired => Fix::WatchBaseline,
            Code::TnoMissing | Code::RuntimeErr | Code::NetworkError | Code::RequestTimeout => {
                Fix::PlatformIncident
            }
            Code::InternalError | Code::VerificationExpired | Code::TokenErr | Code::PayloadErr => {
                Fix::None
            }
        }
    }
}

impl Fix {
    /// The text of the button that begins the fix; `None` where there is nothing to
    /// press.
    pub const fn button(self) -> Option<&'static str> {
        match self {
            Self::AllowHost => Some("Allow…"),
            Self::StartSite => Some("Start…"),
            Self::RestoreSite => Some("Restore…"),
            Self::FindSite => Some("Find…"),
            Self::ReplayWarning | Self::PlatformIncident => Some("Look…"),
            Self::WatchBaseline | Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{CATALOGUE, Class};
    use super::*;

    #[test]
    fn text_forms_of_a_code_agree() {
        for code in Code::ALL {
            assert_eq!(code.as_str().parse(), Ok(code));
            assert_eq!(entry(code.as_str()), Some(code.entry()));
            assert_eq!(code.entry().code, code);
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
        assert!(entry(OK).is_none());
        assert!(!is_unrecognised(OK));
        assert!(is_unrecognised("brand_new"));
        assert!(is_unrecognised(""));
    }

    #[test]
    fn a_dash_reads_as_no_operator_action() {
        let quiet = CATALOGUE.iter().filter(|entry| !entry.needs_operator_action());
        assert_eq!(quiet.count(), 14);
        assert_eq!(
            Code::TokenErr.entry().recommended_action(),
            "No operator action: the client refreshes and tries again"
        );
        assert_eq!(
            Code::RefererDenied.entry().recommended_action(),
            "Adjust the site's \"Associated Domains\" list."
        );
    }

    #[test]
    fn eight_codes_have_a_hue_of_their_own() {
        let mut hues: Vec<u8> = Code::ALL.iter().filter_map(|code| hue(code.as_str())).collect();
        hues.sort_unstable();
        assert_eq!(hues, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(hue(OK), None);
        assert_eq!(hue("brand_new"), None);
    }

    #[test]
    fn the_operators_own_codes_are_those_the_console_fixes_at_once() {
        for entry in &CATALOGUE {
            if entry.class == Class::Operator {
                assert!(matches!(entry.fix(), Fix::AllowHost | Fix::StartSite));
            }
            if matches!(
                entry.fix(),
                Fix::AllowHost | Fix::StartSite | Fix::RestoreSite | Fix::FindSite
            ) {
                assert!(entry.needs_operator_action());
                assert!(hue(entry.code.as_str()).is_some());
            }
        }
    }

    #[test]
    fn known_codes_are_found_in_any_case_and_others_kept_as_sent() {
        for (raw, code) in [
            ("ok", "ok"),
            ("OK", "ok"),
            (" referer_denied\n", "referer_denied"),
            ("Referer_Denied", "referer_denied"),
            ("Brand_New-2.1", "Brand_New-2.1"),
            ("-600", "-600"),
        ] {
            assert_eq!(normalise_code(raw), Ok(code));
        }
    }

    #[test]
    fn refusals_name_what_was_wrong() {
        assert_eq!(normalise_code(" "), Err(CodeRefusal::Empty));
        assert_eq!(normalise_code(".."), Err(CodeRefusal::NoLetterOrDigit));
        assert_eq!(normalise_code(&"é".repeat(65)), Err(CodeRefusal::TooLong { length: 65 }));
        let refusal = normalise_code("refer\u{1b}er").unwrap_err();
        assert_eq!(refusal.to_string(), "code: character 6 is '\\u{1b}'");
        assert!(
            CodeRefusal::TooLong { length: 65 }.suggestion().contains(&MAX_CODE_LENGTH.to_string())
        );
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_settled_and_bounded(raw in any::<String>()) {
            if let Ok(code) = normalise_code(&raw) {
                prop_assert!((1..=MAX_CODE_LENGTH).contains(&code.len()));
                prop_assert!(code.eq_ignore_ascii_case(raw.trim()));
                prop_assert_eq!(normalise_code(code), Ok(code));
            }
        }

        #[test]
        fn every_plain_code_is_accepted(raw in "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}") {
            prop_assert!(normalise_code(&raw).is_ok());
        }
    }
}
