//! The signed-in administrator behind a request, and the way a form answers them.

use super::model::{Administrator, AdministratorId};
use super::sessions::PgSessionStore;
use super::throttle::Attempt;
use super::{rules, store};
use crate::context::{Act, Actor, AppState, RequestId, fill_random, hex};
use crate::error::{AppError, Failure, Refusal};
use crate::ui::flash::{Done, Flash};
use http::{HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use tower_sessions::cookie::time;
use tower_sessions::{Expiry, Session, SessionStore as _};

/// A session ends this long after the sign-in, however busy it was.
pub const SESSION_ABSOLUTE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What waits for somebody who is not signed in waits this long: the redirect takes a moment.
const ANONYMOUS_SESSION: time::Duration = time::Duration::minutes(10);
/// The most bytes of a field that are kept for the next page: a list of domains of an operator, and anything of somebody
/// who is not signed in. Longer values are not cut, which could be sent by mistake, but left out.
const KEPT_OF_OPERATOR: usize = 200 * 1024;
const KEPT_OF_ANYBODY: usize = 8 * 1024;
/// The most bytes of a message that are kept: it may quote what was typed.
const KEPT_OF_MESSAGE: usize = 2 * 1024;

const ADMINISTRATOR: &str = "administrator";
const SIGNED_IN_AT: &str = "signed_in_at";
const SEEN_AT: &str = "seen_at";
const FLASH: &str = "flash";

/// The address a request came from, as the server's connection or its trusted proxy says.
#[derive(Clone, Debug)]
pub struct ClientAddress(pub String);

/// The administrator who asks, with what their request runs in.
pub struct Operator {
    /// What to act with.
    pub state: AppState,
    /// Who asks.
    pub administrator: Administrator,
    actor: Actor,
    session: Session,
}

/// A request that may or may not be signed in: its state, session and origin.
pub struct Visitor {
    /// What to act with.
    pub state: AppState,
    /// The browser's session, perhaps still empty.
    pub session: Session,
    /// The client's address.
    pub address: String,
}

impl Visitor {
    /// What a command runs with before anybody is signed in.
    pub fn act(&self) -> Act {
        Act {
            state: self.state.clone(),
            actor: Actor {
                name: "setup".to_owned(),
                request_id: Some(RequestId::current()),
                address: Some(self.address.clone()),
            },
        }
    }

    /// Counts a try to get in, on `account` if there is one.
    ///
    /// # Errors
    /// [`AppError::Throttled`] after too many failures.
    pub fn attempt(&self, account: Option<&str>) -> Result<Attempt<'_>, AppError> {
        self.state.throttle.attempt(account, &self.address, self.state.clock.now())
    }
}

/// The request being answered, signed in or not.
pub async fn visitor() -> Result<Visitor, AppError> {
    let state = use_context::<AppState>().ok_or_else(missing)?;
    let session = leptos_axum::extract::<Session>().await.map_err(AppError::fault)?;
    let axum::Extension(ClientAddress(address)) =
        leptos_axum::extract::<axum::Extension<ClientAddress>>().await.map_err(AppError::fault)?;
    Ok(Visitor { state, session, address })
}

/// The administrator behind the request being answered; every server function starts here.
pub async fn operator() -> Result<Operator, AppError> {
    let Visitor { state, session, address } = visitor().await?;
    let administrator = signed_in(&state, &session).await?.ok_or(AppError::SignedOut)?;
    let actor = Actor {
        name: administrator.email.clone(),
        request_id: Some(RequestId::current()),
        address: Some(address),
    };
    Ok(Operator { state, administrator, actor, session })
}

/// Who `session` belongs to, if its sign-in still holds.
pub async fn signed_in(
    state: &AppState,
    session: &Session,
) -> Result<Option<Administrator>, AppError> {
    let Some(id) = session.get::<AdministratorId>(ADMINISTRATOR).await.map_err(AppError::fault)?
    else {
        return Ok(None);
    };
    let now = state.clock.now();
    let since = session.get::<Timestamp>(SIGNED_IN_AT).await.map_err(AppError::fault)?;
    if since.is_none_or(|since| now.duration_since(since) > SESSION_ABSOLUTE) {
        session.flush().await.map_err(AppError::fault)?;
        return Ok(None);
    }
    touch(session, now).await?;
    let mut conn = state.pool.acquire().await?;
    Ok(store::by_id(&mut conn, id).await?)
}

