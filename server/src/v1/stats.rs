//! `GET /v1/stats`: counts over any range.

use super::{Bearer, Problem};
use app::context::AppState;
use app::error::AppError;
use app::events::model::EARLIEST;
use app::stats::model::{Bucket, Filter, GroupBy, Key, Range};
use app::stats::rules::{Family, held_step};
use app::stats::store::{MAX_ROWS, Question, rows};
use app::tokens::model::Scope;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What is asked.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatsQuestion {
    /// The first instant: RFC 3339, or Unix milliseconds. 24 hours before `to` if left out.
    from: Option<String>,
    /// The first instant after the range. Now if left out.
    to: Option<String>,
    /// `code`, `site`, `host`, `sitekey` or `source`; one count if left out.
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
}

/// The counts.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatsAnswer {
    /// The first instant that was counted. Earlier than asked where the range began within a
    /// bucket: the smallest kept of that time.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// The first instant after what was counted.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// The buckets of the rows. Larger than asked where those are not kept for so long.
    bucket: Bucket,
    /// By start, then by count. A count of nothing has no row.
    rows: Vec<StatsRow>,
}

/// One count.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatsRow {
    /// What it is counted under: a code, host, sitekey or source, or the id of a site. Null for
    /// events without a site or a known sitekey, and without `group_by`.
    #[schema(value_type = Option<String>)]
    key: Key,
    /// The start of its bucket.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// How many events.
    count: i64,
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
        (status = 503, description = "The database does not answer", body = Problem),
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
    let filter = question.filter()?;
    let family = Family::for_question(&filter, group_by)
        .map_err(|refusal| Problem::bad_request(&refusal.field, refusal.message))?;
    let step = bucket.grain().map(|grain| held_step(grain, range, family, &held));
    let mut connection = state.pool.acquire().await.map_err(|_| Problem::unavailable())?;
    let question = Question { range, filter, group_by, step };
    let answer =
        rows(&mut connection, &question, &held).await.map_err(|error: AppError| match error {
            AppError::Fault { .. } => Problem::unavailable(),
            other => other.into(),
        })?;
    if answer.rows.len() > MAX_ROWS {
        return Err(Problem::bad_request(
            "bucket",
            format!(
                "The answer has more than {MAX_ROWS} rows: ask for a larger bucket, a shorter range, or filter."
            ),
        ));
    }
    Ok(Json(StatsAnswer {
        from: answer.range.from,
        to: answer.range.to,
        bucket: step.map_or(Bucket::None, |step| step.grain.into()),
        rows: answer
            .rows
            .into_iter()
            .map(|row| StatsRow { key: row.key, start: row.start, count: row.count })
            .collect(),
    }))
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

    fn group_by(&self) -> Result<Option<GroupBy>, Problem> {
        let Some(name) = self.group_by.as_deref() else { return Ok(None) };
        GroupBy::from_name(name).map(Some).ok_or_else(|| {
            let detail = format!(
                "group_by is {name:?}: send code, site, host, sitekey or source, or leave it out."
            );
            Problem::bad_request("group_by", detail)
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
            host: self.host,
            sitekey: named(self.sitekey),
            source: named(self.source),
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
