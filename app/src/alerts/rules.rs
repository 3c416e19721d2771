//! Who wants what, when a message goes out, and when it is tried again.

use super::maintenance::model::Window;
use super::model::{
    Class, Delivery, Notice, NoticeKind, Problem, QuietHours, Rule, Said, Sites, Tried,
};
use crate::error::Refusal;
use crate::ui::flash::Done;
use crate::ui::number::grouped;
use jiff::{SignedDuration, Timestamp};

#[cfg(test)]
mod tests;

/// The most characters of a rule's name.
const LONGEST_NAME: usize = 120;
/// How often a message is tried.
pub const TRIES: i16 = 8;
/// How long after the first try the second comes; each pause after is three times as long, up to
/// [`LONGEST_PAUSE`]. Eight tries take about six hours.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(120);
/// The receivers of a rule hear of news of one incident at most this often; its end they hear at once.
pub const BETWEEN_UPDATES: SignedDuration = SignedDuration::from_mins(15);

const DAY: i64 = 24 * 60 * 60;

/// The stored form of a rule's name: white space folded, 1 to 120 characters that can be seen.
pub fn name(typed: &str) -> Result<String, Refusal> {
    let name = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = name.chars().count();
    let refused = |message: String| Err(Refusal::new("alert_name", "name", message));
    if length == 0 {
        return refused("Give it a name, such as On call.".to_owned());
    }
    if length > LONGEST_NAME {
        return refused(format!("The name has {length} characters. Use at most {LONGEST_NAME}."));
    }
    if name.chars().any(crate::sites::rules::unseen) {
        return refused("The name has control or invisible characters. Remove them.".to_owned());
    }
    Ok(name)
}

/// The classes of these names, in the order they are shown, each once; at least one.
pub fn classes(typed: &[String]) -> Result<Vec<Class>, Refusal> {
    let chosen = |class: &Class| typed.iter().any(|typed| typed == class.as_str());
    let classes: Vec<Class> = Class::ALL.into_iter().filter(chosen).collect();
    if classes.is_empty() {
        return Err(Refusal::new("alert_classes", "classes", "Choose at least one."));
    }
    Ok(classes)
}

/// Quiet hours typed as two times of the day, as in `22:00`; none without either.
pub fn quiet_hours(from: &str, to: &str) -> Result<Option<QuietHours>, Refusal> {
    let (from, to) = (from.trim(), to.trim());
    let refused = |message: &str| Refusal::new("quiet_hours", "quiet_from", message);
    if from.is_empty() && to.is_empty() {
        return Ok(None);
    }
    let unreadable = "Write both times like 22:00, in UTC, or leave both empty.";
    let (Some(from), Some(to)) = (minute(from), minute(to)) else {
        return Err(refused(unreadable));
    };
    if from == to {
        let message = "They end when they begin. To be told nothing, disable the rule.";
        return Err(refused(message));
    }
    Ok(Some(QuietHours { from, to }))
}

/// The minute of the day of a time such as `22:05` or `22:05:00`.
fn minute(time: &str) -> Option<u16> {
    let mut parts = time.split(':');
    let mut next = |below: u16| {
        let digits = parts.next().filter(|part| (1..=2).contains(&part.len()))?;
        digits.parse::<u16>().ok().filter(|number| *number < below)
    };
    let (hour, minute) = (next(24)?, next(60)?);
    Some(hour * 60 + minute)
}

impl QuietHours {
    /// When they end, if `at` is among them.
    pub fn until(self, at: Timestamp) -> Option<Timestamp> {
        let second = at.as_second().rem_euclid(DAY);
        let (from, to) = (i64::from(self.from) * 60, i64::from(self.to) * 60);
        let within =
            if from < to { (from..to).contains(&second) } else { second >= from || second < to };
        if !within {
            return None;
        }
        let midnight = at.as_second() - second;
        let end = if second < to { midnight + to } else { midnight + DAY + to };
        Timestamp::from_second(end).ok()
    }
}

/// Whether a rule tells of an incident of a site with these tags.
pub fn wants(rule: &Rule, notice: &Notice, tags: &[String]) -> bool {
    let sites = match &rule.sites {
        Sites::All => true,
        Sites::Tagged(tag) => notice.site.is_some() && tags.contains(tag),
        Sites::One(site) => notice.site == Some(*site),
    };
    // A class that this version does not know is nobody's to leave out.
    let class = notice.class.parse::<Class>();
    rule.enabled && sites && class.map_or(true, |class| rule.classes.contains(&class))
}

/// How long a message of an incident has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// It goes out then, or now.
    pub until: Timestamp,
    /// Whether maintenance holds it at present.
    pub maintenance: bool,
}

/// How long a message waits at `now`, with these windows, for quiet hours and maintenance to end. One may
/// begin where another ends.
pub fn hold(now: Timestamp, quiet: Option<QuietHours>, windows: &[&Window]) -> Hold {
    let covering = |at: Timestamp| {
        let covers = windows.iter().filter(move |window| window.covers(at));
        covers.map(|window| window.ends_at).max()
    };
    let mut until = now;
    // Each round ends a window or a day's quiet hours; more than these is a rule that never speaks.
    for _ in 0..100 {
        let next =
            covering(until).into_iter().chain(quiet.and_then(|quiet| quiet.until(until))).max();
        match next {
            Some(end) => until = end,
            None => break,
        }
    }
    Hold { until, maintenance: covering(now).is_some() }
}