/// The id of a session, for whoever looks at it again later.
pub type SessionId = tower_sessions::session::Id;

/// Whether the session still belongs to the administrator who signed in, for answers that take long.
/// Looks into the database, and leaves the idle expiry alone: a page left open is nobody who works.
pub async fn holds(
    state: &AppState,
    session: SessionId,
    id: AdministratorId,
) -> Result<bool, AppError> {
    let sessions = PgSessionStore(state.pool.clone());
    let Some(record) = sessions.load(&session).await.map_err(AppError::fault)? else {
        return Ok(false);
    };
    let value = |name: &str| record.data.get(name).cloned().unwrap_or_default();
    let who = serde_json::from_value::<AdministratorId>(value(ADMINISTRATOR)).ok();
    let since = serde_json::from_value::<Timestamp>(value(SIGNED_IN_AT)).ok();
    let now = state.clock.now();
    let holds =
        who == Some(id) && since.is_some_and(|since| now.duration_since(since) <= SESSION_ABSOLUTE);
    let mut conn = state.pool.acquire().await?;
    Ok(holds && store::by_id(&mut conn, id).await?.is_some())
}

/// Pushes the idle expiry out, by writing the session at most every ten minutes.
async fn touch(session: &Session, now: Timestamp) -> Result<(), AppError> {
    let seen = session.get::<Timestamp>(SEEN_AT).await.map_err(AppError::fault)?;
    if seen.is_none_or(|seen| now.duration_since(seen) > SignedDuration::from_mins(10)) {
        session.insert(SEEN_AT, now).await.map_err(AppError::fault)?;
    }
    Ok(())
}

/// Signs `administrator` in, under a fresh session id so that a planted one is worth nothing.
pub async fn begin_session(
    session: &Session,
    id: AdministratorId,
    now: Timestamp,
) -> Result<(), AppError> {
    session.cycle_id().await.map_err(AppError::fault)?;
    session.insert(ADMINISTRATOR, id).await.map_err(AppError::fault)?;
    session.insert(SIGNED_IN_AT, now).await.map_err(AppError::fault)?;
    session.insert(SEEN_AT, now).await.map_err(AppError::fault)
}

impl Operator {
    /// What a command runs with.
    pub fn act(&self) -> Act {
        Act { state: self.state.clone(), actor: self.actor.clone() }
    }

    /// The outcome of the last form, which is forgotten by this look.
    pub async fn take_flash(&self) -> Result<Option<Flash>, AppError> {
        take_flash(&self.session).await
    }

    /// Keeps a new secret for the next page, and returns the name it is kept under.
    pub fn keep_for_reveal(&self, secret: String) -> Result<String, AppError> {
        let mut random = [0; 16];
        fill_random(&mut random)?;
        let name = hex(&random);
        self.state.reveals.keep(name.clone(), secret, self.state.clock.now());
        Ok(name)
    }

    /// The secret that waits under `name`, once.
    pub fn reveal(&self, name: &str) -> Option<String> {
        self.state.reveals.take(name, self.state.clock.now())
    }

    /// Signs out.
    pub async fn end_session(&self) -> Result<(), AppError> {
        self.session.flush().await.map_err(AppError::fault)
    }

    /// Answers the form `form`: keeps its outcome for the next page and goes to `back`.
    pub async fn answer(
        &self,
        back: &str,
        form: &str,
        typed: &[(&str, &str)],
        outcome: Result<Done, Failure>,
    ) -> Result<(), AppError> {
        let flash = flash(form, typed, KEPT_OF_OPERATOR, outcome);
        self.session.insert(FLASH, flash).await.map_err(AppError::fault)?;
        see_other(rules::way_back(back))
    }
}

