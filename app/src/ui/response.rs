//! The HTTP answer around a page that is being rendered.

use http::StatusCode;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// Answers with `status` in place of 200.
pub(super) fn set_status(status: u16) {
    if let (Some(options), Ok(status)) =
        (use_context::<ResponseOptions>(), StatusCode::from_u16(status))
    {
        options.set_status(status);
    }
}

/// Sends the browser to `path` in place of the page.
pub(super) fn redirect(path: &str) {
    leptos_axum::redirect(path);
}
