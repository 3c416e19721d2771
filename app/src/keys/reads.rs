//! What the pages of keys read, put together from the stores.

use super::api::{KeysPageData, SitekeyRow};
use super::model::Sitekey;
use super::store;
use crate::auth::operator::Operator;
use crate::error::AppError;
use crate::events::model::Retention;
use crate::sites::model::SiteId;
use crate::sites::{reads, traffic};
use crate::stats::model::{Filter, Grain, GroupBy, Key, Step};
use crate::stats::rules::Held;
use crate::stats::store::{Question, rows};

/// The keys of a site, with what came in by each sitekey over the last seven days.
pub async fn page(operator: &Operator, site: SiteId) -> Result<KeysPageData, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let head = reads::head(operator, &mut conn, site).await?;
    let sitekeys = store::sitekeys(&mut conn, Some(site)).await?;
    let secrets = store::secrets(&mut conn, site).await?;
    let question = Question {
        range: traffic::last_days(head.now),
        filter: Filter::site(site.0),
        group_by: Some(GroupBy::Sitekey),
        step: Some(Step::single(Grain::Hour)),
    };
    let retained = Held::new(&Retention::default(), head.now);
    let used = rows(&mut conn, &question, &retained).await?.rows;
    let with_traffic = |sitekey: Sitekey| {
        let own = used.iter().filter(|row| match &row.key {
            Key::Name(name) => *name == sitekey.sitekey,
            Key::Null | Key::Site(_) => false,
        });
        let requests = own.clone().map(|row| row.count).sum();
        let last_used = own.filter(|row| row.count > 0).map(|row| row.start).max();
        SitekeyRow { sitekey, requests, last_used }
    };
    Ok(KeysPageData { head, sitekeys: sitekeys.into_iter().map(with_traffic).collect(), secrets })
}
