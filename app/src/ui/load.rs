//! Loading what a page shows, and what it shows when that fails.

use super::frame::{NotFoundPage, Wordmark};
use super::response;
use crate::auth::rules::login_path;
use crate::error::AppError;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_params_map, use_query_map};
use std::future::Future;
use std::str::FromStr;

/// A whole page of what `load` answers. Somebody who is not signed in is sent to the sign-in; what
/// does not exist and what failed get their own pages, with their status.
pub fn loaded<T, V>(
    load: impl Future<Output = Result<T, AppError>> + Send + 'static,
    content: impl FnOnce(T) -> V + Send + 'static,
) -> impl IntoView
where
    T: Send + 'static,
    V: IntoView + 'static,
{
    view! {
        <Suspense>
            {Suspend::new(async move {
                match load.await {
                    Ok(data) => content(data).into_any(),
                    Err(error) => failed_page(error).into_any(),
                }
            })}
        </Suspense>
    }
}

/// A part of a page: when it cannot be loaded, the rest of the page still stands. `what` says what
/// is missing then, as in `Rejected hosts`.
pub fn part<T, V>(
    what: &'static str,
    load: impl Future<Output = Result<T, AppError>> + Send + 'static,
    content: impl FnOnce(T) -> V + Send + 'static,
) -> impl IntoView
where
    T: Send + 'static,
    V: IntoView + 'static,
{
    view! {
        <Suspense>
            {Suspend::new(async move {
                match load.await {
                    Ok(data) => content(data).into_any(),
                    Err(error) => view! {
                        <section class="panel">
                            <div class="state failed">
                                <h2>{what}": not available"</h2>
                                <p>{error.to_string()}</p>
                            </div>
                        </section>
                    }
                    .into_any(),
                }
            })}
        </Suspense>
    }
}

/// The path and query of the page being rendered.
pub fn here() -> String {
    let location = use_location();
    let (path, search) = (location.pathname.get_untracked(), location.search.get_untracked());
    match search.trim_start_matches('?') {
        "" => path,
        search => format!("{path}?{search}"),
    }
}

/// The part `name` of the path, when it reads as a `T`.
pub fn param<T: FromStr>(name: &str) -> Option<T> {
    use_params_map().with_untracked(|params| params.get(name)).and_then(|text| text.parse().ok())
}

/// The value of `name` in the query, when there is one and it reads as a `T`.
pub fn query<T: FromStr>(name: &str) -> Option<T> {
    use_query_map().with_untracked(|query| query.get(name)).and_then(|text| text.parse().ok())
}

fn failed_page(error: AppError) -> impl IntoView {
    let status = error.status();
    match error {
        AppError::SignedOut => {
            response::redirect(&login_path(&here()));
            ().into_any()
        }
        AppError::NotFound => view! { <NotFoundPage/> }.into_any(),
        AppError::Fault { request_id } => {
            response::set_status(status);
            let told = view! {
                <p>
                    "Nothing was changed. Try again; if it stays, give your administrator this request id:"
                </p>
                <p><code>{request_id}</code></p>
            };
            view! { <FailedPage title="Something failed on our side">{told}</FailedPage> }
                .into_any()
        }
        AppError::BadRequest | AppError::Throttled { .. } => {
            response::set_status(status);
            let told = view! { <p>{error.to_string()}</p> };
            view! { <FailedPage title="This page could not be shown">{told}</FailedPage> }
                .into_any()
        }
    }
}

/// A page in place of the one that failed.
#[component]
fn FailedPage(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <Title text=format!("{title} · Sitekeeper")/>
        <main class="solo wide" id="main">
            <Wordmark/>
            <section class="panel">
                <div class="state failed">
                    <h1>{title}</h1>
                    {children()}
                    <div class="actions">
                        <a class="btn primary" href=here()>"Try again"</a>
                        <a class="btn" href="/">"Overview"</a>
                    </div>
                </div>
            </section>
        </main>
    }
}