/// What the receivers of a rule were told last of an open incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What.
    pub notice: Notice,
    /// When.
    pub at: Timestamp,
}

/// A message that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InOutbox {
    /// Whether maintenance held it back.
    pub held: bool,
    /// Whether a process is sending it just now.
    pub claimed: bool,
}

/// What becomes of a new notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It takes the place of what waits, or waits itself.
    Put {
        /// When it goes out.
        due_at: Timestamp,
        /// Whether maintenance holds it back.
        held: bool,
    },
    /// What waits is not told at all.
    Drop,
    /// There is nothing to tell.
    Leave,
}

/// What becomes of `notice` for a rule whose receivers were `told` something, while a message of the same
/// incident is `waiting`.
pub fn step(notice: &Notice, told: Option<&Told>, waiting: Option<InOutbox>, hold: Hold) -> Step {
    let put = |due_at| Step::Put { due_at, held: hold.maintenance };
    let resolved = notice.kind == NoticeKind::Resolved;
    match (told, waiting) {
        (None, None) if resolved => Step::Leave,
        // It came and went in a maintenance: that is what it was for.
        (None, Some(InOutbox { held, claimed: false }))
            if resolved && (held || hold.maintenance) =>
        {
            Step::Drop
        }
        (Some(told), None) if !resolved && !material(&told.notice, notice) => Step::Leave,
        (Some(told), _) if !resolved => {
            let after = told.at.saturating_add(BETWEEN_UPDATES).unwrap_or(Timestamp::MAX);
            put(hold.until.max(after))
        }
        _ => put(hold.until),
    }
}

/// Whether there is news in `new` for somebody who knows `old`: another cause, change or fix, not another
/// number in the same sentence.
pub fn material(old: &Notice, new: &Notice) -> bool {
    let text = |text: &Option<String>| words(text.as_deref().unwrap_or_default());
    (&old.code, &old.class, old.site) != (&new.code, &new.class, new.site)
        || words(&old.cause) != words(&new.cause)
        || text(&old.change) != text(&new.change)
        || text(&old.fix) != text(&new.fix)
}

/// The words of a sentence that are no numbers.
fn words(text: &str) -> Vec<String> {
    let number = |word: &&str| {
        word.chars().any(|letter| letter.is_ascii_digit()) && !word.chars().any(char::is_alphabetic)
    };
    text.split_whitespace().filter(|word| !number(word)).map(str::to_owned).collect()
}

/// What a message says to receivers who were told of the incident before, or were not.
pub fn said(notice: &Notice, told: bool) -> Said {
    match (notice.kind, told) {
        (NoticeKind::Resolved, _) => Said::Resolved,
        (_, true) => Said::Updated,
        (_, false) => Said::Opened,
    }
}

/// When a message that failed for the `attempt`th time (from 1) is tried again, if it is. `jitter` spreads
/// the tries of many: 0 to 99, an even chance each.
pub fn retry(tried: &Tried, attempt: i16, jitter: u8) -> Option<SignedDuration> {
    let problem = tried.problem?;
    if attempt >= TRIES || lasting(problem, tried.status) {
        return None;
    }
    let exponent = u32::from(attempt.max(1).unsigned_abs()) - 1;
    let pause = FIRST_PAUSE.saturating_mul(3_i32.saturating_pow(exponent)).min(LONGEST_PAUSE);
    // Between nine and eleven tenths of it.
    let pause = pause.saturating_mul(900 + 2 * i32::from(jitter.min(100))) / 1_000;
    let asked = tried.retry_after.unwrap_or(SignedDuration::ZERO).min(LONGEST_PAUSE);
    Some(pause.max(asked))
}

/// Whether trying again would end the same way. A refusal in the 400s does, but for 408 and 429.
fn lasting(problem: Problem, status: Option<u16>) -> bool {
    match problem {
        Problem::Status => status
            .is_some_and(|status| (400..500).contains(&status) && !matches!(status, 408 | 429)),
        // SMTP: 400s may pass, 500s do not.
        Problem::MailRefused => status.is_none_or(|status| status >= 500),
        Problem::Redirect | Problem::Private | Problem::NoMail | Problem::Unwritable => true,
        Problem::Unresolved
        | Problem::Unreachable
        | Problem::Tls
        | Problem::Timeout
        | Problem::Protocol => false,
    }
}

/// What to tell whoever pressed *Test*.
pub fn told_of_test(rule: &Rule, delivery: &Delivery) -> Result<Done, Refusal> {
    let answered = delivery.status.map(|status| format!(" It answered {status}."));
    let answered = answered.unwrap_or_default();
    match delivery.problem {
        None => Ok(Done::told(format!(
            "The test arrived at {} after {} ms.{answered}",
            rule.shown,
            grouped(delivery.took_ms.into()),
        ))),
        Some(problem) => Err(Refusal::new(
            "alert_test",
            "test",
            format!("The test did not arrive. {}.{answered}", problem.says()),
        )),
    }
}
