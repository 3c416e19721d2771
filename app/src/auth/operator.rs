//! The signed-in administrator behind a request, and the way a form answers them.

use super::model::{Administrator, AdministratorId};
use super::{rules, store};
use crate::context::{Act, Actor, AppState, RequestId, fill_random, hex};
use crate::error::{AppError, Failure};
use crate::ui::flash::{Done, Flash};
use http::{HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use tower_sessions::Session;

/// A session ends this long after the sign-in, however busy it was.
pub const SESSION_ABSOLUTE: SignedDuration = SignedDuration::from_hours(7 * 24);

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
        answer(&self.session, rules::way_back(back), form, typed, outcome).await
    }
}

/// See [`Operator::answer`]; for forms of people who are not signed in. `back` is ours: it goes to
/// the browser as it is.
pub async fn answer(
    session: &Session,
    back: &str,
    form: &str,
    typed: &[(&str, &str)],
    outcome: Result<Done, Failure>,
) -> Result<(), AppError> {
    let flash = match outcome {
        Ok(done) => Flash::Done(done),
        Err(Failure::Refused(refusal)) => Flash::Refused {
            form: form.to_owned(),
            refusal,
            // The session is stored as JSON in PostgreSQL, which takes no NUL.
            typed: typed
                .iter()
                .map(|(name, value)| ((*name).into(), value.replace('\0', "")))
                .collect(),
        },
        Err(Failure::Error(error)) => Flash::Failed { message: error.to_string() },
    };
    session.insert(FLASH, flash).await.map_err(AppError::fault)?;
    see_other(back)
}

/// The outcome of the last form, which is forgotten by this look.
pub async fn take_flash(session: &Session) -> Result<Option<Flash>, AppError> {
    session.remove(FLASH).await.map_err(AppError::fault)
}

/// Answers the present request with "303 See Other" to `path`, so that a reload repeats nothing.
pub fn see_other(path: &str) -> Result<(), AppError> {
    let options = use_context::<ResponseOptions>().ok_or_else(missing)?;
    let location = HeaderValue::from_str(path).map_err(AppError::fault)?;
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
