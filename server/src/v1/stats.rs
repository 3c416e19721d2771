//! `GET /v1/stats`: counts over any range.

use super::{Bearer, Problem};
use app::context::AppState;
use app::error::AppError;
use app::events::model::EARLIEST;
use app::gate::referer::host_of;
use app::stats::model::{Bucket, Comparison, Counted, Filter, GroupBy, Key, Outcome, Range};
use app::stats::rules::{Family, held_step};
use app::stats::store::{MAX_ROWS, Question, answer};
use app::tokens::model::Scope;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// The most keys that `top` can ask for.
const MOST_TOP: u32 = 1_000;
/// How long a read waits for what was reported last.
const SETTLED_WITHIN: Duration = Duration::from_secs(10);

/// What is asked.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatsQuestion {
    /// The first instant: RFC 3339, or Unix milliseconds. 24 hours before `to` if left out.
    from: Option<String>,
    /// The first instant after the range. Now if left out.
    to: Option<String>,
    /// `code`, `site`, `host`, `sitekey` or `source`, or two of them with a comma between, as in
    /// `code,site`; one count if left out. Hosts are not counted by sitekey or source. Of hosts on whichever site, those with
    /// the fewest events have no row of their own: they stand together as host `*` of site null, whatever their sites.
    group_by: Option<String>,
    /// `minute`, `hour`, `day`, or `none` for the whole range.
    bucket: Option<String>,
    /// Only this site: its id, or 0 for events that belong to none.
    site: Option<String>,
    /// Only this code.
    code: Option<String>,
    /// Only this host; empty for events without a referer, `?` for one without a usable host.
    host: Option<String>,
    /// Only this sitekey.
    sitekey: Option<String>,
    /// Only this source.
    source: Option<String>,
    /// Only so many keys, those with the largest counts of the whole range, 1 to 1000. All others are
    /// added up in `other`. The hosts that found no room, `*`, are told besides.
    top: Option<String>,
    /// `previous` for as long a time right before, `week` for the same weekdays a week before (as many
    /// weeks before as the range is long): each row then has a `before`. Counts that are kept by the hour only, such as
    /// those of hosts, are compared up to the last hour that is over, so that both times are as long; where none is,
    /// there is no `before`.
    compare: Option<String>,
}

/// The counts.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatsAnswer {
    /// The first instant that was counted. Earlier than asked where the range began within a bucket: the smallest kept of
    /// that time, and of more than two days by site or sitekey, an hour.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// The first instant after what was counted. Later than asked where the range ended within a bucket, earlier where a
    /// comparison ends with the last hour that is over. A range up to now also holds what the clocks of senders put into the
    /// next five minutes.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// The buckets of the rows. Larger than asked where those are not kept for so long.
    bucket: Bucket,
    /// By start, then by count. A count of nothing has no row, unless it was something before.
    rows: Vec<StatsRow>,
    /// With `top`: what all keys without a row come to, by start.
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<Vec<StatsRest>>,
    /// With `top`: all of it, rows and rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
    /// With `compare`: what the counts called `before` were counted over.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<Compared>,
}

/// One count.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatsRow {
    /// What it is counted under: a code, host, sitekey or source, or the id of a site. Null for
    /// events without a site or a known sitekey, and without `group_by`. Grouped by two things, an
    /// array of two such keys, in the order in which they were asked for.
    #[schema(value_type = serde_json::Value, example = "referer_denied")]
    key: Key,
    /// The start of its bucket.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// How many events.
    count: i64,
    /// With `compare`: how many there were before.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<i64>,
}

/// What all keys without a row come to.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatsRest {
    /// The start of its bucket.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// How many events.
    count: i64,
    /// With `compare`: how many there were before.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<i64>,
}

/// The time before that the counts are set beside.
#[derive(Serialize, ToSchema)]
pub(crate) struct Compared {
    /// The first instant that was counted.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// The first instant after what was counted.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// All of it.
    total: i64,
}

/// Read the statistics.
#[utoipa::path(
    get,
    path = "/v1/stats",
    params(StatsQuestion),
    responses(
        (status = 200, description = "The counts", body = StatsAnswer),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `stats:read`", body = Problem),
        (status = 503, description = "The database does not answer, or is still adding up what was reported last", body = Problem),
    )
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    bearer: Bearer,
    question: Result<Query<StatsQuestion>, QueryRejection>,
) -> Result<Json<StatsAnswer>, Problem> {
    bearer.require(Scope::StatsRead)?;
    let Query(question) =
        question.map_err(|error| Problem::bad_request("query", error.body_text()))?;
    let now = state.clock.now();
    let held = state.held(now);
    let range = question.range(now)?;
    let group_by = question.group_by()?;
    let bucket = question.bucket()?;
    let (top, comparison) = (question.top()?, question.comparison()?);
    let filter = question.filter()?;
    let family = Family::for_question(&filter, &group_by)
        .map_err(|refusal| Problem::bad_request(&refusal.field, refusal.message))?;
    let step = bucket.grain().map(|grain| held_step(grain, range, family, &held));
    state.events.settle(SETTLED_WITHIN).await.map_err(|error| {
        tracing::warn!(%error, "the statistics cannot be read");
        Problem::unsettled()
    })?;
    let mut connection = state.pool.acquire().await.map_err(|_| Problem::unavailable())?;
    let question = Question { range, filter, group_by, step };
    let outcome = answer(&mut connection, &question, top, comparison, &held).await.map_err(
        |error: AppError| match error {
            AppError::Fault { .. } => Problem::unavailable(),
            other => other.into(),
        },
    )?;
    if outcome.too_many {
        return Err(Problem::bad_request(
            "bucket",
            format!(
                "The answer has more than {MAX_ROWS} rows: ask for a larger bucket, a shorter range or the top, or filter."
            ),
        ));
    }
    Ok(Json(StatsAnswer::new(outcome, top)))
}

