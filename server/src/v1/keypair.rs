//! `POST /v1/keypair/check`: whether a secret belongs to a sitekey's site.

use super::body::Body;
use super::{Bearer, Problem};
use app::context::AppState;
use app::error::AppError;
use app::keys::model::Key;
use app::keys::pairing::{Known, belong_together, explain, use_is_due};
use app::keys::rules::{check_secret, check_sitekey, hash_secret};
use app::keys::store;
use app::tokens::model::{Scope, TokenId};
use axum::extract::{FromRequest as _, Request, State};
use axum::{Extension, Json};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How often a token may ask: a hundred times at once, then ten times a second. Enough to look through a whole
/// configuration, too little to be a load.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(10).expect("10 is not zero");
const AT_ONCE: NonZeroU32 = NonZeroU32::new(100).expect("100 is not zero");

type Throttle = Arc<DefaultKeyedRateLimiter<TokenId>>;

/// The route.
pub(crate) fn router() -> OpenApiRouter<AppState> {
    let throttle: Throttle =
        Arc::new(RateLimiter::keyed(Quota::per_second(PER_SECOND).allow_burst(AT_ONCE)));
    OpenApiRouter::new().routes(routes!(check)).layer(Extension(throttle))
}

/// The two keys an integrator has.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keypair {
    /// The sitekey of the page.
    sitekey: String,
    /// The secret of the server behind it.
    secret: String,
}

/// Whether they belong together, and what each is.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeypairAnswer {
    /// Whether both were issued for one site, whatever their states.
    r#match: bool,
    /// The sitekey.
    sitekey: SitekeyStanding,
    /// The secret.
    secret: SecretStanding,
    /// Why they belong together or do not, and what keeps either from being accepted.
    explain: String,
}

/// What a sitekey is.
#[derive(Serialize, ToSchema)]
pub(crate) struct SitekeyStanding {
    /// `active`, `retiring`, `revoked` (also when its grace is over), `unknown` or `malformed`.
    state: &'static str,
    /// The first moment at which a replaced sitekey is refused.
    #[schema(value_type = Option<String>, format = DateTime)]
    retires_at: Option<Timestamp>,
    /// Its site.
    site: Option<i64>,
    /// What is wrong with its form, such as a typo.
    problem: Option<String>,
}

/// What a secret is.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretStanding {
    /// `active`, `retiring`, `revoked` (also when its grace is over), `unknown` or `malformed`.
    state: &'static str,
    /// Its last four characters, if it was issued here.
    last_four: Option<String>,
}

/// Ask whether a secret belongs to a sitekey's site.
///
/// Which site another secret belongs to is told only to a token that has `sites:read` as well. A token may ask 100 times
/// at once, and then 10 times a second.
#[utoipa::path(
    post,
    path = "/v1/keypair/check",
    request_body = Keypair,
    responses(
        (status = 200, description = "Whether they belong together", body = KeypairAnswer),
        (status = 400, description = "The body cannot be read", body = Problem),
        (status = 401, description = "No valid token", body = Problem),
        (status = 403, description = "The token lacks the scope `check`", body = Problem),
        (status = 415, description = "The body is compressed", body = Problem),
        (status = 429, description = "The token asks too often; see `Retry-After`", body = Problem),
        (status = 503, description = "The database does not answer", body = Problem),
    )
)]
async fn check(
    State(state): State<AppState>,
    bearer: Bearer,
    Extension(throttle): Extension<Throttle>,
    request: Request,
) -> Result<Json<KeypairAnswer>, Problem> {
    bearer.require(Scope::Check)?;
    admit(&throttle, bearer.id())?;
    let Body(Keypair { sitekey, secret }) = Body::from_request(request, &state).await?;
    let now = state.clock.now();
    let sitekey =
        known_sitekey(&state, sitekey.trim()).await.map_err(|_| Problem::unavailable())?;
    let (secret, last_four) =
        known_secret(&state, secret.trim(), now).await.map_err(|_| Problem::unavailable())?;
    let may_read_sites = bearer.require(Scope::SitesRead).is_ok();
    Ok(Json(KeypairAnswer {
        r#match: belong_together(&sitekey, &secret),
        explain: explain(&sitekey, &secret, now, may_read_sites),
        sitekey: SitekeyStanding {
            state: sitekey.state(now),
            retires_at: sitekey.retires_at(),
            site: sitekey.site().map(|site| site.0),
            problem: sitekey.problem(),
        },
        secret: SecretStanding { state: secret.state(now), last_four },
    }))
}

/// Counts a question of `token`, or says how long to wait.
fn admit(throttle: &Throttle, token: TokenId) -> Result<(), Problem> {
    throttle.check_key(&token).map_err(|until| {
        Problem::throttled(until.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
    })
}

/// What is known of a sitekey.
async fn known_sitekey(state: &AppState, sitekey: &str) -> Result<Known, AppError> {
    if let Err(malformed) = check_sitekey(sitekey) {
        return Ok(Known::Malformed(malformed));
    }
    let mut conn = state.pool.acquire().await?;
    let found = store::sitekeys_named(&mut conn, &[sitekey.to_owned()]).await?;
    Ok(found.first().map_or(Known::Unknown, Known::from))
}

/// What is known of a secret, and its last four characters if it was issued. It is found by its hash: how long that
/// takes may tell of the hash, and nothing of the secret.
async fn known_secret(
    state: &AppState,
    secret: &str,
    now: Timestamp,
) -> Result<(Known, Option<String>), AppError> {
    if let Err(malformed) = check_secret(secret) {
        return Ok((Known::Malformed(malformed), None));
    }
    let mut conn = state.pool.acquire().await?;
    let Some(key) = store::secret_hashed(&mut conn, &hash_secret(secret)).await? else {
        return Ok((Known::Unknown, None));
    };
    let Key { id, last_used_at, .. } = key;
    if use_is_due(last_used_at, now) {
        store::set_secret_used(&mut conn, id.number, now).await?;
    }
    Ok((Known::from(&key), Some(key.text)))
}
