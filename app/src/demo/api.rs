//! Server functions of the demo: two form targets.
#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use crate::error::AppError;
use leptos::prelude::*;

/// Loads the sample sites and goes to `back`.
#[server(endpoint = "/demo/load")]
pub async fn load_demo(back: String) -> Result<(), AppError> {
    use super::commands;
    use crate::auth::operator::operator;
    use crate::ui::flash::Done;
    let operator = operator().await?;
    let loaded = commands::load(&operator.act()).await;
    let done =
        loaded.map(|_| Done::told("Loaded sample sites with two weeks of traffic, which goes on."));
    operator.answer(&back, "demo", &[], done).await
}

/// Removes the sample sites and goes to `back`.
#[server(endpoint = "/demo/remove")]
pub async fn remove_demo(back: String) -> Result<(), AppError> {
    use super::commands;
    use crate::auth::operator::operator;
    use crate::ui::flash::Done;
    let operator = operator().await?;
    let removed = commands::remove(&operator.act()).await;
    let done = removed.map(|_| Done::told("Removed the sample sites and their traffic."));
    operator.answer(&back, "demo", &[], done).await
}
