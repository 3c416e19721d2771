//! What is asked.

use super::Grain;
use serde::{Deserialize, Serialize};

/// The `bucket` of a question over the machine API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub enum Bucket {
    /// A row a minute.
    Minute,
    /// A row an hour.
    Hour,
    /// A row a UTC day.
    Day,
    /// One row for the whole range.
    #[default]
    None,
}

impl Bucket {
    /// The bucket of this name, as in `hour`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" => Self::Day,
            "none" => Self::None,
            _ => return None,
        })
    }

    /// The size of its buckets; nothing for the whole range.
    pub const fn grain(self) -> Option<Grain> {
        match self {
            Self::Minute => Some(Grain::Minute),
            Self::Hour => Some(Grain::Hour),
            Self::Day => Some(Grain::Day),
            Self::None => None,
        }
    }
}

impl From<Grain> for Bucket {
    fn from(grain: Grain) -> Self {
        match grain {
            Grain::Minute => Self::Minute,
            Grain::Hour => Self::Hour,
            // No series is cut by the week.
            Grain::Day | Grain::Week => Self::Day,
        }
    }
}

/// What counts are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub enum GroupBy {
    /// `ok` and the error codes.
    Code,
    /// The site's id; null for events that belong to none.
    Site,
    /// The referer's host; empty without a referer, `?` without a usable host, `*` for all hosts
    /// that found no room.
    Host,
    /// The sitekey; null for events without a known one.
    Sitekey,
    /// The source that reported.
    Source,
}

impl GroupBy {
    /// The grouping of this name, as in `sitekey`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "code" => Self::Code,
            "site" => Self::Site,
            "host" => Self::Host,
            "sitekey" => Self::Sitekey,
            "source" => Self::Source,
            _ => return None,
        })
    }

    /// Its name in an address and in the machine API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Site => "site",
            Self::Host => "host",
            Self::Sitekey => "sitekey",
            Self::Source => "source",
        }
    }

    /// All of them, in the order in which one looks closer.
    pub const ALL: [Self; 5] = [Self::Code, Self::Site, Self::Host, Self::Sitekey, Self::Source];
}

/// Which events are meant: those that match every part that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Of this site; 0 for events that belong to none.
    pub site: Option<i64>,
    /// With this code.
    pub code: Option<String>,
    /// From this host, as [`GroupBy::Host`] names it.
    pub host: Option<String>,
    /// With this sitekey.
    pub sitekey: Option<String>,
    /// From this source.
    pub source: Option<String>,
    /// With any code but `ok`.
    #[serde(default)]
    pub errors: bool,
    /// Of no site, since the code says that the sitekey was wrong, but with one that is or was this site's.
    #[serde(default)]
    pub keys_of: Option<i64>,
}

impl Filter {
    /// Everything of one code.
    pub fn code(code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..Self::default() }
    }

    /// Everything of one site.
    pub fn site(site: i64) -> Self {
        Self { site: Some(site), ..Self::default() }
    }
}

/// What a range is set beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub enum Comparison {
    /// As long a time right before it.
    Previous,
    /// The same weekdays a week before, or as many weeks before as it is long.
    Week,
}

impl Comparison {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Previous, Self::Week];

    /// The comparison of this name, as in `previous`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|comparison| comparison.name() == name)
    }

    /// Its name in an address and in the machine API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::Week => "week",
        }
    }
}
