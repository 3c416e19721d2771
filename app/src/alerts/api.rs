//! Server functions of the pages of alerts.

#![expect(missing_docs, reason = "the server macro makes structs of the arguments")]

use super::form::RuleForm;
use super::model::{Kind, RuleId};
use super::pages::{AlertsPageData, RulePageData};
use crate::error::AppError;
use leptos::prelude::*;

/// The page of the rules.
pub const PATH: &str = "/settings/alerts";
/// The name of the form that makes a rule, less its kind.
pub const CREATE_FORM: &str = "create-alert";
/// The name of the form that changes one.
pub const CHANGE_FORM: &str = "change-alert";

/// The page of a rule.
pub fn rule_path(id: RuleId) -> String {
    format!("{PATH}/{}", id.0)
}

/// The rules, each with what became of its last message.
#[server(endpoint = "/alerts/page")]
pub async fn alerts_page() -> Result<AlertsPageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::list(&operator).await
}

/// A rule, what waits for it, and its log.
#[server(endpoint = "/alerts/rule_page")]
pub async fn rule_page(id: Option<RuleId>) -> Result<RulePageData, AppError> {
    let operator = crate::auth::operator::operator().await?;
    super::reads::rule(&operator, id).await
}

/// Makes a rule and opens its page, where a webhook's signing secret is shown once.
#[server(endpoint = "/alerts/create")]
pub async fn create_rule(kind: Kind, #[server(flatten)] form: RuleForm) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let made = super::commands::create(&operator.act(), kind, &form).await;
    let (back, outcome) = match made {
        Ok(made) => {
            let reveal = made.secret.map(|secret| operator.keep_for_reveal(secret)).transpose()?;
            let message = format!("Created the alert rule {}. Test it now.", form.name.trim());
            (rule_path(made.id), Ok(Done { message, reveal, ..Done::default() }))
        }
        Err(failure) => (format!("{PATH}?kind={}", kind.as_str()), Err(failure)),
    };
    let classes = form.classes.join(",");
    operator.answer(&back, CREATE_FORM, &form.typed(&classes), outcome).await
}

/// Changes a rule; without a destination, it stays where it is.
#[server(endpoint = "/alerts/change")]
pub async fn change_rule(id: RuleId, #[server(flatten)] form: RuleForm) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::change(&operator.act(), id, &form).await;
    let done = outcome.map(|name| Done::told(format!("Saved the alert rule {name}.")));
    let classes = form.classes.join(",");
    operator.answer(&rule_path(id), CHANGE_FORM, &form.typed(&classes), done).await
}

/// Has a rule tell, or no longer.
#[server(endpoint = "/alerts/enable")]
pub async fn enable_rule(id: RuleId, enabled: bool, back: String) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::set_enabled(&operator.act(), id, enabled).await;
    let done = outcome.map(|name| {
        Done::told(if enabled {
            format!("{name} tells again, of what happens from now on.")
        } else {
            format!("{name} tells no more. What waited is not told.")
        })
    });
    operator.answer(&back, "enable-alert", &[], done).await
}

/// Gives a webhook another signing secret and shows it once.
#[server(endpoint = "/alerts/renew_secret")]
pub async fn renew_secret(id: RuleId) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let outcome = match super::commands::renew_secret(&operator.act(), id).await {
        Ok(secret) => Ok(Done {
            message: "Made another signing secret. The next message is signed with it.".to_owned(),
            reveal: Some(operator.keep_for_reveal(secret)?),
            ..Done::default()
        }),
        Err(failure) => Err(failure),
    };
    operator.answer(&rule_path(id), "renew-secret", &[], outcome).await
}

/// Sends a message that says it is a test, and tells what became of it.
#[server(endpoint = "/alerts/test")]
pub async fn test_rule(id: RuleId) -> Result<(), AppError> {
    use super::deliver;
    let operator = crate::auth::operator::operator().await?;
    let (stored, delivery) = deliver::test(&operator.state, id).await?;
    let outcome = super::rules::told_of_test(&stored.rule, &delivery);
    operator.answer(&rule_path(id), "test-alert", &[], outcome.map_err(Into::into)).await
}

/// Deletes a rule, with what waits for it and its log.
#[server(endpoint = "/alerts/delete")]
pub async fn delete_rule(id: RuleId) -> Result<(), AppError> {
    use crate::ui::flash::Done;
    let operator = crate::auth::operator::operator().await?;
    let outcome = super::commands::delete(&operator.act(), id).await;
    let done = outcome.map(|name| Done::told(format!("Deleted the alert rule {name}.")));
    operator.answer(PATH, "delete-alert", &[], done).await
}
