//! `POST /v1/check`: the gate's answer to a sitekey and referer.

use super::{Bearer, Problem, body};
use app::context::AppState;
use app::gate::{Decision, Detail, Explanation, Verdict};
use app::tokens::model::Scope;
use axum::Json;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::ToSchema;

/// A sitekey and a referer, however long, fit in this.
const MAX_QUESTION: usize = 64 * 1024;

/// What a verifier received.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CheckQuestion<'a> {
    /// The sitekey, if one was sent.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>)]
    sitekey: Option<Cow<'a, str>>,
    /// The `Origin` or `Referer`, if one was sent: an origin, a URL or a bare host.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>)]
    referer: Option<Cow<'a, str>>,
}

/// The gate's answer.
#[derive(Serialize, ToSchema)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub(crate) enum CheckAnswer {
    /// Let the request through.
    Allow {
        /// The sitekey's site.
        site: i64,
    },
    /// Answer the client with this code.
    Deny {
        /// One of `no_sitekey`, `sitekey_invalid`, `site_deleted`, `site_paused`, `referer_denied`.
        #[schema(value_type = String)]
        code: &'static str,
        /// The sitekey's site, if the sitekey is accepted.
        site: Option<i64>,
        /// The referer's host in canonical form, if it has one.
        host: Option<String>,
        /// Why, in one sentence.
        explain: String,
    },
}

impl From<&Verdict> for CheckAnswer {
    fn from(verdict: &Verdict) -> Self {
        match (verdict.decision, verdict.site) {
            (Decision::Allow, Some(site)) => Self::Allow { site: site.0 },
            (decision, site) => Self::Deny {
                code: decision.code(),
                site: site.map(|site| site.0),
                host: verdict.host().map(str::to_owned),
                explain: verdict.message(),
            },
        }
    }
}

/// Ask the gate.
#[utoipa::path(
    post,
    path = "/v1/check",
    request_body = CheckQuestion,
    responses(
        (status = 200, description = "The gate's answer", body = CheckAnswer),
        (status = 400, description = "The body cannot be read", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `check`", body = Problem),
        (status = 413, description = "The body has more than 64 KiB", body = Problem),
        (status = 415, description = "The body is compressed", body = Problem),
    )
)]
pub(crate) async fn check(
    State(state): State<AppState>,
    bearer: Bearer,
    request: Request,
) -> Result<Json<CheckAnswer>, Problem> {
    bearer.require(Scope::Check)?;
    let (_, body) = body::read(request, MAX_QUESTION).await?;
    let refuse = |fault: &dyn std::fmt::Display| {
        Problem::bad_request(
            "body",
            format!(r#"Send {{"sitekey": "…", "referer": "…"}}: {fault}."#),
        )
    };
    // An array would be read as the fields in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(refuse(&"the body is no object"));
    }
    let question: CheckQuestion = serde_json::from_slice(&body).map_err(|error| refuse(&error))?;
    let referer = question.referer.as_deref().map(str::as_bytes);
    let sitekey = question.sitekey.as_deref();
    let mut verdict = state.gate.check(sitekey, referer, Detail::Nearest);
    if let (Explanation::UnknownKey, Some(sitekey)) = (&verdict.explanation, sitekey) {
        let stranger = [sitekey.trim().to_owned()];
        if state.gate.learn(&stranger).await.map_err(|_| Problem::unavailable())? {
            verdict = state.gate.check(Some(sitekey), referer, Detail::Nearest);
        }
    }
    metrics::counter!("sitekeeper_gate_decisions_total", "code" => verdict.decision.code())
        .increment(1);
    Ok(Json(CheckAnswer::from(&verdict)))
}
