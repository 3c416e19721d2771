//! Argon2id hashing, off the async threads and a few at a time: each hash takes 19 MiB and tens of
//! milliseconds, so unbounded sign-ins would be a way to exhaust the machine.

use crate::error::AppError;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// As many are hashed at once.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// As many are hashed or wait for it, about two seconds' worth; those beyond are asked to come back.
static IN_LINE: Semaphore = Semaphore::const_new(64);

/// What an unknown account is compared with, so that it takes as long as a known one.
static NOBODY: LazyLock<Option<String>> =
    LazyLock::new(|| Argon2::default().hash_password(b"nobody").ok().map(|hash| hash.to_string()));

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    let place = IN_LINE.try_acquire().map_err(|_| AppError::Throttled { retry_after_s: 5 })?;
    let permit = AT_ONCE.acquire().await.map_err(AppError::fault)?;
    let hashing = tokio::task::spawn_blocking(move || {
        // Held by the work itself: it goes on when nobody waits for it any more.
        let (_place, _permit) = (place, permit);
        work()
    });
    hashing.await.map_err(AppError::fault)?
}

/// The PHC string of `password`, with a fresh salt.
pub async fn hash(password: String) -> Result<String, AppError> {
    off_thread(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(AppError::fault)
    })
    .await
}

/// Whether `password` is the one of `stored`. Without a stored hash the answer is no, after the time
/// a comparison takes.
pub async fn verify(password: String, stored: Option<String>) -> Result<bool, AppError> {
    off_thread(move || {
        let known = stored.is_some();
        let Some(hash) = stored.or_else(|| NOBODY.clone()) else { return Ok(false) };
        let parsed = PasswordHash::new(&hash).map_err(AppError::fault)?;
        let same = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
        Ok(known && same)
    })
    .await
}
