//! Changing alert rules, and putting notices of incidents into the outbox.

use super::destination;
use super::form::RuleForm;
use super::maintenance;
use super::model::{Kind, Notice, Rule, RuleId, Sites};
use super::rules::{self, Step};
use super::store::{self, Stored, Written};
use super::{reads, signature};
use crate::audit::commands::{Change, record};
use crate::audit::model::Action;
use crate::context::Act;
use crate::error::{AppError, Failure, Refusal};
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{PgConnection, Postgres, Transaction};

/// A rule that was just made, with what signs its messages, if it is a webhook: the only time it is seen.
pub struct Made {
    /// Its number.
    pub id: RuleId,
    /// What signs its messages.
    pub secret: Option<String>,
}

/// Makes a rule that tells from now on.
pub async fn create(act: &Act, kind: Kind, form: &RuleForm) -> Result<Made, Failure> {
    let checked = form.checked()?;
    let destination =
        destination::stored(kind, &form.destination, act.state.outlets.allow_private)?;
    let secret = (kind == Kind::Webhook).then(signature::secret).transpose()?;
    let mut tx = act.state.pool.begin().await?;
    let sites = reads::sites(&mut tx, form).await?;
    let new = Written {
        name: &checked.name,
        destination: &destination,
        sites: &sites,
        classes: &checked.classes,
        quiet: checked.quiet,
    };
    let id = store::insert(&mut tx, kind, secret.as_deref(), &new, act.now()).await;
    let id = id.map_err(named_before)?;
    let made = store::by_id(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    let after = Some(told(&made.rule));
    let change = Change { subject: &checked.name, after, ..Change::default() };
    record(&mut tx, act, Action::AlertRuleCreated, change).await?;
    tx.commit().await?;
    Ok(Made { id, secret })
}

/// Changes a rule; without a destination in the form, it stays.
pub async fn change(act: &Act, id: RuleId, form: &RuleForm) -> Result<String, Failure> {
    let checked = form.checked()?;
    let (mut tx, before) = begin(act, id).await?;
    let destination = match form.destination.trim() {
        "" => before.destination.clone(),
        typed => destination::stored(before.rule.kind, typed, act.state.outlets.allow_private)?,
    };
    let sites = reads::sites(&mut tx, form).await?;
    let new = Written {
        name: &checked.name,
        destination: &destination,
        sites: &sites,
        classes: &checked.classes,
        quiet: checked.quiet,
    };
    written(store::update(&mut tx, id, &new).await.map_err(named_before)?)?;
    let after = store::by_id(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    let moved = destination != before.destination;
    let (was, is) = (told(&before.rule), told_changed(&after.rule, moved));
    let change =
        Change { subject: &checked.name, before: Some(was), after: Some(is), ..Change::default() };
    record(&mut tx, act, Action::AlertRuleChanged, change).await?;
    tx.commit().await?;
    Ok(checked.name)
}

/// Has a rule tell, or no longer. What waits of one that no longer does is not told later either.
pub async fn set_enabled(act: &Act, id: RuleId, enabled: bool) -> Result<String, Failure> {
    let (mut tx, Stored { rule, .. }) = begin(act, id).await?;
    if rule.enabled == enabled {
        return Ok(rule.name);
    }
    written(store::set_enabled(&mut tx, id, enabled).await?)?;
    let action = if enabled { Action::AlertRuleEnabled } else { Action::AlertRuleDisabled };
    if !enabled {
        store::silence(&mut tx, id).await?;
    }
    record(&mut tx, act, action, Change { subject: &rule.name, ..Change::default() }).await?;
    tx.commit().await?;
    Ok(rule.name)
}

/// Gives a webhook another signing secret, from the next message on, and returns it: the only time it is seen.
pub async fn renew_secret(act: &Act, id: RuleId) -> Result<String, Failure> {
    let (mut tx, Stored { rule, .. }) = begin(act, id).await?;
    if rule.kind != Kind::Webhook {
        return Err(AppError::BadRequest.into());
    }
    let secret = signature::secret()?;
    written(store::set_secret(&mut tx, id, &secret).await?)?;
    let change = Change { subject: &rule.name, ..Change::default() };
    record(&mut tx, act, Action::AlertSecretRenewed, change).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Deletes a rule, with what waits for it and its log.
pub async fn delete(act: &Act, id: RuleId) -> Result<String, Failure> {
    let (mut tx, Stored { rule, .. }) = begin(act, id).await?;
    written(store::delete(&mut tx, id).await?)?;
    let change = Change { subject: &rule.name, before: Some(told(&rule)), ..Change::default() };
    record(&mut tx, act, Action::AlertRuleDeleted, change).await?;
    tx.commit().await?;
    Ok(rule.name)
}

/// Puts a notice into the outbox of every rule that wants it; quiet hours and maintenance decide when it
/// goes out. A part of the caller's transaction: what is rolled back is not told.
pub async fn notify(
    conn: &mut PgConnection,
    now: Timestamp,
    notice: &Notice,
) -> Result<(), AppError> {
    let rules = store::all(conn).await?;
    if rules.is_empty() {
        return Ok(());
    }
    let tags = match notice.site {
        Some(site) => store::tags(conn, site).await?,
        None => Vec::new(),
    };
    let windows = maintenance::store::ahead(conn, now).await?;
    let windows: Vec<_> = windows.iter().filter(|window| window.concerns(notice.site)).collect();
    for Stored { rule, .. } in
        rules.iter().filter(|stored| rules::wants(&stored.rule, notice, &tags))
    {
        let waiting = store::in_outbox(conn, rule.id, notice.incident, now).await?;
        let told = store::told(conn, rule.id, notice.incident).await?;
        let hold = rules::hold(now, rule.quiet, &windows);
        match rules::step(notice, told.as_ref(), waiting, hold) {
            Step::Put { due_at, held } => {
                store::put(conn, rule.id, notice, due_at, held).await?;
            }
            Step::Drop => store::drop_waiting(conn, rule.id, notice.incident).await?,
            Step::Leave => {}
        }
    }
    Ok(())
}

async fn begin(
    act: &Act,
    id: RuleId,
) -> Result<(Transaction<'static, Postgres>, Stored), AppError> {
    let mut tx = act.state.pool.begin().await?;
    let stored = store::by_id_for_update(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    Ok((tx, stored))
}

fn written(rows: u64) -> Result<(), AppError> {
    if rows == 1 { Ok(()) } else { Err(AppError::NotFound) }
}

fn named_before(error: sqlx::Error) -> Failure {
    let constraint = error.as_database_error().and_then(sqlx::error::DatabaseError::constraint);
    if constraint == Some("alert_rules_name_unique") {
        let message = "Another rule has this name. Choose one of its own.";
        return Refusal::new("alert_name_taken", "name", message).into();
    }
    error.into()
}

/// A rule as the trail tells it, without what may be secret.
fn told(rule: &Rule) -> Value {
    let sites = match &rule.sites {
        Sites::All => "all".to_owned(),
        Sites::Tagged(tag) => format!("tagged {tag}"),
        Sites::One(site) => match &rule.site_name {
            Some(name) => format!("{name} (site {site})"),
            None => format!("site {site}"),
        },
    };
    json!({
        "name": rule.name,
        "kind": rule.kind.label(),
        "destination": rule.shown,
        "sites": sites,
        "classes": rule.classes,
        "quiet_hours": rule.quiet.map(|quiet| quiet.to_string()),
    })
}

/// The same of a changed rule: another address may look the same.
fn told_changed(rule: &Rule, moved: bool) -> Value {
    let mut told = told(rule);
    if moved {
        told["destination"] = format!("{} (changed)", rule.shown).into();
    }
    told
}