/// Answers a form of somebody who is not signed in, which failed: keeps why for the next page, for a short while, and
/// goes to `back`, which is ours. Too many tries leave nothing behind: how long to wait goes with the address.
pub async fn answer(
    session: &Session,
    back: &str,
    form: &str,
    typed: &[(&str, &str)],
    failure: Failure,
) -> Result<(), AppError> {
    if let Failure::Error(AppError::Throttled { retry_after_s }) = failure {
        let sign = if back.contains('?') { '&' } else { '?' };
        return see_other(&format!("{back}{sign}{WAIT}={retry_after_s}"));
    }
    let flash = flash(form, typed, KEPT_OF_ANYBODY, Err(failure));
    if !belongs_to_somebody(session).await? {
        session.set_expiry(Some(Expiry::OnInactivity(ANONYMOUS_SESSION)));
    }
    session.insert(FLASH, flash).await.map_err(AppError::fault)?;
    see_other(back)
}

/// The name in the address of the seconds to wait.
pub const WAIT: &str = "wait";

/// What the next page is told of a form. The session is stored as JSON in PostgreSQL, which takes no NUL.
fn flash(form: &str, typed: &[(&str, &str)], kept: usize, outcome: Result<Done, Failure>) -> Flash {
    let plain = |text: &str| text.replace('\0', "");
    let fits = |value: &str| value.len() <= kept;
    match outcome {
        Ok(done) => Flash::Done(Done {
            message: plain(&done.message),
            kept: done.kept.into_iter().filter(|(_, value)| fits(value)).collect(),
            ..done
        }),
        Err(Failure::Refused(refusal)) => Flash::Refused {
            form: form.to_owned(),
            refusal: Refusal {
                message: shortened(plain(&refusal.message), KEPT_OF_MESSAGE),
                suggestion: refusal.suggestion.filter(|text| text.len() <= KEPT_OF_MESSAGE),
                ..refusal
            },
            typed: typed
                .iter()
                .filter(|(_, value)| fits(value))
                .map(|(name, value)| ((*name).to_owned(), plain(value)))
                .collect(),
        },
        Err(Failure::Error(error)) => Flash::Failed { message: error.to_string() },
    }
}

/// The first `most` bytes of a sentence, with a sign that there was more.
fn shortened(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
    text
}

/// Whether somebody signed in in this session.
async fn belongs_to_somebody(session: &Session) -> Result<bool, AppError> {
    Ok(session.get_value(ADMINISTRATOR).await.map_err(AppError::fault)?.is_some())
}

/// The outcome of the last form, which is forgotten by this look. The session of somebody who is not signed in held
/// nothing else, and ends with it.
pub async fn take_flash(session: &Session) -> Result<Option<Flash>, AppError> {
    let flash = session.remove(FLASH).await.map_err(AppError::fault)?;
    if flash.is_some() && !belongs_to_somebody(session).await? {
        session.flush().await.map_err(AppError::fault)?;
    }
    Ok(flash)
}

/// Answers the present request with "303 See Other" to `path`, so that a reload repeats nothing.
pub fn see_other(path: &str) -> Result<(), AppError> {
    let options = use_context::<ResponseOptions>().ok_or_else(missing)?;
    let location = HeaderValue::try_from(rules::location(path)).map_err(AppError::fault)?;
    options.set_status(StatusCode::SEE_OTHER);
    options.insert_header(header::LOCATION, location);
    Ok(())
}

#[derive(Debug, thiserror::Error)]
#[error("called outside of a request")]
struct OutsideOfRequest;

fn missing() -> AppError {
    AppError::fault(OutsideOfRequest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(message: &str, typed: &[(&str, &str)], kept: usize) -> Flash {
        flash("form", typed, kept, Err(Refusal::new("code", "field", message).into()))
    }

    #[test]
    fn what_is_kept_of_a_refused_form_is_bounded_and_storable() {
        let (short, long) = ("x".repeat(10), "x".repeat(11));
        let kept = refused("a\0b", &[("short", &short), ("long", &long), ("nul", "a\0b")], 10);
        assert_eq!(kept.refusal_of("form").unwrap().message, "ab");
        assert_eq!(kept.typed_in("form", "short"), Some(short.as_str()));
        assert_eq!(kept.typed_in("form", "long"), None, "a cut list could be sent by mistake");
        assert_eq!(kept.typed_in("form", "nul"), Some("ab"));
        let message =
            refused(&"é".repeat(5_000), &[], 0).refusal_of("form").unwrap().message.clone();
        assert!(message.len() <= KEPT_OF_MESSAGE + 4 && message.ends_with('…'));
    }
}
