//! Making administrators.

use super::operator::Visitor;
use super::{password, rules, store};
use crate::audit::commands::{Change, record};
use crate::audit::model::Action;
use crate::auth::model::AdministratorId;
use crate::context::{Act, Actor, Clock, fill_random, hex};
use crate::error::{AppError, Failure, Refusal};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};

/// Adds an administrator.
///
/// # Errors
/// Refuses a malformed or taken address and a weak password.
pub async fn create_administrator(
    act: &Act,
    email: &str,
    plain: String,
) -> Result<AdministratorId, Failure> {
    let email = rules::email(email)?;
    rules::password(&plain, &email)?;
    let hash = password::hash(plain).await?;
    let mut tx = act.state.pool.begin().await?;
    let id = insert_audited(&mut tx, act, &email, &hash).await?;
    tx.commit().await?;
    Ok(id)
}

/// Checks an address and a password, slowly enough to make guessing hopeless.
///
/// # Errors
/// Refuses both an unknown address and a wrong password, with the same words after the same time; and
/// [`AppError::Throttled`] after too many of them.
pub async fn sign_in(
    visitor: &Visitor,
    email: &str,
    plain: String,
) -> Result<AdministratorId, Failure> {
    let email = email.trim().to_lowercase();
    let wrong = || {
        Refusal::new(
            "credentials",
            "email",
            "The address or the password is wrong. Check both and try again.",
        )
    };
    // No administrator has such an address or password, so there is nothing to guess.
    if email.len() > rules::EMAIL_MAX || plain.len() > rules::PASSWORD_MAX {
        return Err(wrong().into());
    }
    let attempt = visitor.attempt(Some(&email))?;
    match matching(visitor, &email, plain).await {
        Ok(Some(id)) => {
            attempt.succeed(visitor.state.clock.now());
            Ok(id)
        }
        Ok(None) => {
            tracing::warn!(email, address = visitor.address, "sign-in refused");
            Err(wrong().into())
        }
        Err(error) => {
            attempt.forgive(visitor.state.clock.now());
            Err(error.into())
        }
    }
}

/// The administrator with this address and password.
async fn matching(
    visitor: &Visitor,
    email: &str,
    plain: String,
) -> Result<Option<AdministratorId>, AppError> {
    // The connection goes back before the wait for a turn to hash: others need it.
    let mut conn = visitor.state.pool.acquire().await?;
    let found = store::by_email(&mut conn, email).await?;
    drop(conn);
    let (administrator, stored) = found.unzip();
    if !password::verify(plain, stored).await? {
        return Ok(None);
    }
    let Some(administrator) = administrator else { return Ok(None) };
    let mut conn = visitor.state.pool.acquire().await?;
    store::set_signed_in(&mut conn, administrator.id, visitor.state.clock.now()).await?;
    Ok(Some(administrator.id))
}

/// Makes the first administrator and uses the set-up link up, both or neither.
///
/// # Errors
/// Refuses a link that is not the newest, a malformed address and a weak password; and
/// [`AppError::Throttled`] after too many wrong links.
pub async fn set_up(
    visitor: &Visitor,
    token: &str,
    email: &str,
    plain: String,
) -> Result<AdministratorId, Failure> {
    let used = || {
        Refusal::new(
            "setup_link_used",
            "token",
            "This set-up link was used or replaced. Restart the server for a new one, or sign in.",
        )
    };
    let act = visitor.act();
    // Hashing takes memory and time, which only a good link is worth.
    let attempt = visitor.attempt(None)?;
    let mut conn = act.state.pool.acquire().await?;
    let good = store::setup_link_exists(&mut conn, &token_hash(token)).await;
    drop(conn);
    if !matches!(good, Ok(false)) {
        attempt.forgive(act.now());
    }
    if !good? {
        return Err(used().into());
    }
    let email = rules::email(email)?;
    rules::password(&plain, &email)?;
    let hash = password::hash(plain).await?;
    let mut tx = act.state.pool.begin().await?;
    // An administrator added on the command line meanwhile leaves the printed link worthless.
    let first = !store::any_administrator(&mut tx).await?;
    if !(first && store::take_setup_link(&mut tx, &token_hash(token)).await?) {
        return Err(used().into());
    }
    let actor = Actor { name: email.clone(), ..act.actor.clone() };
    let act = Act { actor, ..act };
    let id = insert_audited(&mut tx, &act, &email, &hash).await?;
    tx.commit().await?;
    Ok(id)
}

async fn insert_audited(
    tx: &mut PgConnection,
    act: &Act,
    email: &str,
    password_hash: &str,
) -> Result<AdministratorId, Failure> {
    let id = store::insert(tx, email, password_hash, act.now()).await?.ok_or_else(|| {
        Refusal::new("email_taken", "email", "There is already an administrator with this address.")
    })?;
    let change = Change { subject: email, ..Change::default() };
    record(tx, act, Action::AdministratorCreated, change).await?;
    Ok(id)
}

/// A new set-up token, if nobody can sign in yet. A token handed out before stops working.
pub async fn offer_setup(pool: &PgPool, clock: &Clock) -> Result<Option<String>, AppError> {
    let mut tx = pool.begin().await?;
    if store::any_administrator(&mut tx).await? {
        return Ok(None);
    }
    let mut random = [0; 24];
    fill_random(&mut random)?;
    let token = hex(&random);
    store::replace_setup_link(&mut tx, &token_hash(&token), clock.now()).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// What is stored of a set-up token.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
