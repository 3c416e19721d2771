//! Counts and times requests, by the route they were answered by.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{Counter, Histogram, counter, histogram};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::Instant;

/// What is recorded of one route.
struct Figures {
    seconds: Histogram,
    /// By the first digit of the status.
    answered: [Counter; 5],
}

/// The figures of every route that was asked for; there are as many as routes. They are kept, since
/// to look one up by its labels takes longer than to count.
static FIGURES: LazyLock<RwLock<HashMap<Box<str>, Arc<Figures>>>> = LazyLock::new(RwLock::default);

/// The route of what no route answers.
const NONE: &str = "none";

pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let figures = figures(route.as_ref().map_or(NONE, MatchedPath::as_str));
    let response = next.run(request).await;
    figures.seconds.record(started.elapsed());
    let class = usize::from(response.status().as_u16() / 100).clamp(1, 5);
    figures.answered[class - 1].increment(1);
    response
}

fn figures(route: &str) -> Arc<Figures> {
    let known = FIGURES.read().unwrap_or_else(PoisonError::into_inner).get(route).cloned();
    known.unwrap_or_else(|| {
        let mut all = FIGURES.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(route.into()).or_insert_with(|| Arc::new(Figures::of(route))))
    })
}

impl Figures {
    fn of(route: &str) -> Self {
        let answered = ["1xx", "2xx", "3xx", "4xx", "5xx"].map(|class| {
            counter!("sitekeeper_http_requests_total", "route" => route.to_owned(), "status" => class)
        });
        let seconds = histogram!("sitekeeper_http_request_seconds", "route" => route.to_owned());
        Self { seconds, answered }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_has_its_figures_once() {
        let first = figures("/v1/check");
        assert!(Arc::ptr_eq(&first, &figures("/v1/check")));
        assert!(!Arc::ptr_eq(&first, &figures("/v1/events")));
    }
}
