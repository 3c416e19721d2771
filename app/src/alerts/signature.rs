//! How a receiver knows that a webhook is ours, and fresh.

use crate::context::{fill_random, hex};
use crate::error::AppError;
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

/// The header of the signature.
pub const HEADER: &str = "sitekeeper-signature";
/// What every signing secret starts with.
pub const PREFIX: &str = "whsec_";

/// A new signing secret.
pub fn secret() -> Result<String, AppError> {
    let mut random = [0; 24];
    fill_random(&mut random)?;
    Ok(format!("{PREFIX}{}", hex(&random)))
}

/// The value of the header: `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" in hexadecimal>`, with the
/// whole secret as the key. A receiver that also refuses a `t` of more than minutes ago cannot be replayed to.
pub fn sign(secret: &str, now: Timestamp, body: &[u8]) -> String {
    let seconds = now.as_second();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("t={seconds},v1={}", hex(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_can_be_checked_with_openssl() {
        // printf '1781526896.{}' | openssl dgst -sha256 -hmac whsec_test
        let signature = sign("whsec_test", Timestamp::constant(1_781_526_896, 0), b"{}");
        assert_eq!(signature, EXPECTED);
    }

    const EXPECTED: &str =
        "t=1781526896,v1=2257dd91ce76ba5defb48511a6260dfb7607b087c0b59b63753f37c025307ada";
}
