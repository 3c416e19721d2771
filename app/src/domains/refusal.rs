//! Why an operator's input cannot be an associated domain, and what could be.

use serde::{Deserialize, Serialize};

/// An entry that would be accepted, for a button that puts it in the field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggested {
    /// What to put in the field.
    pub input: String,
    /// How to set *include subdomains*; `None` to leave it as it is.
    pub include_subdomains: Option<bool>,
}

/// Why an input is not an associated domain. Texts taken from the input are shortened, but not
/// escaped: escape them for where they are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// Nothing but spaces.
    #[error("the domain is empty")]
    Empty,
    /// A character that cannot be seen.
    #[error("the domain contains the control character {code_point}")]
    ControlCharacter {
        /// As Unicode writes it: `U+0000`.
        code_point: String,
    },
    /// A space between other characters.
    #[error("the domain contains a space")]
    Space {
        /// The input without it, if that is a host.
        joined: Option<String>,
    },
    /// A list.
    #[error("these are several domains, and an entry is one")]
    Several {
        /// The first of them.
        first: String,
    },
    /// A user name or e-mail address.
    #[error("the domain contains a user name, before the @")]
    Userinfo {
        /// What stands after it, if that is a host.
        host: Option<String>,
    },
    /// An address of something other than a web page.
    #[error("{scheme}: is not the address of a web page")]
    NotWeb {
        /// The scheme, without its colon.
        scheme: String,
    },
    /// A path without a host.
    #[error("there is no hostname in it, only a path")]
    NoHost,
    /// A percent sign.
    #[error("the hostname is percent-encoded")]
    PercentEncoded {
        /// The decoded form, if that is a host.
        decoded: Option<String>,
    },
    /// A character no hostname has.
    #[error("{character:?} cannot be part of a hostname")]
    BadCharacter {
        /// The first such character.
        character: char,
    },
    /// Two dots in a row, or a leading dot.
    #[error("a label is empty: there is a dot too many")]
    EmptyLabel {
        /// The input without it, if that is a host.
        tidied: Option<String>,
        /// Whether it started with a dot, which elsewhere means "and its subdomains".
        leading: bool,
    },
    /// A label above 63 octets.
    #[error("the label {label} is {length} characters long in ASCII, and 63 is the most")]
    LabelTooLong {
        /// How it starts.
        label: String,
        /// Its length in ASCII.
        length: usize,
    },
    /// A name above 253 octets.
    #[error("the hostname is {length} characters long in ASCII, and 253 is the most")]
    NameTooLong {
        /// Its length in ASCII.
        length: usize,
    },
    /// A label that UTS-46 refuses.
    #[error("{label} is not a valid internationalised name")]
    InvalidIdn {
        /// The first such label.
        label: String,
    },
    /// A port that is not 1 to 65535.
    #[error("{port} is not a port")]
    InvalidPort {
        /// What stands after the colon.
        port: String,
        /// The host before it.
        host: String,
    },
    /// Something like an IP address.
    #[error("{text} is not an IP address written in full")]
    InvalidAddress {
        /// What was typed.
        text: String,
        /// The address a browser would make of it.
        meant: Option<String>,
    },
    /// An address no web page is served from.
    #[error("{address} is a multicast or broadcast address, which serves no web page")]
    UnusableAddress {
        /// The address.
        address: String,
    },
    /// A `*` and nothing else.
    #[error("a lone * would allow every hostname")]
    LoneStar,
    /// `*.host`, without *include subdomains*.
    #[error("a label that is only * is not a preview pattern")]
    StarLabel {
        /// What stands after it, in canonical form.
        parent: String,
    },
    /// A `*` outside the left-most label.
    #[error("a * may stand in the left-most label only")]
    StarPlace,
    /// More than one `*`.
    #[error("a preview pattern has one *, and this has {count}")]
    SeveralStars {
        /// How many.
        count: usize,
    },
    /// Too little beside the `*`.
    #[error("{label} has {fixed} fixed characters, and a preview pattern needs at least 4")]
    TooFewFixed {
        /// The left-most label.
        label: String,
        /// How many characters other than `*` it has.
        fixed: usize,
    },
    /// A `*` in a label that is not plain ASCII, where it has no meaning.
    #[error("{label} mixes * with letters that are not ASCII")]
    StarInIdn {
        /// The left-most label.
        label: String,
    },
    /// A preview pattern whose matches would each have another owner.
    #[error("anybody can register a name under {suffix}, so a preview pattern there is not yours")]
    PreviewUnderSuffix {
        /// What stands after the left-most label.
        suffix: String,
    },
    /// A single label other than `localhost`.
    #[error("{label} is a single label, not a full hostname")]
    BareLabel {
        /// The label.
        label: String,
    },
    /// A suffix under which anybody can register a name.
    #[error("{suffix} is a public suffix: anybody can register a name under it")]
    PublicSuffix {
        /// The suffix.
        suffix: String,
    },
    /// A hosting platform, with subdomains.
    #[error("{suffix} with its subdomains belongs to all customers of a platform")]
    PrivateSuffix {
        /// The suffix, which may be listed without its subdomains.
        suffix: String,
    },
}

