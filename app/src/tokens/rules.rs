//! What a token's name and scopes must be.

use super::model::Scope;
use crate::error::Refusal;

/// What every token starts with.
pub const PREFIX: &str = "sk_api_";

/// The stored form of a token's name: trimmed, 1 to 64 characters, nothing but letters, digits and
/// `-_. ` — it stands in logs and as a source name.
pub fn name(typed: &str) -> Result<String, Refusal> {
    let name = typed.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err(Refusal::new(
            "token_name",
            "name",
            "Name the token with 1 to 64 letters, digits, spaces, dots, dashes or underscores, such as edge-1.",
        ));
    }
    Ok(name.to_owned())
}

/// The scopes, sorted and without repeats; at least one.
pub fn scopes(typed: &[Scope]) -> Result<Vec<Scope>, Refusal> {
    let mut scopes = typed.to_vec();
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(Refusal::new("token_scopes", "scopes", "Choose at least one scope."));
    }
    Ok(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_needs_a_plain_name_and_a_scope() {
        assert_eq!(name(" edge-1 ").unwrap(), "edge-1");
        for typed in ["", " ", "a\nb", "ü", &"x".repeat(65)] {
            assert_eq!(name(typed).unwrap_err().field, "name", "{typed:?}");
        }
        assert_eq!(scopes(&[Scope::StatsRead, Scope::Check, Scope::Check]).unwrap().len(), 2);
        assert!(scopes(&[]).is_err());
    }
}
