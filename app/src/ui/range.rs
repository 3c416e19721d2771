//! The range of time a page looks at: `?range=24h`, or `?from=…&to=…` in UTC.

use super::query::Address;
use crate::events::model::EARLIEST;
use crate::stats::model::{Grain, Range, Step};
use crate::stats::rules::by_whole_hours;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The names in an address that say the range.
pub const NAMES: [&str; 3] = ["range", "from", "to"];

/// The last instant of a range, the beginning of 2100: far enough for a clock that is wrong.
const LATEST: Timestamp = Timestamp::constant(4_102_444_800, 0);

/// A range that ends now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Preset {
    /// One hour.
    Hour,
    /// Six hours.
    SixHours,
    /// 24 hours.
    #[default]
    Day,
    /// Seven times 24 hours, and what its first bar holds before.
    Week,
    /// 30 times 24 hours, from the start of that day on.
    Month,
    /// 90 times 24 hours, from the start of that day on.
    Quarter,
}

impl Preset {
    /// All of them, shortest first.
    pub const ALL: [Self; 6] =
        [Self::Hour, Self::SixHours, Self::Day, Self::Week, Self::Month, Self::Quarter];

    /// Its name in an address.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::SixHours => "6h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
        }
    }

    /// Its name in words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Hour => "Last hour",
            Self::SixHours => "Last 6 hours",
            Self::Day => "Last 24 hours",
            Self::Week => "Last 7 days",
            Self::Month => "Last 30 days",
            Self::Quarter => "Last 90 days",
        }
    }

    /// How long it is at least.
    pub const fn length(self) -> SignedDuration {
        SignedDuration::from_hours(match self {
            Self::Hour => 1,
            Self::SixHours => 6,
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Month => 30 * 24,
            Self::Quarter => 90 * 24,
        })
    }

    /// The range that ends `now`: so many whole minutes, with the one that runs. A long one begins with a whole bar of its
    /// chart, which would else look like a fall.
    fn ending(self, now: Timestamp) -> Range {
        let bar = match self {
            Self::Hour | Self::SixHours | Self::Day => Step::single(Grain::Minute),
            Self::Week => Step { grain: Grain::Hour, multiple: 3 },
            Self::Month | Self::Quarter => Step::single(Grain::Day),
        };
        let minutes = Range::ending(Grain::Minute.ceil(now), self.length());
        Range { from: bar.floor(minutes.from), to: now }
    }
}

/// The range an address asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Chosen {
    /// One that ends now.
    Preset(Preset),
    /// One with a beginning and an end.
    Custom(Range),
}

impl Default for Chosen {
    fn default() -> Self {
        Self::Preset(Preset::default())
    }
}

impl Chosen {
    /// The range of an address, or what is wrong with it.
    ///
    /// # Errors
    /// A sentence that names the part, what is wrong and what would be right.
    pub fn parse(
        range: Option<&str>,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<Self, String> {
        match (range, from, to) {
            (_, Some(from), Some(to)) => {
                let (from, to) = (instant("From", from)?, instant("To", to)?);
                Range::new(from, to).map(Self::Custom).ok_or_else(|| {
                    "To is not after From: choose an end later than the beginning.".to_owned()
                })
            }
            (_, Some(_), None) => Err("From is set, but not To: choose both.".to_owned()),
            (_, None, Some(_)) => Err("To is set, but not From: choose both.".to_owned()),
            (Some(name), None, None) => Preset::ALL
                .into_iter()
                .find(|preset| preset.name() == name)
                .map(Self::Preset)
                .ok_or_else(|| {
                    "There is no such range: use 1h, 6h, 24h, 7d, 30d or 90d.".to_owned()
                }),
            (None, None, None) => Ok(Self::default()),
        }
    }

    /// The range of the page being rendered; the default with a sentence when it asks for none that
    /// there is.
    pub fn of(address: &Address) -> (Self, Option<String>) {
        match Self::parse(address.get("range"), address.get("from"), address.get("to")) {
            Ok(chosen) => (chosen, None),
            Err(problem) => (Self::default(), Some(problem)),
        }
    }

    /// The instants meant, as of `now`.
    pub fn resolve(self, now: Timestamp) -> Range {
        match self {
            Self::Preset(preset) => preset.ending(now),
            Self::Custom(range) => by_whole_hours(range),
        }
    }

    /// The parts of an address that ask for it.
    pub fn pairs(self) -> Vec<(String, String)> {
        let pair = |name: &str, value: String| (name.to_owned(), value);
        match self {
            Self::Preset(preset) => vec![pair("range", preset.name().to_owned())],
            Self::Custom(Range { from, to }) => {
                vec![pair("from", from.to_string()), pair("to", to.to_string())]
            }
        }
    }

    /// In words: `Last 24 hours`, `17 May 2015 10:05 – 19 May 2015 20:06`.
    pub fn label(self) -> String {
        match self {
            Self::Preset(preset) => preset.label().to_owned(),
            Self::Custom(Range { from, to }) => {
                format!("{} – {}", minute(from), minute(to))
            }
        }
    }

    /// The same in running text: `last 24 hours`.
    pub fn in_text(self) -> String {
        match self {
            Self::Preset(preset) => preset.label().to_lowercase(),
            custom @ Self::Custom(_) => format!("{} UTC", custom.label()),
        }
    }

    /// The same of what was counted by whole hours or days, and so may begin sooner and end later:
    /// `last 24 hours, by whole hours since 26 Nov 2026 16:00 UTC`.
    pub fn in_text_as(self, counted: Range) -> String {
        if self == Self::Custom(counted) {
            return self.in_text();
        }
        let midnight = |instant: Timestamp| instant.as_second().rem_euclid(86_400) == 0;
        let whole = if midnight(counted.from) && midnight(counted.to) { "days" } else { "hours" };
        match self {
            Self::Preset(_) => {
                let since = minute(counted.from);
                format!("{}, by whole {whole} since {since} UTC", self.in_text())
            }
            Self::Custom(_) => {
                format!("{} UTC, by whole {whole}", Self::Custom(counted).label())
            }
        }
    }

    /// What it is compared with: `the day before`.
    pub const fn before(self) -> &'static str {
        match self {
            Self::Preset(Preset::Hour) => "the hour before",
            Self::Preset(Preset::Day) => "the day before",
            Self::Preset(Preset::Week) => "the week before",
            Self::Preset(Preset::SixHours) => "the 6 hours before",
            Self::Preset(Preset::Month) => "the 30 days before",
            Self::Preset(Preset::Quarter) => "the 90 days before",
            Self::Custom(_) => "the period before",
        }
    }
}