impl Refusal {
    /// A stable name for the reason, as in its JSON form.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::ControlCharacter { .. } => "control_character",
            Self::Space { .. } => "space",
            Self::Several { .. } => "several",
            Self::Userinfo { .. } => "userinfo",
            Self::NotWeb { .. } => "not_web",
            Self::NoHost => "no_host",
            Self::PercentEncoded { .. } => "percent_encoded",
            Self::BadCharacter { .. } => "bad_character",
            Self::EmptyLabel { .. } => "empty_label",
            Self::LabelTooLong { .. } => "label_too_long",
            Self::NameTooLong { .. } => "name_too_long",
            Self::InvalidIdn { .. } => "invalid_idn",
            Self::InvalidPort { .. } => "invalid_port",
            Self::InvalidAddress { .. } => "invalid_address",
            Self::UnusableAddress { .. } => "unusable_address",
            Self::LoneStar => "lone_star",
            Self::StarLabel { .. } => "star_label",
            Self::StarPlace => "star_place",
            Self::SeveralStars { .. } => "several_stars",
            Self::TooFewFixed { .. } => "too_few_fixed",
            Self::StarInIdn { .. } => "star_in_idn",
            Self::PreviewUnderSuffix { .. } => "preview_under_suffix",
            Self::BareLabel { .. } => "bare_label",
            Self::PublicSuffix { .. } => "public_suffix",
            Self::PrivateSuffix { .. } => "private_suffix",
        }
    }

    /// What was wrong: a clause without a capital or a full stop.
    #[must_use]
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// What would be right: a clause without a capital or a full stop.
    #[must_use]
    pub fn suggestion(&self) -> String {
        match self {
            Self::Empty => "type a hostname such as shop.example".into(),
            Self::ControlCharacter { .. } => "delete it, or type the hostname by hand".into(),
            Self::Space { joined: Some(host) }
            | Self::PercentEncoded { decoded: Some(host) }
            | Self::EmptyLabel { tidied: Some(host), leading: false }
            | Self::InvalidAddress { meant: Some(host), .. } => format!("did you mean {host}?"),
            Self::Space { joined: None } => "take the space out".into(),
            Self::Several { first } => format!("add them one at a time, starting with {first}"),
            Self::Userinfo { host: Some(host) } => format!("list the host alone: {host}"),
            Self::Userinfo { host: None } => "list the host alone, without the @".into(),
            Self::NotWeb { .. } => "paste the page's http or https address, or its hostname".into(),
            Self::NoHost => "put the hostname in front, such as shop.example".into(),
            Self::PercentEncoded { decoded: None } => "type the hostname as it is read".into(),
            Self::BadCharacter { .. } => {
                "use letters, digits and hyphens, with dots between labels".into()
            }
            Self::EmptyLabel { tidied: None, .. } => "take the extra dot out".into(),
            Self::LabelTooLong { .. } | Self::NameTooLong { .. } => {
                "check for text that was pasted twice".into()
            }
            Self::InvalidIdn { .. } => "copy the name from the browser's address bar".into(),
            Self::InvalidPort { host, .. } => {
                format!("use 1 to 65535, or {host} without a port to allow every port")
            }
            Self::InvalidAddress { meant: None, .. } => {
                "write it like 192.168.0.10 or [fd00::10]".into()
            }
            Self::UnusableAddress { .. } => "list the hostname of the page".into(),
            Self::LoneStar => "list the hostnames, or set the site to allow any hostname".into(),
            Self::EmptyLabel { tidied: Some(host), leading: true }
            | Self::StarLabel { parent: host } => format!("list {host} and include subdomains"),
            Self::StarPlace => "write it like myapp-*.vercel.app".into(),
            Self::SeveralStars { .. } => "keep the one that covers the changing part".into(),
            Self::TooFewFixed { .. } => {
                "add the fixed part of your deployments' names, like myapp-*-acme".into()
            }
            Self::StarInIdn { .. } => {
                "use ASCII letters beside the *, or list each hostname".into()
            }
            Self::PreviewUnderSuffix { .. } => "list each hostname you own".into(),
            Self::BareLabel { .. } => {
                "list the full hostname, such as shop.example, or localhost for testing".into()
            }
            Self::PublicSuffix { suffix } => {
                format!("list the host itself, such as shop.{suffix}")
            }
            Self::PrivateSuffix { suffix } => {
                format!("list your own name under it, such as yours.{suffix}, or {suffix} alone")
            }
        }
    }

    /// An entry that would be accepted in place of this one, when there is an obvious one.
    #[must_use]
    pub fn suggested(&self) -> Option<Suggested> {
        let (input, include_subdomains) = match self {
            Self::Space { joined: Some(host) }
            | Self::Userinfo { host: Some(host) }
            | Self::PercentEncoded { decoded: Some(host) }
            | Self::EmptyLabel { tidied: Some(host), leading: false }
            | Self::InvalidPort { host, .. }
            | Self::InvalidAddress { meant: Some(host), .. } => (host, None),
            Self::EmptyLabel { tidied: Some(host), leading: true }
            | Self::StarLabel { parent: host } => (host, Some(true)),
            Self::PrivateSuffix { suffix: host } => (host, Some(false)),
            _ => return None,
        };
        Some(Suggested { input: input.clone(), include_subdomains })
    }
}

impl From<Refusal> for crate::error::Refusal {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code().into(),
            field: "pattern".into(),
            message: sentences(&refusal.message(), &refusal.suggestion()),
            suggestion: refusal.suggested().map(|suggested| suggested.input),
        }
    }
}

/// Two clauses as two sentences. A word of ours gets its capital letter; a hostname keeps its case.
fn sentences(wrong: &str, right: &str) -> String {
    let ours = ["the ", "these ", "there ", "a ", "anybody "];
    let ours = ours.iter().any(|word| wrong.starts_with(word));
    let (first, rest) = wrong.split_at(usize::from(ours));
    // What would be right always starts with a verb.
    let (verb, object) = right.split_at(1);
    let end = if right.ends_with('?') { "" } else { "." };
    format!("{}{rest}. {}{object}{end}", first.to_uppercase(), verb.to_uppercase())
}
