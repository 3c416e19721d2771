//! Making and revoking tokens.

use super::model::{Scope, TokenId};
use super::{rules, store};
use crate::audit::commands::{Change, record};
use crate::audit::model::Action;
use crate::context::{Act, fill_random, hex};
use crate::error::{AppError, Failure};
use jiff::SignedDuration;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Makes a token that works for `lifetime`, or until it is revoked, and returns it in full: the only time it is seen.
pub async fn create(
    act: &Act,
    name: &str,
    scopes: &[Scope],
    lifetime: Option<SignedDuration>,
) -> Result<String, Failure> {
    let name = rules::name(name)?;
    let scopes = rules::scopes(scopes)?;
    let mut random = [0; 24];
    fill_random(&mut random)?;
    let token = format!("{}{}", rules::PREFIX, hex(&random));
    let last_four = &token[token.len() - 4..];
    let now = act.now();
    let expires_at = lifetime.map(|lifetime| now.saturating_add(lifetime)).transpose();
    let expires_at = expires_at.map_err(AppError::fault)?;
    let mut tx = act.state.pool.begin().await?;
    let new = store::NewToken {
        name: &name,
        hash: &hash(&token),
        last_four,
        scopes: &scopes,
        created_at: now,
        expires_at,
    };
    store::insert(&mut tx, new).await?;
    let after = Some(json!({ "scopes": scopes, "expires_at": expires_at }));
    let change = Change { subject: &name, after, ..Change::default() };
    record(&mut tx, act, Action::TokenCreated, change).await?;
    tx.commit().await?;
    Ok(token)
}

/// Revokes a token; it stops working here at once and elsewhere within a second.
pub async fn revoke(act: &Act, id: TokenId) -> Result<String, Failure> {
    let mut tx = act.state.pool.begin().await?;
    let name = store::revoke(&mut tx, id, act.now()).await?.ok_or(AppError::NotFound)?;
    record(&mut tx, act, Action::TokenRevoked, Change { subject: &name, ..Change::default() })
        .await?;
    store::notify(&mut tx).await?;
    tx.commit().await?;
    act.state.tokens.forget();
    Ok(name)
}

/// What is stored of a token.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
