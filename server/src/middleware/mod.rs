//! What every request to the console passes through, outermost first: an id, headers, the
//! same-origin guard, the session, the sign-in.

pub(crate) mod headers;
pub(crate) mod request_id;
pub(crate) mod same_origin;
pub(crate) mod sign_in;
