//! What one listener gets.

use super::feed::{Page, Seat};
use super::model::{LivePageData, Placed, Wanted};
use super::rules::{ROWS_A_SECOND, cut};
use super::store;
use super::view::{gap_row, more_row, rows};
use crate::auth::model::AdministratorId;
use crate::auth::operator::{SessionId, holds};
use crate::context::AppState;
use crate::error::AppError;
use crate::sites::model::{SiteId, SiteState};
use crate::ui::flash::Flash;
use futures::Stream;
use std::time::Duration;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, Interval, sleep_until};

/// How many samples the page shows at first.
const SHOWN: i64 = 50;
/// How many sites the page offers to choose from.
const CHOICES: usize = 200;
/// How often it is looked whether the session still holds while nothing comes; before rows are sent, it is
/// always looked.
const LOOK: Duration = Duration::from_secs(5);
/// Between two messages.
const PACE: Duration = Duration::from_secs(1);

/// What the page shows before anything comes.
pub async fn page(
    state: &AppState,
    wanted: &Wanted,
    flash: Option<Flash>,
) -> Result<LivePageData, AppError> {
    let mut sites = sites(state);
    let (numbered, no_site) = match wanted.with_number(&sites) {
        Ok(numbered) => (numbered, None),
        Err(why) => (wanted.clone(), Some(why)),
    };
    sites.truncate(CHOICES);
    let mut conn = state.pool.acquire().await?;
    let upto = store::last(&mut conn).await?;
    let samples = store::newest(&mut conn, &numbered, 0, upto, SHOWN).await?;
    Ok(LivePageData {
        flash,
        now: state.clock.now(),
        samples: state.live.placed(samples),
        upto,
        days: state.keeping.kept().retention.sample_days,
        sites,
        no_site,
    })
}

/// The sites that are not deleted, by name.
fn sites(state: &AppState) -> Vec<(SiteId, String)> {
    let policies = state.gate.policies();
    let kept = policies.iter().filter(|policy| policy.state != SiteState::Deleted);
    let mut sites: Vec<_> = kept.map(|policy| (policy.site, policy.name.clone())).collect();
    sites.sort_by_cached_key(|(_, name)| name.to_lowercase());
    sites
}

/// A message to a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Rows of the table, newest first.
    Rows {
        /// The place up to which everything was told.
        upto: i64,
        /// As HTML.
        html: String,
    },
    /// The session has ended: nothing more will come.
    SignedOut,
}

/// Who listens.
pub struct Listener {
    /// Their place among the listeners.
    pub seat: Seat,
    /// Who they are.
    pub administrator: AdministratorId,
    /// The session that they listen in.
    pub session: SessionId,
}

/// A listener has fallen too far behind.
struct TooSlow;

struct Tail {
    state: AppState,
    listener: Listener,
    wanted: Wanted,
    pages: broadcast::Receiver<Page>,
    closed: watch::Receiver<bool>,
    looks: Interval,
    /// Up to where everything was told or left out.
    upto: i64,
    /// The rows to begin with.
    first: Option<Message>,
    /// When the next rows may be sent.
    next: Instant,
    over: bool,
}

/// What matches `wanted` from now on; before it what came after the place `after`, if one is named.
/// Ends when the session does, when the server stops, and when the listener falls too far behind.
pub async fn follow(
    state: AppState,
    listener: Listener,
    wanted: Wanted,
    after: Option<i64>,
) -> Result<impl Stream<Item = Message> + Send + 'static, AppError> {
    // What is no site has no samples; the page has said so.
    let wanted = wanted.with_number(&sites(&state)).unwrap_or(wanted);
    let pages = state.live.listen().await?;
    let mut conn = state.live.pool().acquire().await?;
    let upto = store::last(&mut conn).await?;
    let first = match after {
        Some(after) if after < upto => {
            let most = i64::try_from(ROWS_A_SECOND).unwrap_or(i64::MAX);
            let came = store::newest(&mut conn, &wanted, after, upto, most).await?;
            let all = store::count(&mut conn, &wanted, after, upto).await?;
            let more = usize::try_from(all).unwrap_or(0).saturating_sub(came.len());
            let mut html = rows(&state.live.placed(came));
            html += &more_row(more);
            if upto.saturating_sub(after) > store::LOOKED_BACK {
                html += &gap_row();
            }
            (!html.is_empty()).then_some(Message::Rows { upto, html })
        }
        _ => None,
    };
    drop(conn);
    let mut looks = tokio::time::interval(LOOK);
    looks.reset();
    let closed = state.live.closed();
    let next = Instant::now();
    let tail =
        Tail { state, listener, wanted, pages, closed, looks, upto, first, next, over: false };
    Ok(futures::stream::unfold(tail, |mut tail| async move {
        let message = tail.message().await?;
        Some((message, tail))
    }))
}

/// Waits until everything ends.
async fn told(closed: &mut watch::Receiver<bool>) {
    // An error means that the server is gone, which is an end as well.
    let _ = closed.wait_for(|closed| *closed).await;
}

impl Tail {
    async fn message(&mut self) -> Option<Message> {
        if self.over {
            return None;
        }
        if let Some(first) = self.first.take() {
            self.next = Instant::now() + PACE;
            return Some(first);
        }
        loop {
            let may_send = self.next <= Instant::now();
            tokio::select! {
                biased;
                () = told(&mut self.closed) => return None,
                _ = self.looks.tick() => {
                    if !self.is_signed_in().await {
                        return Some(Message::SignedOut);
                    }
                }
                () = sleep_until(self.next), if !may_send => {}
                page = self.pages.recv(), if may_send => match page {
                    Ok(page) => {
                        if let Some(rows) = self.rows(page).ok()? {
                            // Nobody sees a row after they have signed out.
                            let signed_in = self.is_signed_in().await;
                            return Some(if signed_in { rows } else { Message::SignedOut });
                        }
                    }
                    Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
                },
            }
        }
    }

    /// Whether the session still holds; without it, nothing more comes.
    async fn is_signed_in(&mut self) -> bool {
        let Listener { administrator, session, .. } = &self.listener;
        // Whoever cannot be asked about is not signed in.
        let holds = holds(&self.state, *session, *administrator).await.unwrap_or(false);
        self.over = !holds;
        holds
    }

    /// The rows of a page and of all that have come with it, if any are wanted.
    fn rows(&mut self, page: Page) -> Result<Option<Message>, TooSlow> {
        let mut pages = vec![page];
        loop {
            match self.pages.try_recv() {
                Ok(page) => pages.push(page),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Closed | TryRecvError::Lagged(_)) => return Err(TooSlow),
            }
        }
        let told = self.upto;
        let came = pages.iter().flat_map(|page| page.iter()).filter(|placed| placed.seq > told);
        let matching: Vec<&Placed> =
            came.clone().filter(|placed| self.wanted.matches(&placed.sample)).collect();
        self.upto = came.map(|placed| placed.seq).max().unwrap_or(told);
        if matching.is_empty() {
            return Ok(None);
        }
        let (mut shown, more) = cut(matching, ROWS_A_SECOND);
        shown.reverse();
        let shown: Vec<Placed> = shown.into_iter().cloned().collect();
        self.next = Instant::now() + PACE;
        let html = rows(&shown) + &more_row(more);
        Ok(Some(Message::Rows { upto: self.upto, html }))
    }
}