impl StatsAnswer {
    fn new(outcome: Outcome, top: Option<u32>) -> Self {
        let Outcome { range, step, before, total, total_before, rows, other, .. } = outcome;
        let row = |Counted { key, start, count, before }| StatsRow { key, start, count, before };
        let rest = |Counted { key: _, start, count, before }| StatsRest { start, count, before };
        Self {
            from: range.from,
            to: range.to,
            bucket: step.map_or(Bucket::None, |step| step.grain.into()),
            rows: rows.into_iter().map(row).collect(),
            other: top.map(|_| other.into_iter().map(rest).collect()),
            total: top.map(|_| total),
            compared: before.map(|Range { from, to }| Compared {
                from,
                to,
                total: total_before.unwrap_or(0),
            }),
        }
    }
}

impl StatsQuestion {
    /// Nothing happened before [`EARLIEST`] or will be counted before its time, so the range is
    /// cut to that.
    fn range(&self, now: Timestamp) -> Result<Range, Problem> {
        let day = SignedDuration::from_hours(24);
        let to = instant("to", self.to.as_deref())?.unwrap_or(now);
        let to = to.min(now.checked_add(day).unwrap_or(now));
        let from = instant("from", self.from.as_deref())?;
        let from = from.unwrap_or_else(|| Range::ending(to, day).from).max(EARLIEST);
        Range::new(from, to).ok_or_else(|| {
            let detail = format!(
                "The range from {from} to {to} is empty: send a from before to, between {EARLIEST} and now."
            );
            Problem::bad_request("from", detail)
        })
    }

    fn group_by(&self) -> Result<Vec<GroupBy>, Problem> {
        let Some(names) = self.group_by.as_deref() else { return Ok(Vec::new()) };
        let by = |name: &str| {
            GroupBy::from_name(name.trim()).ok_or_else(|| {
                let detail = format!(
                    "group_by is {names:?}: send one or two of code, site, host, sitekey and source, as in code,site, or leave it out."
                );
                Problem::bad_request("group_by", detail)
            })
        };
        names.split(',').map(by).collect()
    }

    fn top(&self) -> Result<Option<u32>, Problem> {
        let Some(text) = self.top.as_deref().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let top = text.parse().ok().filter(|top| (1..=MOST_TOP).contains(top));
        top.map(Some).ok_or_else(|| {
            let detail =
                format!("top is {text:?}: send a number from 1 to {MOST_TOP}, or leave it out.");
            Problem::bad_request("top", detail)
        })
    }

    fn comparison(&self) -> Result<Option<Comparison>, Problem> {
        let Some(name) = self.compare.as_deref().filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        Comparison::from_name(name).map(Some).ok_or_else(|| {
            let detail = format!("compare is {name:?}: send previous or week, or leave it out.");
            Problem::bad_request("compare", detail)
        })
    }

    fn bucket(&self) -> Result<Bucket, Problem> {
        let Some(name) = self.bucket.as_deref() else { return Ok(Bucket::None) };
        Bucket::from_name(name).ok_or_else(|| {
            let detail = format!("bucket is {name:?}: send minute, hour, day or none.");
            Problem::bad_request("bucket", detail)
        })
    }

    fn filter(self) -> Result<Filter, Problem> {
        let site = self.site.as_deref().filter(|site| !site.is_empty());
        let site = site.map(|site| {
            site.parse().map_err(|_| {
                let detail = format!("site is {site:?}: send the site's number, or 0 for none.");
                Problem::bad_request("site", detail)
            })
        });
        let named = |name: Option<String>| name.filter(|name| !name.is_empty());
        Ok(Filter {
            site: site.transpose()?,
            code: named(self.code),
            host: self.host.map(|typed| host_of(&typed)),
            sitekey: named(self.sitekey),
            source: named(self.source),
            errors: false,
            keys_of: None,
        })
    }
}

/// An instant as RFC 3339 or in Unix milliseconds.
fn instant(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let instant = match text.parse::<i64>() {
        Ok(milliseconds) => Timestamp::from_millisecond(milliseconds).ok(),
        Err(_) => text.parse().ok(),
    };
    instant.map(Some).ok_or_else(|| {
        let detail = format!(
            "{field} is {text:?}: send RFC 3339 such as 2026-05-01T12:00:00Z, or Unix milliseconds."
        );
        Problem::bad_request(field, detail)
    })
}
