//! What requests pass through. Every request, outermost first: an id, headers, a look at its address, a limit of time.
//! Those to the console besides: the host, the same-origin guard, the session, the sign-in, a look at what is still to be
//! added up, the form; and its pages are made lean on their way out.

pub(crate) mod forms;
pub(crate) mod headers;
pub(crate) mod host;
pub(crate) mod lean;
pub(crate) mod legible;
pub(crate) mod request_id;
pub(crate) mod same_origin;
pub(crate) mod settled;
pub(crate) mod sign_in;
pub(crate) mod time_limit;
