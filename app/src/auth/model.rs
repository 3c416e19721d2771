//! Types of the sign-in.

use serde::{Deserialize, Serialize};

/// The number of an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AdministratorId(pub i64);

/// Somebody who may use the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Administrator {
    /// The number.
    pub id: AdministratorId,
    /// The address they sign in with, in lower case.
    pub email: String,
}