/// `17 May 2015 10:05`, in UTC.
fn minute(instant: Timestamp) -> String {
    instant.strftime("%-d %b %Y %H:%M").to_string()
}

/// An instant as RFC 3339 has it, or as a `datetime-local` field sends it, which is taken for UTC.
fn instant(name: &str, text: &str) -> Result<Timestamp, String> {
    let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    let instant = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| civil().map(|zoned| zoned.timestamp()))
        .ok_or_else(|| format!("{name} is not a time: write it like 2015-05-17T10:05, in UTC."))?;
    if (EARLIEST..=LATEST).contains(&instant) {
        Ok(instant)
    } else {
        Err(format!("{name} is out of range: choose a time from 1990 to 2099."))
    }
}

/// The menu that chooses the range; everything else in the address stays.
#[component]
pub fn RangePicker(
    /// The address of the page.
    address: Address,
    /// What it asks for.
    chosen: Chosen,
    /// What it shows.
    range: Range,
) -> impl IntoView {
    let rest = address.without(&NAMES).without(&["page"]);
    let preset_links = Preset::ALL.map(|preset| {
        let current = (chosen == Chosen::Preset(preset)).then_some("true");
        let href = rest.with("range", preset.name()).href();
        view! { <a href=href aria-current=current>{preset.label()}</a> }
    });
    let field = |instant: Timestamp| instant.strftime("%Y-%m-%dT%H:%M").to_string();
    view! {
        <details class="menu range" name="menu">
            <summary class="btn">{chosen.label()}</summary>
            <div class="menu-body">
                {preset_links.into_iter().collect_view()}
                <hr/>
                <form class="stack-m" method="get">
                    {rest.hidden_inputs()}
                    <div class="field">
                        <label for="from">"From (UTC)"</label>
                        <input type="datetime-local" id="from" name="from" required value=field(range.from)/>
                    </div>
                    <div class="field">
                        <label for="to">"To (UTC)"</label>
                        <input type="datetime-local" id="to" name="to" required value=field(range.to)/>
                    </div>
                    <button>"Apply range"</button>
                </form>
            </div>
        </details>
    }
}

