//! The types of the catalogue.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::catalogue::CATALOGUE;

/// A code of the catalogue. Its text form (serde, [`fmt::Display`], [`FromStr`]) is
/// the code itself, such as `referer_denied`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// `internal_error`: invalid query parameters.
    InternalError,
    /// `invalid_sitekey`: site key is invalid.
    InvalidSitekey,
    /// `network_error`: network connection issue.
    NetworkError,
    /// `request_timeout`: request timed out.
    RequestTimeout,
    /// `forbidden`: policy violation triggered.
    Forbidden,
    /// `verification_expired`: challenge session expired.
    VerificationExpired,
    /// `decrypt_fail`: parameter decryption failed.
    DecryptFail,
    /// `time_invalid`: timestamp validation failed.
    TimeInvalid,
    /// `referer_denied`: referrer access denied.
    RefererDenied,
    /// `verify_limit`: verification attempts limit reached.
    VerifyLimit,
    /// `refresh_limit`: refresh attempts limit reached.
    RefreshLimit,
    /// `no_sitekey`: site key not provided.
    NoSitekey,
    /// `sitekey_invalid`: invalid site key.
    SitekeyInvalid,
    /// `site_deleted`: site has been deleted.
    SiteDeleted,
    /// `site_paused`: site has been paused.
    SitePaused,
    /// `invalid_runtime_data`: runtime data not provided.
    InvalidRuntimeData,
    /// `no_tno`: trace number not found.
    NoTno,
    /// `tno_invalid`: invalid trace number format.
    TnoInvalid,
    /// `runtime_data_missing`: runtime data missing.
    RuntimeDataMissing,
    /// `tno_missing`: trace number data missing.
    TnoMissing,
    /// `tno_format_err`: trace number format error.
    TnoFormatErr,
    /// `tno_mismatch`: trace number does not match.
    TnoMismatch,
    /// `tno_expired`: trace number has expired.
    TnoExpired,
    /// `token_err`: token processing failed.
    TokenErr,
    /// `payload_err`: payload data corrupted.
    PayloadErr,
    /// `payload_used`: payload has been used.
    PayloadUsed,
    /// `runtime_err`: system execution failure.
    RuntimeErr,
}

impl Code {
    /// Every code, in the order of the source document: web codes, then server codes.
    pub const ALL: [Self; 27] = [
        Self::InternalError,
        Self::InvalidSitekey,
        Self::NetworkError,
        Self::RequestTimeout,
        Self::Forbidden,
        Self::VerificationExpired,
        Self::DecryptFail,
        Self::TimeInvalid,
        Self::RefererDenied,
        Self::VerifyLimit,
        Self::RefreshLimit,
        Self::NoSitekey,
        Self::SitekeyInvalid,
        Self::SiteDeleted,
        Self::SitePaused,
        Self::InvalidRuntimeData,
        Self::NoTno,
        Self::TnoInvalid,
        Self::RuntimeDataMissing,
        Self::TnoMissing,
        Self::TnoFormatErr,
        Self::TnoMismatch,
        Self::TnoExpired,
        Self::TokenErr,
        Self::PayloadErr,
        Self::PayloadUsed,
        Self::RuntimeErr,
    ];

    /// The code as it stands in events, addresses and the catalogue.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InternalError => "internal_error",
            Self::InvalidSitekey => "invalid_sitekey",
            Self::NetworkError => "network_error",
            Self::RequestTimeout => "request_timeout",
            Self::Forbidden => "forbidden",
            Self::VerificationExpired => "verification_expired",
            Self::DecryptFail => "decrypt_fail",
            Self::TimeInvalid => "time_invalid",
            Self::RefererDenied => "referer_denied",
            Self::VerifyLimit => "verify_limit",
            Self::RefreshLimit => "refresh_limit",
            Self::NoSitekey => "no_sitekey",
            Self::SitekeyInvalid => "sitekey_invalid",
            Self::SiteDeleted => "site_deleted",
            Self::SitePaused => "site_paused",
            Self::InvalidRuntimeData => "invalid_runtime_data",
            Self::NoTno => "no_tno",
            Self::TnoInvalid => "tno_invalid",
            Self::RuntimeDataMissing => "runtime_data_missing",
            Self::TnoMissing => "tno_missing",
            Self::TnoFormatErr => "tno_format_err",
            Self::TnoMismatch => "tno_mismatch",
            Self::TnoExpired => "tno_expired",
            Self::TokenErr => "token_err",
            Self::PayloadErr => "payload_err",
            Self::PayloadUsed => "payload_used",
            Self::RuntimeErr => "runtime_err",
        }
    }

    /// What the catalogue says about this code.
    pub fn entry(self) -> &'static CatalogueEntry {
        &CATALOGUE[self as usize]
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is not a code of the catalogue. That is no fault: such codes are kept and
/// shown as unrecognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a code of the catalogue")]
pub struct UnknownCode;

impl FromStr for Code {
    type Err = UnknownCode;

    /// Exact: `Referer_Denied` is not `referer_denied`. Input from outside goes through
    /// [`super::normalise_code`] first.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

/// Who reports the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// The widget in the browser.
    Web,
    /// The service's servers.
    Server,
}

impl Family {
    /// `web` or `server`, as in the source document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Server => "server",
        }
    }
}

/// Where the remedy for a code usually lies (our reading).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The operator's configuration, in this console.
    Operator,
    /// The customer's page or backend.
    Integrator,
    /// The visitor's browser, network or pace.
    Client,
    /// The service itself.
    Platform,
    /// Forged or automated requests.
    Attack,
}

impl Class {
    /// One lower-case word, as in `notes.csv`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Integrator => "integrator",
            Self::Client => "client",
            Self::Platform => "platform",
            Self::Attack => "attack",
        }
    }
}

/// The fix that the console offers for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fix {
    /// Show the rejected hosts; allow one exactly or with its subdomains, or ignore it.
    AllowHost,
    /// Start the paused site, or copy a sitekey of an active one.
    StartSite,
    /// Restore the deleted site within its 30 days, or name the successor's sitekey.
    RestoreSite,
    /// Name the site this traffic most likely belongs to and what is wrong with its key.
    FindSite,
    /// Warn of replay: per trace and client, a burst or a retry.
    ReplayWarning,
    /// Noise until it rises above the site's own baseline, an attack signal after.
    WatchBaseline,
    /// Ours, not the customer's, when many sites see it at once.
    PlatformIncident,
    /// Nothing in the console changes it.
    None,
}

/// A code that is easily mistaken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twin {
    /// The other code.
    pub code: Code,
    /// One sentence (ours) on how the two differ.
    pub difference: &'static str,
}

/// What is known about a code, and (its methods) what the console makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// The code.
    pub code: Code,
    /// Who reports it (source).
    pub family: Family,
    /// What it says (source, verbatim).
    pub description: &'static str,
    /// The recommended action (source, verbatim); `-` stands for none. To show it, use
    /// [`CatalogueEntry::recommended_action`].
    pub action: &'static str,
    /// At which step of a verification it occurs, such as `load or siteverify` (ours).
    pub step: &'static str,
    /// Where the remedy usually lies (ours).
    pub class: Class,
    /// The likely cause as `notes.csv` has it (ours). To show it, use
    /// [`CatalogueEntry::usual_cause`].
    pub cause: &'static str,
}
