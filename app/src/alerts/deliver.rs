//! Sending: the job that sends what is due, and the *Test* button.

use super::client::{self, Post};
use super::mail::Mail;
use super::maintenance;
use super::message::Message;
use super::model::{Delivery, Kind, Notice, NoticeKind, Problem, RuleId, Said, Tried};
use super::rules::{self, BETWEEN_UPDATES, Hold, retry, said};
use super::signature;
use super::store::{self, Claimed, Stored};
use crate::context::{AppState, fill_random};
use crate::error::AppError;
use crate::incidents::{Due, due};
use http::{HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use std::time::{Duration, Instant};

/// How often the job looks for what is due.
const EVERY: Duration = Duration::from_secs(2);
/// How many messages are sent at once.
const AT_ONCE: i64 = 16;
/// After so long, a message that some process began to send is sent by another. Longer than a message takes.
const CLAIM: SignedDuration = SignedDuration::from_secs(90);
/// What can become of a try to send.
const OUTCOMES: [&str; 3] = ["delivered", "failed", "given_up"];

/// By which ways messages may leave, as the server was started.
#[derive(Clone, Debug, Default)]
pub struct Outlets {
    /// Whether webhooks may reach private addresses.
    pub allow_private: bool,
    /// The mail server, if there is one.
    pub mail: Option<Mail>,
}

/// The job: sends what is due, for ever. Several processes share the work: each claims what it sends. A
/// process that dies after a message arrived and before that was written down has it sent twice.
pub async fn run(state: AppState) {
    // A count that begins with the first failure would not be seen to rise.
    for kind in Kind::ALL {
        for outcome in OUTCOMES {
            deliveries(kind, outcome).absolute(0);
        }
    }
    let mut rounds = tokio::time::interval(EVERY);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        if let Err(error) = send_due(&state).await {
            tracing::warn!(%error, "could not send the alerts that are due");
        }
    }
}

/// Sends what is due, once.
async fn send_due(state: &AppState) -> Result<(), AppError> {
    let now = state.clock.now();
    let until = now.saturating_add(CLAIM).map_err(AppError::fault)?;
    let mut conn = state.pool.acquire().await?;
    let claimed = store::claim(&mut conn, now, until, AT_ONCE).await?;
    drop(conn);
    let sending = claimed.into_iter().map(|message| send_claimed(state, message));
    let sent = futures::future::join_all(sending).await;
    // One that could not be written down does not keep the others from it.
    sent.into_iter().collect()
}

