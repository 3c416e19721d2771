//! The hosts that incidents take for key theft, for the pages that offer to allow hosts.

use super::model::IncidentId;
use super::store;
use crate::sites::model::SiteId;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use std::collections::HashMap;

/// For how long a host is remembered after the onset.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The hosts of each site, with the last incident of each.
#[derive(Debug, Default)]
pub struct Thefts(HashMap<(SiteId, String), IncidentId>);

impl Thefts {
    /// Those of the last week.
    pub async fn read(conn: &mut PgConnection, now: Timestamp) -> Result<Self, sqlx::Error> {
        let from = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        let found = store::thefts(conn, from).await?;
        Ok(Self(found.into_iter().map(|(site, host, id)| ((site, host), id)).collect()))
    }

    /// The last incident that takes the host for one.
    pub fn of(&self, site: SiteId, host: &str) -> Option<IncidentId> {
        self.0.get(&(site, host.to_owned())).copied()
    }
}
