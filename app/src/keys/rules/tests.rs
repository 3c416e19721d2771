use super::*;
use proptest::prelude::*;

/// A repeatable stand-in for the random source: xorshift64*.
fn source(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed | 1;
    move |buffer| {
        for byte in buffer {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            *byte = state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_be_bytes()[0];
        }
    }
}

#[test]
fn the_checksum_is_crc32_iso_hdlc_modulo_62_to_the_fourth() {
    // 0xCBF43926, the catalogue's check value for "123456789", is 3,421,780,262;
    // modulo 14,776,336 that is 8,446,646 = 35·62³ + 27·62² + 22·62 + 14.
    assert_eq!(checksum("123456789"), *b"ZRME");
}

#[test]
fn bytes_that_would_bias_a_digit_are_passed_over() {
    let mut calls = 0;
    let key = mint_sitekey(|buffer| {
        calls += 1;
        buffer.fill(255);
        buffer[0] = 61;
    });
    assert_eq!(calls, 22);
    assert!(key.starts_with("site_zzzzzzzzzzzzzzzzzzzzzz"), "{key}");
}

#[test]
fn each_fault_has_its_own_name() {
    let key = mint_sitekey(source(1));
    let secret = mint_secret(source(2));
    let code = |text: &str| check_sitekey(text).map_err(Malformed::code);
    assert_eq!(code(&key), Ok(()));
    assert_eq!(code(secret.reveal()), Err("other_kind"));
    assert_eq!(check_secret(secret.reveal()), Ok(()));
    assert_eq!(check_secret(&key).map_err(Malformed::code), Err("other_kind"));
    assert_eq!(code("6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI"), Err("wrong_prefix"));
    assert_eq!(code("undefined"), Err("wrong_prefix"));
    assert_eq!(code(&key[..30]), Err("wrong_length"));
    assert_eq!(code(&format!("{key}0")), Err("wrong_length"));
    assert_eq!(code(&key.replacen('_', "_é", 1)), Err("foreign_character"));
    assert_eq!(code("site_"), Err("wrong_length"));
    assert_eq!(
        check_sitekey(secret.reveal()).unwrap_err().to_string(),
        "this is a secret, not a sitekey: use the key that starts with site_"
    );
}

#[test]
fn a_secret_is_recognisable_but_not_readable() {
    let secret = mint_secret(source(3));
    let text = secret.reveal();
    assert_eq!(text.len(), SECRET_LENGTH);
    assert_eq!(secret.prefix(), &text[..11]);
    assert_eq!(secret.last_four(), &text[47..]);
    assert_eq!(secret.hash(), hash_secret(text));
    assert!(!format!("{secret:?}").contains(&text[11..47]));
    // The example of FIPS 180-2.
    assert_eq!(hash_secret("abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
}

#[test]
fn grace_ends_at_its_instant() {
    let end: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
    let before = end - jiff::SignedDuration::from_nanos(1);
    assert_eq!(accepted(KeyState::Retiring, Some(end), before), Ok(()));
    let lapsed = Err(Lapsed::PastGrace { ended_at: Some(end) });
    assert_eq!(accepted(KeyState::Retiring, Some(end), end), lapsed);
    assert_eq!(
        accepted(KeyState::Retiring, None, before),
        Err(Lapsed::PastGrace { ended_at: None })
    );
    assert_eq!(accepted(KeyState::Active, Some(end), end), Ok(()));
    assert_eq!(accepted(KeyState::Revoked, Some(end), before), Err(Lapsed::Revoked));
}

#[test]
fn almost_every_slip_in_the_random_digits_is_caught() {
    let (mut tried, mut missed) = (0_u32, 0_u32);
    for seed in 1..=200_u64 {
        let key = mint_sitekey(source(seed * 7919)).into_bytes();
        for at in SITEKEY_PREFIX.len()..SITEKEY_LENGTH - CHECKSUM_DIGITS {
            for digit in BASE62.iter().filter(|digit| **digit != key[at]) {
                let mut slip = key.clone();
                slip[at] = *digit;
                tried += 1;
                missed += u32::from(check_sitekey(&String::from_utf8(slip).unwrap()).is_ok());
            }
        }
    }
    // 268,400 slips at one in 14.8 million: even one miss is a one-in-fifty chance.
    assert!(missed <= 1, "{missed} of {tried} slips passed");
}

#[test]
fn only_64_lower_case_digits_are_a_hash() {
    assert_eq!(unhex(&"0f".repeat(32)), Some([15; 32]));
    assert_eq!(unhex(&hash_in_hex("secret_")), Some(hash_secret("secret_")));
    for wrong in [String::new(), "0".repeat(63), "0F".repeat(32), "é".repeat(32), "+1".repeat(32)]
    {
        assert_eq!(unhex(&wrong), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn what_is_minted_is_well_formed(seed in any::<u64>()) {
        prop_assert_eq!(check_sitekey(&mint_sitekey(source(seed))), Ok(()));
        prop_assert_eq!(check_secret(mint_secret(source(seed)).reveal()), Ok(()));
    }

    #[test]
    fn a_slip_always_changes_the_crc(
        seed in any::<u64>(), at in 5_usize..27, digit in 0_usize..62,
    ) {
        let key = mint_sitekey(source(seed)).into_bytes();
        let body = &key[..27];
        let mut wrong = body.to_vec();
        wrong[at] = BASE62[digit];
        prop_assert_eq!(wrong == body, crc32fast::hash(&wrong) == crc32fast::hash(body));
        let mut swapped = body.to_vec();
        swapped.swap(at, at - 1);
        prop_assert_eq!(swapped == body, crc32fast::hash(&swapped) == crc32fast::hash(body));
    }

    #[test]
    fn every_other_checksum_is_refused(seed in any::<u64>(), sum in "[0-9A-Za-z]{4}") {
        let key = mint_sitekey(source(seed));
        let other = format!("{}{sum}", &key[..27]);
        prop_assert_eq!(check_sitekey(&other).is_ok(), other == key);
    }

    #[test]
    fn no_text_makes_the_check_panic(text in "\\PC*") {
        let _ = check_sitekey(&text);
        let _ = check_secret(&format!("secret_{text}"));
    }
}
