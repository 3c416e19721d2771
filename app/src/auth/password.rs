//! Argon2id hashing, off the async threads and a few at a time: each hash takes 19 MiB and tens of
//! milliseconds, so unbounded sign-ins would be a way to exhaust the machine.

use crate::error::AppError;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// What an unknown account is compared with, so that it takes as long as a known one.
static NOBODY: LazyLock<Option<String>> =
    LazyLock::new(|| Argon2::default().hash_password(b"nobody").ok().map(|hash| hash.to_string()));

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    let _permit = AT_ONCE.acquire().await.map_err(AppError::fault)?;
    tokio::task::spawn_blocking(work).await.map_err(AppError::fault)?
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