/// Says that the address asked for a range that there is not.
#[component]
pub fn RangeNote(
    /// What is wrong with it, if anything is.
    problem: Option<String>,
) -> impl IntoView {
    problem.map(|problem| {
        view! {
            <div class="flash warn" role="status">
                <p>
                    <strong>"This is the last 24 hours."</strong>
                    " "
                    {problem}
                </p>
            </div>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn custom(from: &str, to: &str) -> Result<Chosen, String> {
        Chosen::parse(None, Some(from), Some(to))
    }

    #[test]
    fn what_was_counted_by_whole_hours_says_so() {
        let range =
            |from: &str, to: &str| Range::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
        let hours = range("2026-11-26T16:00:00Z", "2026-11-27T17:00:00Z");
        assert_eq!(
            Chosen::default().in_text_as(hours),
            "last 24 hours, by whole hours since 26 Nov 2026 16:00 UTC"
        );
        assert_eq!(Chosen::Custom(hours).in_text_as(hours), Chosen::Custom(hours).in_text());
        let asked = Chosen::Custom(range("2015-05-17T10:05:00Z", "2015-05-19T20:06:00Z"));
        assert_eq!(
            asked.in_text_as(range("2015-05-17T00:00:00Z", "2015-05-20T00:00:00Z")),
            "17 May 2015 00:00 – 20 May 2015 00:00 UTC, by whole days"
        );
    }

    #[test]
    fn a_range_is_a_preset_or_two_instants() {
        assert_eq!(Chosen::parse(None, None, None), Ok(Chosen::Preset(Preset::Day)));
        assert_eq!(Chosen::parse(Some("7d"), None, None), Ok(Chosen::Preset(Preset::Week)));
        let from = "2015-05-17T10:05:03Z".parse().unwrap();
        let to = "2015-05-19T20:06:00Z".parse().unwrap();
        let range = Range::new(from, to).unwrap();
        assert_eq!(custom("2015-05-17T10:05:03Z", "2015-05-19T20:06"), Ok(Chosen::Custom(range)));
        // Two instants say more than a preset.
        let both =
            Chosen::parse(Some("1h"), Some("2015-05-17T10:05:03Z"), Some("2015-05-19T20:06"));
        assert_eq!(both, Ok(Chosen::Custom(range)));
        assert_eq!(Chosen::Custom(range).label(), "17 May 2015 10:05 – 19 May 2015 20:06");
    }

    #[test]
    fn what_is_no_range_is_named() {
        for (result, part) in [
            (Chosen::parse(Some("2w"), None, None), "range"),
            (Chosen::parse(None, Some("2015-05-17T10:05"), None), "To"),
            (custom("yesterday", "2015-05-17T10:05"), "From is not a time"),
            (custom("2015-05-17T10:05", "2015-02-30T00:00"), "To is not a time"),
            (custom("2015-05-17T10:05", "2015-05-17T10:05"), "To is not after From"),
            (custom("-009998-01-01T00:00:00Z", "2015-05-17T10:05"), "From is out of range"),
            (custom("1989-12-31T23:59", "2015-05-17T10:05"), "From is out of range"),
            (custom("2015-05-17T10:05", "9999-12-30T22:00:00Z"), "To is out of range"),
        ] {
            assert!(result.as_ref().is_err_and(|said| said.contains(part)), "{result:?}: {part}");
        }
    }

    #[test]
    fn every_preset_is_found_by_its_name_and_ends_now() {
        let now = "2026-11-23T14:31:00Z".parse().unwrap();
        for preset in Preset::ALL {
            let chosen = Chosen::parse(Some(preset.name()), None, None).unwrap();
            let range = chosen.resolve(now);
            assert_eq!(range.to, now);
            let short = preset.length() - range.length();
            assert!(short < SignedDuration::from_mins(1));
        }
    }

    #[test]
    fn a_range_begins_with_a_whole_minute_and_a_long_one_with_a_whole_bar() {
        let now = "2026-11-23T14:30:20Z".parse().unwrap();
        let from = |preset: Preset| preset.ending(now).from.to_string();
        assert_eq!(from(Preset::Hour), "2026-11-23T13:31:00Z");
        assert_eq!(from(Preset::Day), "2026-11-22T14:31:00Z");
        assert_eq!(from(Preset::Week), "2026-11-16T12:00:00Z");
        assert_eq!(from(Preset::Month), "2026-10-24T00:00:00Z");
        assert_eq!(from(Preset::Quarter), "2026-08-25T00:00:00Z");
    }

    #[test]
    fn two_instants_mean_what_lies_between_and_far_apart_whole_hours() {
        let now = "2026-11-23T14:30:20Z".parse().unwrap();
        let meant = |from: &str, to: &str| {
            let range = Range::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
            let Range { from, to } = Chosen::Custom(range).resolve(now);
            [from.to_string(), to.to_string()]
        };
        let (from, to) = ("2026-11-20T10:37:00Z", "2026-11-21T10:37:00Z");
        assert_eq!(meant(from, to), [from, to]);
        assert_eq!(
            meant(from, "2026-11-23T10:37:00Z"),
            ["2026-11-20T10:00:00Z", "2026-11-23T11:00:00Z"]
        );
    }

    #[test]
    fn a_range_is_read_back_from_its_address() {
        let from = "2015-05-17T10:05:03.5Z".parse().unwrap();
        let range = Range::ending(from, SignedDuration::from_secs(90));
        for chosen in [Chosen::Custom(range), Chosen::Preset(Preset::Quarter)] {
            let address = Address::new("/", chosen.pairs());
            assert_eq!(Chosen::of(&address), (chosen, None));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(range in "\\PC*", from in "\\PC*", to in "\\PC*") {
            let _ = Chosen::parse(Some(&range), None, None);
            let _ = Chosen::parse(Some(&range), Some(&from), Some(&to));
        }
    }
}
