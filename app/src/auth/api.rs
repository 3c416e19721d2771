//! Server functions of the sign-in. These are the only ones that answer people who are not signed in.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use crate::error::AppError;
use crate::ui::flash::Flash;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the sign-in and set-up pages need.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EntrancePage {
    /// The outcome of the last try.
    pub flash: Option<Flash>,
    /// Whether the set-up link in the address is good; false on the sign-in page.
    pub setup_link_good: bool,
    /// Whether anybody can sign in yet.
    pub set_up: bool,
}

/// What the sign-in page (no token) or the set-up page (its token) shows.
#[server(endpoint = "/auth/entrance")]
pub async fn entrance(token: Option<String>) -> Result<EntrancePage, AppError> {
    use super::{commands, operator, store};
    let visitor = operator::visitor().await?;
    let mut conn = visitor.state.pool.acquire().await?;
    let set_up = store::any_administrator(&mut conn).await?;
    let setup_link_good = match token {
        Some(token) if !set_up => {
            store::setup_link_exists(&mut conn, &commands::token_hash(&token)).await?
        }
        _ => false,
    };
    let flash = operator::take_flash(&visitor.session).await?;
    Ok(EntrancePage { flash, setup_link_good, set_up })
}

/// Signs in and goes to `next`. The answer takes as long and reads the same for an unknown address
/// as for a wrong password.
#[server(endpoint = "/auth/sign_in")]
pub async fn sign_in(email: String, password: String, next: String) -> Result<(), AppError> {
    use super::{commands, operator, rules};
    let visitor = operator::visitor().await?;
    match commands::sign_in(&visitor, &email, password).await {
        Ok(id) => {
            operator::begin_session(&visitor.session, id, visitor.state.clock.now()).await?;
            operator::see_other(rules::way_back(&next))
        }
        Err(failure) => {
            let (back, typed) = (rules::login_path(&next), [("email", email.as_str())]);
            operator::answer(&visitor.session, &back, "sign-in", &typed, failure).await
        }
    }
}

/// The address of the administrator who asks, for the frame of every page.
#[server(endpoint = "/auth/signed_in_as")]
pub async fn signed_in_as() -> Result<String, AppError> {
    use super::operator::operator;
    Ok(operator().await?.administrator.email)
}

/// Signs out.
#[server(endpoint = "/auth/sign_out")]
pub async fn sign_out() -> Result<(), AppError> {
    use super::operator;
    operator::operator().await?.end_session().await?;
    operator::see_other("/login")
}

/// Makes the first administrator and signs them in.
#[server(endpoint = "/auth/set_up")]
pub async fn set_up(token: String, email: String, password: String) -> Result<(), AppError> {
    use super::{commands, operator, rules};
    let visitor = operator::visitor().await?;
    match commands::set_up(&visitor, &token, &email, password).await {
        Ok(id) => {
            operator::begin_session(&visitor.session, id, visitor.state.clock.now()).await?;
            operator::see_other("/")
        }
        Err(failure) => {
            let back = rules::setup_path(&token);
            let typed = [("email", email.as_str())];
            operator::answer(&visitor.session, &back, "set-up", &typed, failure).await
        }
    }
}