async fn send_claimed(state: &AppState, claimed: Claimed) -> Result<(), AppError> {
    let Claimed { id, revision, rule, notice: waited, attempts, held } = claimed;
    let now = state.clock.now();
    let mut conn = state.pool.acquire().await?;
    let Some(stored) = store::by_id(&mut conn, rule).await? else { return Ok(()) };
    // What began meanwhile counts as well: a later try may fall into the night.
    let hold = hold(&mut conn, now, &stored, &waited).await?;
    if hold.until > now {
        return Ok(store::postpone(&mut conn, id, hold.until, hold.maintenance).await?);
    }
    let told = store::told(&mut conn, rule, waited.incident).await?.is_some();
    // It may have waited for hours: what goes out is how things stand now.
    let notice = match due(&mut conn, waited, now).await? {
        Due::Told(notice) => *notice,
        Due::QuietUntil(until) => {
            return Ok(store::postpone(&mut conn, id, until, false).await?);
        }
        Due::Expected => {
            store::remove_unless_renewed(&mut conn, id, revision).await?;
            return Ok(());
        }
    };
    let over = notice.kind == NoticeKind::Resolved;
    if held && !told && over {
        store::remove(&mut conn, id).await?;
        return Ok(());
    }
    drop(conn);
    let said = said(&notice, told);
    let (tried, took) = send(state, &stored, (said, told), &notice).await;
    let attempt = attempts.saturating_add(1);
    let ended = state.clock.now();
    let pause = retry(&tried, attempt, jitter()?);
    let next_at = pause.map(|pause| ended.saturating_add(pause)).transpose();
    let next_at = next_at.map_err(AppError::fault)?;
    let incident = Some(notice.incident);
    let delivery = delivery(said, incident, ended, attempt, tried, took, next_at);
    let mut tx = state.pool.begin().await?;
    store::log(&mut tx, rule, &delivery).await?;
    count(stored.rule.kind, &delivery);
    match (tried.problem, next_at) {
        // Nothing comes after the end, whatever took this one's place meanwhile.
        (None, _) if over => {
            arrived(&mut tx, rule, &notice, ended).await?;
            store::remove(&mut tx, id).await?;
        }
        (None, _) => {
            arrived(&mut tx, rule, &notice, ended).await?;
            if !store::remove_unless_renewed(&mut tx, id, revision).await? {
                // News came while this was sent: it waits its turn.
                let due_at = ended.saturating_add(BETWEEN_UPDATES).map_err(AppError::fault)?;
                store::release(&mut tx, id, ended, due_at).await?;
            }
        }
        (Some(_), Some(due_at)) => store::retry(&mut tx, id, attempt, due_at).await?,
        (Some(problem), None) => {
            tracing::warn!(
                rule = rule.0,
                incident = notice.incident,
                problem = problem.as_str(),
                "an alert was given up"
            );
            store::remove(&mut tx, id).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Counts a try to send, by the kind of its channel and by what became of it.
fn count(kind: Kind, delivery: &Delivery) {
    let [delivered, failed, given_up] = OUTCOMES;
    let outcome = match (delivery.problem, delivery.next_at) {
        (None, _) => delivered,
        (Some(_), Some(_)) => failed,
        (Some(_), None) => given_up,
    };
    deliveries(kind, outcome).increment(1);
}

fn deliveries(kind: Kind, outcome: &'static str) -> metrics::Counter {
    metrics::counter!(
        "sitekeeper_alerts_deliveries_total",
        "channel" => kind.as_str(),
        "outcome" => outcome,
    )
}

/// How long a message has to wait.
async fn hold(
    conn: &mut PgConnection,
    now: Timestamp,
    stored: &Stored,
    notice: &Notice,
) -> Result<Hold, AppError> {
    let windows = maintenance::store::ahead(conn, now).await?;
    let windows: Vec<_> = windows.iter().filter(|window| window.concerns(notice.site)).collect();
    Ok(rules::hold(now, stored.rule.quiet, &windows))
}

/// Remembers what the receivers know now.
async fn arrived(
    conn: &mut PgConnection,
    rule: RuleId,
    notice: &Notice,
    now: Timestamp,
) -> Result<(), AppError> {
    if notice.kind == NoticeKind::Resolved {
        Ok(store::forget_told(conn, rule, notice.incident).await?)
    } else {
        store::note_told(conn, rule, notice, now).await
    }
}

/// Sends a message that says it is a test, waits for what becomes of it, and writes that down.
pub async fn test(state: &AppState, id: RuleId) -> Result<(Stored, Delivery), AppError> {
    let mut conn = state.pool.acquire().await?;
    let stored = store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    let notice = Message::test(&stored.rule, state.clock.now());
    let (tried, took) = send(state, &stored, (Said::Test, false), &notice).await;
    let delivery = delivery(Said::Test, None, state.clock.now(), 1, tried, took, None);
    let mut conn = state.pool.acquire().await?;
    store::log(&mut conn, id, &delivery).await?;
    Ok((stored, delivery))
}

fn delivery(
    said: Said,
    incident: Option<i64>,
    at: Timestamp,
    attempt: i16,
    tried: Tried,
    took: Duration,
    next_at: Option<Timestamp>,
) -> Delivery {
    let took_ms = i32::try_from(took.as_millis()).unwrap_or(i32::MAX);
    let Tried { status, problem, .. } = tried;
    Delivery { said, incident, at, attempt, status, problem, took_ms, next_at }
}

/// Sends a message, once, and measures how long that takes. What it says comes with whether its receivers
/// were told of the incident before.
async fn send(
    state: &AppState,
    stored: &Stored,
    (said, known): (Said, bool),
    notice: &Notice,
) -> (Tried, Duration) {
    let started = Instant::now();
    let message = Message { rule: &stored.rule, said, known, notice, base_url: &state.base_url };
    let tried = match stored.rule.kind {
        Kind::Webhook => post(state, stored, message.alertmanager()).await,
        Kind::Slack => post(state, stored, message.slack()).await,
        Kind::Email => match &state.outlets.mail {
            Some(mail) => mail.send(message.letter(&stored.destination), state.clock.now()).await,
            None => Tried::failed(Problem::NoMail),
        },
    };
    (tried, started.elapsed())
}

async fn post(state: &AppState, stored: &Stored, body: serde_json::Value) -> Tried {
    let body = body.to_string().into_bytes();
    let now = state.clock.now();
    let signature = stored.secret.as_deref().map(|secret| signature::sign(secret, now, &body));
    let signature = signature.and_then(|value| HeaderValue::try_from(value).ok());
    client::post(Post {
        url: &stored.destination,
        body,
        header: signature.map(|value| (HeaderName::from_static(signature::HEADER), value)),
        allow_private: state.outlets.allow_private,
    })
    .await
}

/// 0 to 99, an even chance each, as near as makes no difference.
fn jitter() -> Result<u8, AppError> {
    let mut random = [0; 2];
    fill_random(&mut random)?;
    let hundredth = u16::from_le_bytes(random) % 100;
    Ok(u8::try_from(hundredth).unwrap_or(0))
}
