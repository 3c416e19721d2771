//! What is typed to make or change a rule.

use super::model::{Class, QuietHours, Rule, Sites, clock};
use super::rules;
use crate::error::Refusal;
use serde::{Deserialize, Serialize};

/// A rule as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleForm {
    /// What to call it.
    pub name: String,
    /// Where to: an address, or e-mail addresses with commas between them. Empty to leave it as it is.
    pub destination: String,
    /// The tag of its sites; empty for all, or if there is one site.
    pub tag: String,
    /// The name or number of its one site; empty for all, or if there is a tag.
    pub site: String,
    /// The names of its classes.
    pub classes: Vec<String>,
    /// When its quiet hours begin, as in `22:00`; empty for none.
    pub quiet_from: String,
    /// When they end.
    pub quiet_to: String,
}

impl RuleForm {
    /// The form of a new rule: for all sites and all classes but noise.
    pub fn fresh() -> Self {
        let classes = Class::ALL.iter().filter(|class| **class != Class::Noise);
        Self {
            classes: classes.map(|class| class.as_str().to_owned()).collect(),
            ..Self::default()
        }
    }

    /// What would be typed to make `rule`, but for its destination, which is not shown whole.
    pub fn of(rule: &Rule) -> Self {
        let (tag, site) = match &rule.sites {
            Sites::All => (String::new(), String::new()),
            Sites::Tagged(tag) => (tag.clone(), String::new()),
            Sites::One(id) => (String::new(), id.to_string()),
        };
        let quiet = |at: fn(QuietHours) -> u16| rule.quiet.map(|quiet| clock(at(quiet)));
        Self {
            name: rule.name.clone(),
            destination: String::new(),
            tag,
            site,
            classes: rule.classes.iter().map(|class| class.as_str().to_owned()).collect(),
            quiet_from: quiet(|quiet| quiet.from).unwrap_or_default(),
            quiet_to: quiet(|quiet| quiet.to).unwrap_or_default(),
        }
    }

    /// The form again, from what was kept of it.
    pub fn kept<'a>(typed: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let text = |name| typed(name).unwrap_or_default().to_owned();
        typed("name")?;
        let classes = text("classes");
        let classes = classes.split(',').filter(|class| !class.is_empty());
        Some(Self {
            name: text("name"),
            destination: text("destination"),
            tag: text("tag"),
            site: text("site"),
            classes: classes.map(str::to_owned).collect(),
            quiet_from: text("quiet_from"),
            quiet_to: text("quiet_to"),
        })
    }

    /// What was typed, by field name; `classes` are the names of the classes with commas between them.
    pub fn typed<'a>(&'a self, classes: &'a str) -> [(&'static str, &'a str); 7] {
        [
            ("name", &self.name),
            ("destination", &self.destination),
            ("tag", &self.tag),
            ("site", &self.site),
            ("classes", classes),
            ("quiet_from", &self.quiet_from),
            ("quiet_to", &self.quiet_to),
        ]
    }

    /// What can be checked without looking anything up: name, classes and quiet hours.
    pub fn checked(&self) -> Result<Checked, Refusal> {
        Ok(Checked {
            name: rules::name(&self.name)?,
            classes: rules::classes(&self.classes)?,
            quiet: rules::quiet_hours(&self.quiet_from, &self.quiet_to)?,
        })
    }
}

/// The stored form of what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// See [`Rule::name`].
    pub name: String,
    /// See [`Rule::classes`].
    pub classes: Vec<Class>,
    /// See [`Rule::quiet`].
    pub quiet: Option<QuietHours>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::model::{Kind, RuleId};
    use jiff::Timestamp;

    #[test]
    fn a_rule_survives_its_form() {
        let rule = Rule {
            id: RuleId(1),
            name: "On call".to_owned(),
            kind: Kind::Webhook,
            shown: "https://hooks.example/…".to_owned(),
            sites: Sites::Tagged("europe".to_owned()),
            site_name: None,
            classes: vec![Class::Fixable, Class::Attack],
            quiet: Some(QuietHours { from: 22 * 60, to: 7 * 60 + 5 }),
            enabled: true,
            created_at: Timestamp::UNIX_EPOCH,
        };
        let form = RuleForm::of(&rule);
        let checked = form.checked().unwrap();
        assert_eq!(checked.name, rule.name);
        assert_eq!(checked.classes, rule.classes);
        assert_eq!(checked.quiet, rule.quiet);
        let classes = form.classes.join(",");
        let typed = form.typed(&classes);
        let again = RuleForm::kept(|name| {
            typed.iter().find(|(of, _)| *of == name).map(|(_, value)| *value)
        });
        assert_eq!(again, Some(form));
    }
}
