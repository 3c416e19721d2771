//! The token a request carries.

use super::Problem;
use app::context::AppState;
use app::tokens::model::{Scope, Token, TokenId};
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use std::sync::Arc;

/// A live token. It says nothing yet of what it may do: [`require`](Self::require) asks that.
#[derive(Clone)]
pub(crate) struct Bearer(Arc<Token>);

impl Bearer {
    /// Refuses a token without `scope`.
    pub(crate) fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.0.scopes.contains(&scope) {
            Ok(())
        } else {
            Err(Problem::forbidden(scope.as_str()))
        }
    }

    /// The token's number.
    pub(crate) fn id(&self) -> TokenId {
        self.0.id
    }

    /// What operators call the token.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }
}

impl FromRequestParts<AppState> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(Problem::unauthorized)?;
        let found = state.tokens.find(token, state.clock.now()).await;
        let found = found.map_err(|_| Problem::unavailable())?;
        found.map(Self).ok_or_else(Problem::unauthorized)
    }
}
