//! What the requests on sites have in common: who asks, for which site, for which version of it, and
//! which page of a list.

use crate::v1::{Bearer, Problem};
use app::auth::operator::ClientAddress;
use app::context::{Act, Actor, AppState, RequestId};
use app::error::AppError;
use app::sites::model::{Site, SiteId};
use app::sites::store;
use app::tokens::model::Scope;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sqlx::PgConnection;
use utoipa::IntoParams;

/// Somebody whose token may read sites.
pub(super) struct Reader;

impl FromRequestParts<AppState> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        Bearer::from_request_parts(parts, state).await?.require(Scope::SitesRead)?;
        Ok(Self)
    }
}

/// Somebody whose token may change sites, and the version they read.
pub(super) struct Writer {
    /// What their command runs with.
    pub(super) act: Act,
    /// What `If-Match` names.
    pub(super) version: Option<i64>,
}

impl FromRequestParts<AppState> for Writer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let bearer = Bearer::from_request_parts(parts, state).await?;
        bearer.require(Scope::SitesWrite)?;
        let actor = Actor {
            name: format!("token:{}", bearer.name()),
            request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
            address: parts.extensions.get::<ClientAddress>().map(|address| address.0.clone()),
        };
        let version = if_match(&parts.headers)?;
        Ok(Self { act: Act { state: state.clone(), actor }, version })
    }
}

/// The version that `If-Match` names; none without one, or if any will do (`*`).
fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let tag = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match tag {
        Some(tag) if !tag.contains('"') => {
            // A tag that we never gave names no present version.
            tag.parse().map(Some).map_err(|_| Problem::stale())
        }
        _ => Err(Problem::bad_request(
            "If-Match",
            "Send the one ETag that the site was read with, in its quotes, or *.",
        )),
    }
}

/// A version as a response names it.
pub(super) type Etag = [(header::HeaderName, HeaderValue); 1];

/// The `ETag` of a version: the number in quotes.
pub(super) fn etag(version: i64) -> Etag {
    // Quotes and digits are always a header's value.
    let value = HeaderValue::try_from(format!("\"{version}\""));
    [(header::ETAG, value.unwrap_or(HeaderValue::from_static("\"\"")))]
}

/// The site whose number stands in the address.
pub(super) struct SiteAt(pub(super) SiteId);

impl FromRequestParts<AppState> for SiteAt {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        struct Numbers {
            id: SiteId,
        }
        let path = Path::<Numbers>::from_request_parts(parts, state).await;
        path.map(|Path(Numbers { id })| Self(id)).map_err(|_| Problem::not_found())
    }
}

/// The parameters of an address.
pub(super) struct Parameters<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|Query(parameters)| Self(parameters))
            .map_err(|error| Problem::bad_request("query", error.body_text()))
    }
}

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// How many entries: 1 to 200; 50 if left out.
    limit: Option<String>,
    /// `next` of the page before; the first page if left out.
    cursor: Option<String>,
}

/// The most entries of a page.
const MAX_LIMIT: usize = 200;

/// How many entries a page has.
pub(super) fn limit(asked: Option<&str>) -> Result<usize, Problem> {
    let Some(asked) = asked else { return Ok(50) };
    asked.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)).ok_or_else(|| {
        let detail = format!("limit is {asked:?}: send a whole number from 1 to {MAX_LIMIT}.");
        Problem::bad_request("limit", detail)
    })
}

/// The number behind a cursor.
pub(super) fn decode_cursor(cursor: Option<&str>) -> Result<Option<i64>, Problem> {
    let decode = |cursor: &str| i64::from_str_radix(cursor, 36).map_err(|_| bad_cursor());
    cursor.map(decode).transpose()
}

/// A cursor that leads to what follows the entry with this number.
pub(super) fn encode_cursor(number: i64) -> String {
    let mut rest = number.unsigned_abs();
    let mut digits = Vec::new();
    loop {
        digits
            .push(b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::try_from(rest % 36).unwrap_or(0)]);
        rest /= 36;
        if rest == 0 {
            break;
        }
    }
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

/// The cursor was made up, or what it stood for is gone.
pub(super) fn bad_cursor() -> Problem {
    Problem::bad_request("cursor", "This cursor leads nowhere. Start again without one.")
}

impl Paging {
    /// The page of `all`, whose entries' numbers `number` tells, and the cursor of the next one.
    pub(super) fn page<T>(
        &self,
        mut all: Vec<T>,
        number: impl Fn(&T) -> i64,
    ) -> Result<(Vec<T>, Option<String>), Problem> {
        let limit = limit(self.limit.as_deref())?;
        if let Some(last) = decode_cursor(self.cursor.as_deref())? {
            let place =
                all.iter().position(|entry| number(entry) == last).ok_or_else(bad_cursor)?;
            all.drain(..=place);
        }
        let more = all.len() > limit;
        all.truncate(limit);
        let next = all.last().filter(|_| more).map(|entry| encode_cursor(number(entry)));
        Ok((all, next))
    }
}

/// The site, or 404.
pub(super) async fn site(conn: &mut PgConnection, id: SiteId) -> Result<Site, Problem> {
    Ok(store::by_id(conn, id).await?.ok_or(AppError::NotFound)?)
}

/// What a site has under it, with the version that it belongs to: both read at one moment.
pub(super) async fn at_one_moment<T, F>(
    state: &AppState,
    id: SiteId,
    read: F,
) -> Result<(Etag, T), Problem>
where
    F: AsyncFnOnce(&mut PgConnection) -> Result<T, AppError>,
{
    let mut tx = state.pool.begin().await.map_err(AppError::from)?;
    store::read_consistently(&mut tx).await.map_err(AppError::from)?;
    let site = site(&mut tx, id).await?;
    Ok((etag(site.version), read(&mut tx).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(value))])
    }

    #[test]
    fn if_match_names_one_version_or_any() {
        assert_eq!(if_match(&HeaderMap::new()).unwrap(), None);
        assert_eq!(if_match(&headers("*")).unwrap(), None);
        assert_eq!(if_match(&headers("\"7\"")).unwrap(), Some(7));
        for wrong in ["7", "W/\"7\"", "\"7\", \"8\"", "\"", "\"seven\""] {
            assert!(if_match(&headers(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cursor_leads_back_to_its_number() {
        for number in [0, 1, 35, 36, 71, 1_000_000, i64::MAX] {
            assert_eq!(decode_cursor(Some(&encode_cursor(number))).unwrap(), Some(number));
        }
        assert!(decode_cursor(Some("!")).is_err());
    }

    #[test]
    fn the_pages_of_a_list_are_the_list() {
        let all: Vec<i64> = (1..=11).collect();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let paging = Paging { limit: Some("4".to_owned()), cursor };
            let (page, next) = paging.page(all.clone(), |number| *number).unwrap();
            seen.extend(page);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
    }
}
