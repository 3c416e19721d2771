//! Refuses addresses with a NUL in them: PostgreSQL's text cannot hold one, and no page, host or key has one.

use crate::plain::refuse;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

pub(crate) async fn require(request: Request, next: Next) -> Response {
    let (path, query) = (request.uri().path(), request.uri().query());
    let Some(part) = part_with_nul(path, query) else { return next.run(request).await };
    let told = format!("{part} holds a NUL character (%00). Leave it out.");
    refuse(path, StatusCode::BAD_REQUEST, &part, "This address cannot be read", &told)
}

/// The parameter that holds a NUL, or `path`. A percent sign that is meant as such is written `%25`, so that `%00` is
/// nothing else.
fn part_with_nul(path: &str, query: Option<&str>) -> Option<String> {
    if path.contains("%00") {
        return Some("path".to_owned());
    }
    let pair = query?.split('&').find(|pair| pair.contains("%00"))?;
    let name = pair.split('=').next().unwrap_or_default();
    // What is not a plain name is not worth repeating.
    let plain =
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    Some(if plain && !name.is_empty() { name.to_owned() } else { "query".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_with_the_nul_is_named() {
        assert_eq!(part_with_nul("/sites", None), None);
        assert_eq!(part_with_nul("/sites", Some("q=a%2500&b=%20")), None);
        assert_eq!(part_with_nul("/errors/a%00", None).as_deref(), Some("path"));
        assert_eq!(part_with_nul("/v1/stats", Some("from=1&host=a%00b")).as_deref(), Some("host"));
        assert_eq!(part_with_nul("/v1/stats", Some("ho%00st=a")).as_deref(), Some("query"));
        assert_eq!(part_with_nul("/v1/stats", Some("%00")).as_deref(), Some("query"));
    }
}
