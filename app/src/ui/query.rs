//! The address of the page being shown. What a page shows (range, filters, hidden series) stands in
//! its address and nowhere else, so every link starts from the present one and changes a part of it.

use crate::auth::rules::query_value;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

/// A path and its query, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    path: String,
    pairs: Vec<(String, String)>,
}

impl Address {
    /// The address of the page being rendered.
    pub fn current() -> Self {
        let path = use_location().pathname.get_untracked();
        let query = use_query_map().get_untracked();
        let pairs = query.into_iter().map(|(name, value)| (name.into_owned(), value));
        Self::new(path, pairs)
    }

    /// An address of these parts; pairs without a value are left out.
    pub fn new(path: impl Into<String>, pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        Self { path: path.into(), pairs }
    }

    /// The path alone.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// This address with `name` set to `value`, or without it when that is empty.
    #[must_use]
    pub fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let mut changed = self.without(&[name]);
        let value = value.into();
        if !value.is_empty() {
            changed.pairs.push((name.to_owned(), value));
        }
        changed
    }

    /// This address without the values of `names`.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let kept = self.pairs.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        Self { path: self.path.clone(), pairs: kept.cloned().collect() }
    }

    /// This address with the values of `names` alone.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Self {
        let kept = self.pairs.iter().filter(|(name, _)| names.contains(&name.as_str()));
        Self { path: self.path.clone(), pairs: kept.cloned().collect() }
    }

    /// The same query under another path, as for a link that keeps the range.
    #[must_use]
    pub fn at(&self, path: impl Into<String>) -> Self {
        Self { path: path.into(), pairs: self.pairs.clone() }
    }

    /// Only the range of this address, for links to other pages.
    #[must_use]
    pub fn range_only(&self) -> Self {
        self.only(&super::range::NAMES)
    }

    /// The text of a link.
    pub fn href(&self) -> String {
        let mut href = self.path.clone();
        for (at, (name, value)) in self.pairs.iter().enumerate() {
            href.push(if at == 0 { '?' } else { '&' });
            href.push_str(&query_value(name));
            href.push('=');
            href.push_str(&query_value(value));
        }
        href
    }

    /// Hidden inputs that carry this query through a form that gets a page.
    pub fn hidden_inputs(&self) -> impl IntoView + use<> {
        self.pairs
            .iter()
            .map(|(name, value)| {
                view! { <input type="hidden" name=name.clone() value=value.clone()/> }
            })
            .collect_view()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(pairs: &[(&str, &str)]) -> Address {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Address::new("/errors", pairs)
    }

    #[test]
    fn a_link_keeps_the_rest_of_the_address() {
        let shown = address(&[("range", "7d"), ("site", "3"), ("q", "")]);
        assert_eq!(shown.href(), "/errors?range=7d&site=3");
        assert_eq!(shown.with("range", "1h").href(), "/errors?site=3&range=1h");
        assert_eq!(shown.with("site", "").href(), "/errors?range=7d");
        assert_eq!(shown.range_only().at("/sites").href(), "/sites?range=7d");
        assert_eq!(address(&[]).href(), "/errors");
    }

    #[test]
    fn values_cannot_break_out_of_a_link() {
        let href = address(&[]).with("hide", "a&b=c#d é").href();
        assert_eq!(href, "/errors?hide=a%26b%3Dc%23d%20%C3%A9");
    }
}
