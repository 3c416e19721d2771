//! Silence: a site of which nothing comes, though something usually does at this time of the week.

use crate::context::AppState;
use crate::error::AppError;
use crate::incidents::keep::{close, open_silence};
use crate::incidents::model::{Class, Incident};
use crate::incidents::store;
use crate::incidents::store::Wanted;
use crate::sites::model::{SiteId, SiteState};
use crate::sites::silence::silent;
use crate::stats::store::days_of_all_sites;
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::HashSet;

/// A site with fewer outcomes a day may rest for as long as it likes.
const LEAST_A_DAY: i64 = 500;
/// So many sites at once are ours: a verifier is gone, not its customers.
const MANY: usize = 5;
/// No more are looked at in a round: what is usual for a site takes many look-ups to read.
const MOST: usize = 200;
const MOST_OPEN: i64 = 1_000;

/// Opens an incident for each site that fell silent, and closes those of which something comes again.
/// `heard` are the sites of which something came in the last minutes; who fell silent is looked for
/// if it is `due`, which takes more than a look at the minutes.
pub async fn judge(
    state: &AppState,
    conn: &mut PgConnection,
    heard: &HashSet<i64>,
    due: bool,
    now: Timestamp,
) -> Result<(), AppError> {
    let wanted = Wanted { open: Some(true), ..Wanted::default() };
    let open: Vec<Incident> = store::find(conn, wanted, MOST_OPEN)
        .await?
        .into_iter()
        .filter(|incident| incident.class == Class::Silence)
        .collect();
    let known: HashSet<Option<SiteId>> = open.iter().map(|incident| incident.site).collect();
    let across = known.contains(&None);
    for incident in open {
        let back = match incident.site {
            Some(site) => heard.contains(&site.0) || !is_active(state, site),
            None => !heard.is_empty(),
        };
        if back {
            close(conn, incident, now).await?;
        }
    }
    if !due {
        return Ok(());
    }
    let quiet: Vec<i64> = days_of_all_sites(conn, now)
        .await?
        .into_iter()
        .filter(|(site, day)| !heard.contains(site) && day.attempts >= LEAST_A_DAY)
        .map(|(site, _)| site)
        .filter(|site| is_active(state, SiteId(*site)) && !known.contains(&Some(SiteId(*site))))
        .take(MOST)
        .collect();
    let silent = silent(conn, &quiet, now).await?;
    if silent.len() >= MANY && heard.is_empty() {
        let onset = silent.values().max().copied().unwrap_or(now);
        if !across {
            open_silence(conn, None, onset, now).await?;
        }
        return Ok(());
    }
    for (site, since) in silent {
        open_silence(conn, Some(SiteId(site)), since, now).await?;
    }
    Ok(())
}

fn is_active(state: &AppState, site: SiteId) -> bool {
    state.gate.policy(site).is_some_and(|policy| policy.state == SiteState::Active)
}
