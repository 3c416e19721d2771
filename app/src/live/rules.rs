//! What is shown of what comes.

use super::model::Wanted;
use crate::gate::referer::host_of;
use crate::sites::model::SiteId;
use crate::stats::model::Sample;

/// The most rows that a listener gets a second.
pub const ROWS_A_SECOND: usize = 10;

impl Wanted {
    /// The names and values of the parts, as an address has them; also those without a value.
    pub fn pairs(&self) -> [(&'static str, &str); 5] {
        [
            ("site", &self.site),
            ("code", &self.code),
            ("host", &self.host),
            ("sitekey", &self.sitekey),
            ("source", &self.source),
        ]
    }

    /// Itself, from what an address says.
    pub fn of<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let part = |name| get(name).unwrap_or_default().trim().to_owned();
        Self {
            site: part("site"),
            code: part("code"),
            host: host_of(&part("host")),
            sitekey: part("sitekey"),
            source: part("source"),
        }
    }

    /// Whether it leaves anything out.
    pub fn filters(&self) -> bool {
        self.pairs().iter().any(|(_, value)| !value.is_empty())
    }

    /// Itself with the number of the site that is asked for, by number or by name. A name may be a part of one, as long as
    /// no other site has it.
    ///
    /// # Errors
    ///
    /// A sentence that says why no site is meant.
    pub fn with_number(&self, sites: &[(SiteId, String)]) -> Result<Self, String> {
        let typed = self.site.to_lowercase();
        if typed.is_empty() || typed.parse::<i64>().is_ok() {
            return Ok(self.clone());
        }
        let found = |is_meant: &dyn Fn(&str) -> bool| -> Vec<&(SiteId, String)> {
            sites.iter().filter(|(_, name)| is_meant(&name.to_lowercase())).collect()
        };
        let mut meant = found(&|name| name == typed);
        if meant.is_empty() {
            meant = found(&|name| name.contains(&typed));
        }
        match meant.as_slice() {
            [(id, _)] => Ok(Self { site: id.to_string(), ..self.clone() }),
            [] => Err(format!(
                "No site has {} in its name. Choose one from the list, or give its number.",
                self.site
            )),
            [one, other, ..] => Err(format!(
                "{} sites have {} in their names, such as {} ({}) and {} ({}). Give more of the name, or the number.",
                meant.len(),
                self.site,
                one.1,
                one.0,
                other.1,
                other.0,
            )),
        }
    }

    /// Whether a sample is followed.
    pub fn matches(&self, sample: &Sample) -> bool {
        let is = |wanted: &str, value: &str| wanted.is_empty() || wanted == value;
        is(&self.code, &sample.code)
            && is(&self.host, &sample.host)
            && is(&self.source, &sample.source)
            && is(&self.sitekey, sample.sitekey.as_deref().unwrap_or_default())
            && (self.site.is_empty() || self.site.parse() == Ok(sample.site))
    }
}

/// The newest of what came, oldest first, and how many others there were.
pub fn cut<T>(mut came: Vec<T>, most: usize) -> (Vec<T>, usize) {
    let more = came.len().saturating_sub(most);
    came.drain(..more);
    (came, more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Sample {
        Sample {
            time: jiff::Timestamp::UNIX_EPOCH,
            site: 3,
            code: "referer_denied".to_owned(),
            source: "edge-1".to_owned(),
            sitekey: Some("site_a".to_owned()),
            host: "shop.example".to_owned(),
            referer: None,
            client: None,
            trace: None,
            user_agent: None,
        }
    }

    #[test]
    fn a_site_is_asked_for_by_number_or_by_name() {
        let sites = [(1, "Shop"), (2, "Shop UK"), (3, "Blog"), (4, "blog")];
        let sites = sites.map(|(id, name)| (SiteId(id), name.to_owned()));
        let asked = |site: &'static str| {
            let wanted = Wanted::of(|name| (name == "site").then_some(site));
            wanted.with_number(&sites).map(|wanted| wanted.site)
        };
        for (typed, number) in [("", ""), ("7", "7"), ("shop", "1"), ("uk", "2"), (" Shop U ", "2")]
        {
            assert_eq!(asked(typed).as_deref(), Ok(number), "{typed}");
        }
        for (typed, part) in [
            ("blog", "2 sites have blog in their names, such as Blog (3) and blog (4)"),
            ("sho", "2 sites have sho in their names"),
            ("nope", "No site has nope in its name"),
        ] {
            let said = asked(typed).unwrap_err();
            assert!(said.contains(part), "{said}");
        }
    }

    #[test]
    fn every_part_of_a_filter_must_match() {
        let asks = |pairs: &[(&str, &'static str)]| {
            let pairs = pairs.to_vec();
            Wanted::of(move |name| {
                pairs.iter().find(|(of, _)| *of == name).map(|(_, value)| *value)
            })
        };
        assert!(asks(&[]).matches(&sample()) && !asks(&[]).filters());
        let all = [
            ("site", "3"),
            ("code", "referer_denied"),
            ("host", " shop.example "),
            ("sitekey", "site_a"),
            ("source", "edge-1"),
        ];
        assert!(asks(&all).matches(&sample()));
        for (name, _) in all {
            assert!(!asks(&[(name, "4")]).matches(&sample()), "{name}");
            assert!(asks(&[(name, "4")]).filters());
        }
        assert!(!asks(&[("site", "shop")]).matches(&sample()), "no site has such a number");
        let without = Sample { sitekey: None, ..sample() };
        assert!(!asks(&[("sitekey", "site_a")]).matches(&without));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_from_the_count(came in 0_usize..200, most in 1_usize..20) {
            let (shown, more) = cut((0..came).collect(), most);
            prop_assert!(shown.len() <= most);
            prop_assert_eq!(shown.len() + more, came);
            prop_assert_eq!(shown.last().copied(), came.checked_sub(1), "the newest is shown");
        }
    }
}
