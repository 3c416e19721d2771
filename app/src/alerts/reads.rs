//! Reading what the pages of alerts show, and the sites that are named there.

use super::form::RuleForm;
use super::model::{RuleId, Sites};
use super::pages::{AlertsPageData, Listed, RulePageData};
use super::store;
use crate::auth::operator::Operator;
use crate::error::{AppError, Failure, Refusal};
use crate::sites;
use crate::sites::model::{SiteId, SiteState};
use crate::ui::flash::Flash;
use sqlx::PgConnection;

/// Of sites with the same name, so many are told by their numbers.
const NAMED: usize = 5;

/// Every rule, each with what became of its last message.
pub async fn list(operator: &Operator) -> Result<AlertsPageData, AppError> {
    let flash = operator.take_flash().await?;
    let mut conn = operator.state.pool.acquire().await?;
    let mut last = store::log_of_rules(&mut conn).await?;
    let rules = store::all(&mut conn)
        .await?
        .into_iter()
        .map(|stored| Listed { last: last.remove(&stored.rule.id), rule: stored.rule });
    Ok(AlertsPageData {
        flash,
        now: operator.state.clock.now(),
        rules: rules.collect(),
        mail: operator.state.outlets.mail.is_some(),
    })
}

/// A rule with its log.
pub async fn rule(operator: &Operator, id: Option<RuleId>) -> Result<RulePageData, AppError> {
    let id = id.ok_or(AppError::NotFound)?;
    let mut conn = operator.state.pool.acquire().await?;
    let stored = store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let flash = operator.take_flash().await?;
    let secret = match &flash {
        Some(Flash::Done(done)) => done.reveal.as_deref().and_then(|name| operator.reveal(name)),
        _ => None,
    };
    Ok(RulePageData {
        flash,
        now: operator.state.clock.now(),
        secret,
        waiting: store::waiting(&mut conn, id).await?,
        log: store::deliveries(&mut conn, id).await?,
        mail: operator.state.outlets.mail.is_some(),
        rule: stored.rule,
    })
}

/// The sites that a form names by a tag, by one of them, or not at all.
pub async fn sites(conn: &mut PgConnection, form: &RuleForm) -> Result<Sites, Failure> {
    match (form.tag.trim(), form.site.trim()) {
        ("", "") => Ok(Sites::All),
        (tag, "") => {
            let of_tag = |refusal| Refusal { field: "tag".into(), ..refusal };
            Ok(Sites::Tagged(sites::rules::tag(tag).map_err(of_tag)?))
        }
        ("", typed) => Ok(Sites::One(site(conn, typed).await?)),
        _ => {
            let message = "Name a tag or a site, not both: leave one empty.";
            Err(Refusal::new("alert_sites", "site", message).into())
        }
    }
}

/// The site of this number or name, unless it is deleted.
pub async fn site(conn: &mut PgConnection, typed: &str) -> Result<SiteId, Failure> {
    let typed = typed.trim();
    let refused = |message: String| Failure::from(Refusal::new("alert_site", "site", message));
    let named = sites::store::by_names(conn, &[typed.to_owned()]).await?;
    match named.as_slice() {
        [site] => return Ok(site.id),
        [] => {}
        several => {
            let numbers = several.iter().take(NAMED).map(|site| site.id.to_string());
            let more = if several.len() > NAMED { " and others" } else { "" };
            return Err(refused(format!(
                "Several sites have this name: {}{more}. Write the number of the one you mean.",
                numbers.collect::<Vec<_>>().join(", ")
            )));
        }
    }
    if let Ok(number) = typed.parse() {
        let site = sites::store::by_id(conn, SiteId(number)).await?;
        if let Some(site) = site.filter(|site| site.state != SiteState::Deleted) {
            return Ok(site.id);
        }
    }
    Err(refused("No site has this name or number. Write it as it stands in the list.".to_owned()))
}
