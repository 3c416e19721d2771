//! The Public Suffix List, asked the questions an associated domain raises.

use psl::Type;

use super::host;

/// How a name stands to the Public Suffix List.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Somebody registered it, or it lies under a name somebody registered.
    Owned,
    /// A suffix a registry hands out names under, such as `co.uk`.
    Public,
    /// A suffix a company hands out names under, such as `github.io`.
    Private,
}

/// How a canonical name of two labels or more stands to the list.
pub(super) fn standing(name: &str) -> Standing {
    match psl::suffix(name.as_bytes()) {
        Some(suffix) if suffix.as_bytes() == name.as_bytes() => kind(suffix.typ()),
        _ => Standing::Owned,
    }
}

/// How the names one label below `name` stand to the list: their kind when each of them belongs to
/// somebody else, as below `github.io` and below `kawasaki.jp`.
pub(super) fn standing_below(name: &str) -> Standing {
    match standing(name) {
        // The list has rules such as `*.kawasaki.jp`, under which any label makes a suffix. The
        // longest label there can be is under no exception such as `!city.kawasaki.jp`.
        Standing::Owned => standing(&format!("{}.{name}", "x".repeat(host::MAX_LABEL))),
        suffix => suffix,
    }
}

/// The name somebody registered to get `host`: `shop.co.uk` for `www.shop.co.uk`. `None` for
/// addresses, suffixes themselves and single labels.
#[must_use]
pub fn registrable(host: &str) -> Option<&str> {
    if host::address(host).is_some() {
        return None;
    }
    psl::domain_str(host)
}

/// The hosting platform a canonical host lies under, such as `github.io`, where every customer has a
/// name of their own. `None` for the platform's own name.
#[must_use]
pub fn platform(host: &str) -> Option<&str> {
    if host::address(host).is_some() {
        return None;
    }
    let suffix = psl::suffix(host.as_bytes())?;
    let name = str::from_utf8(suffix.as_bytes()).ok()?;
    (suffix.typ() == Some(Type::Private) && name.len() < host.len())
        .then(|| &host[host.len() - name.len()..])
}

fn kind(typ: Option<Type>) -> Standing {
    match typ {
        Some(Type::Private) => Standing::Private,
        Some(Type::Icann) => Standing::Public,
        // No rule at all: the list's default of `*` makes only a bare label a suffix.
        None => Standing::Owned,
    }
}
