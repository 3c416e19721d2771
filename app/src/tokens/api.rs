//! Server functions of the tokens' page.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::model::{Token, TokenId};
use crate::error::AppError;
use crate::ui::flash::Flash;
use jiff::Timestamp;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the tokens' page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokensPageData {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The present instant.
    pub now: Timestamp,
    /// The token that was just made: shown this once.
    pub made: Option<String>,
    /// The tokens that are not revoked, newest first; also those whose time is over.
    pub tokens: Vec<Token>,
}

/// The tokens, and the one that was just made.
#[server(endpoint = "/tokens/page")]
pub async fn tokens_page() -> Result<TokensPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    let flash = operator.take_flash().await?;
    let made = match &flash {
        Some(Flash::Done(done)) => done.reveal.as_deref().and_then(|name| operator.reveal(name)),
        _ => None,
    };
    let mut conn = operator.state.pool.acquire().await?;
    let tokens = super::store::live(&mut conn).await?;
    Ok(TokensPageData { flash, now: operator.state.clock.now(), made, tokens })
}

/// Makes a token with these scopes and shows it once. `expires` is how long it works, as in `90d`; empty for no end.
#[server(endpoint = "/tokens/create")]
pub async fn create_token(
    name: String,
    #[server(default)] scopes: Vec<String>,
    #[server(default)] expires: String,
) -> Result<(), AppError> {
    use super::{commands, model::Scope, rules};
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let chosen: Result<Vec<Scope>, _> = scopes.iter().map(|scope| scope.parse()).collect();
    let chosen = chosen.map_err(|_| AppError::BadRequest)?;
    let made = match rules::lifetime(&expires) {
        Ok(lifetime) => commands::create(&operator.act(), &name, &chosen, lifetime).await,
        Err(refusal) => Err(refusal.into()),
    };
    let outcome = match made {
        Ok(token) => Ok(Done {
            message: format!("Created the token {}.", name.trim()),
            reveal: Some(operator.keep_for_reveal(token)?),
            ..Done::default()
        }),
        Err(failure) => Err(failure),
    };
    let typed = [("name", name.as_str()), ("scopes", &scopes.join(",")), ("expires", &expires)];
    operator.answer(PATH, CREATE_FORM, &typed, outcome).await
}

/// Revokes a token: what uses it is refused from now on.
#[server(endpoint = "/tokens/revoke")]
pub async fn revoke_token(id: TokenId) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::revoke(&operator.act(), id).await;
    let done = outcome.map(|name| Done::told(format!("Revoked the token {name}.")));
    operator.answer(PATH, "revoke-token", &[], done).await
}

/// The page of the tokens.
pub const PATH: &str = "/settings/tokens";
/// The name of the form that makes a token.
pub const CREATE_FORM: &str = "create-token";
