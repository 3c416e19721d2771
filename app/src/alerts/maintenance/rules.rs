//! What a maintenance window must be.

use crate::error::Refusal;
use crate::sites::rules::pause_reason;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The longest window: a mistyped year would keep everybody in the dark.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);

/// A window as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowForm {
    /// What it is for.
    pub name: String,
    /// The name or number of a site; empty for all.
    pub site: String,
    /// When it begins, as in `2026-11-30T14:05`, in UTC; empty for now.
    pub from: String,
    /// When it ends.
    pub to: String,
    /// Why.
    pub reason: String,
}

impl WindowForm {
    /// What was typed, by field name.
    pub fn typed(&self) -> [(&'static str, &str); 5] {
        [
            ("name", &self.name),
            ("site", &self.site),
            ("from", &self.from),
            ("to", &self.to),
            ("reason", &self.reason),
        ]
    }

    /// The stored form, less the site.
    pub fn checked(&self, now: Timestamp) -> Result<Checked, Refusal> {
        let name = crate::alerts::rules::name(&self.name)?;
        let starts_at =
            if self.from.trim().is_empty() { now } else { instant(&self.from, "from")? };
        let ends_at = instant(&self.to, "to")?;
        let refused = |message: &str| Err(Refusal::new("maintenance_times", "to", message));
        if ends_at <= now {
            return refused("That time has passed. Choose a later one, in UTC.");
        }
        if ends_at <= starts_at {
            return refused("It ends before it begins. Choose a later time.");
        }
        if starts_at.duration_until(ends_at) > LONGEST {
            return refused("That is over 31 days, a long time to be told nothing. Choose less.");
        }
        let reason = pause_reason(&self.reason)?.unwrap_or_default();
        Ok(Checked { name, starts_at, ends_at, reason })
    }
}

/// A window in its stored form, less its site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// See [`Window::name`](super::model::Window::name).
    pub name: String,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Why; may be empty.
    pub reason: String,
}

fn instant(typed: &str, field: &'static str) -> Result<Timestamp, Refusal> {
    let typed = typed.trim();
    let civil = || typed.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    let instant = typed.parse::<Timestamp>().ok().or_else(|| Some(civil()?.timestamp()));
    instant.ok_or_else(|| {
        let message = "That is not a time. Write it like 2026-11-30T14:05, in UTC.";
        Refusal::new("maintenance_times", field, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::constant(1_781_526_896, 0); // 2026-06-15 12:34:56 UTC

    fn form(from: &str, to: &str) -> WindowForm {
        WindowForm {
            name: " Move ".to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            ..WindowForm::default()
        }
    }

    #[test]
    fn a_window_has_an_end_ahead_of_its_beginning() {
        let checked = form("", "2026-06-15T14:00").checked(NOW).unwrap();
        assert_eq!((checked.name.as_str(), checked.starts_at), ("Move", NOW));
        assert_eq!(checked.ends_at.to_string(), "2026-06-15T14:00:00Z");
        for (from, to, field) in [
            ("", "", "to"),
            ("noon", "2026-06-15T14:00", "from"),
            ("", "2026-06-15T12:00", "to"),
            ("2026-06-16T12:00", "2026-06-16T11:00", "to"),
            ("", "2027-06-15T14:00", "to"),
        ] {
            assert_eq!(form(from, to).checked(NOW).unwrap_err().field, field, "{from} {to}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_window_panic(from in "\\PC*", to in "\\PC*") {
            let _ = form(&from, &to).checked(NOW);
        }
    }
}
