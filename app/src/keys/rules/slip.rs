//! What a mistyped sitekey was meant to be: every text one slip away whose checksum fits.

use super::{BASE62, KeyKind, SITEKEY_LENGTH, check_sitekey};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// How a text differs from the key that was meant. Characters are counted from 1, in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Slip {
    /// One character is another.
    Wrong(usize),
    /// This character and the next are swapped.
    Swapped(usize),
    /// A character is missing before this one.
    Missing(usize),
    /// This character is one too many.
    Extra(usize),
}

impl Slip {
    /// In words: `character 12 is wrong`.
    #[must_use]
    pub fn in_words(self) -> String {
        match self {
            Self::Wrong(at) => format!("character {at} is wrong"),
            Self::Swapped(at) => format!("characters {at} and {} are swapped", at + 1),
            Self::Missing(at) => format!("a character is missing at {at}"),
            Self::Extra(at) => format!("character {at} is one too many"),
        }
    }
}

/// A well-formed sitekey one slip away from what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The sitekey.
    pub sitekey: String,
    /// The slip that would lead to what was typed.
    pub slip: Slip,
}

/// The well-formed sitekeys one slip away from `typed`. Some two thousand texts are tried, and the
/// checksum of a wrong one fits once in 14.8 million times: what is returned is nearly always what was
/// meant, or nothing.
pub fn corrections(typed: &str) -> Vec<Correction> {
    let near = (SITEKEY_LENGTH - 1..=SITEKEY_LENGTH + 1).contains(&typed.len());
    if !near || !typed.is_ascii() {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    one_slip_away(typed.as_bytes())
        .filter_map(|(bytes, slip)| {
            let sitekey = String::from_utf8(bytes).ok()?;
            check_sitekey(&sitekey).ok()?;
            seen.insert(sitekey.clone()).then_some(Correction { sitekey, slip })
        })
        .collect()
}

/// Every text of a sitekey's length that one slip turns into `typed`.
fn one_slip_away(typed: &[u8]) -> Box<dyn Iterator<Item = (Vec<u8>, Slip)> + '_> {
    match typed.len() {
        SITEKEY_LENGTH => Box::new(swapped(typed).chain(wrong(typed))),
        length if length < SITEKEY_LENGTH => Box::new(missing(typed)),
        _ => Box::new(extra(typed)),
    }
}

fn swapped(typed: &[u8]) -> impl Iterator<Item = (Vec<u8>, Slip)> + '_ {
    (1..typed.len()).filter(|at| typed[at - 1] != typed[*at]).map(|at| {
        let mut text = typed.to_vec();
        text.swap(at - 1, at);
        (text, Slip::Swapped(at))
    })
}

fn wrong(typed: &[u8]) -> impl Iterator<Item = (Vec<u8>, Slip)> + '_ {
    let put = move |at: usize| {
        letters().map(move |letter| {
            let mut text = typed.to_vec();
            text[at] = letter;
            (text, Slip::Wrong(at + 1))
        })
    };
    (0..typed.len()).flat_map(put)
}

fn missing(typed: &[u8]) -> impl Iterator<Item = (Vec<u8>, Slip)> + '_ {
    let put = move |at: usize| {
        letters().map(move |letter| {
            let mut text = typed.to_vec();
            text.insert(at, letter);
            (text, Slip::Missing(at + 1))
        })
    };
    (0..=typed.len()).flat_map(put)
}

fn extra(typed: &[u8]) -> impl Iterator<Item = (Vec<u8>, Slip)> + '_ {
    (0..typed.len()).map(|at| {
        let mut text = typed.to_vec();
        text.remove(at);
        (text, Slip::Extra(at + 1))
    })
}

/// What a key is written in.
fn letters() -> impl Iterator<Item = u8> {
    BASE62.iter().copied().chain([b'_'])
}

/// The key in what was pasted: without white space around it, quotes, and the attribute or variable it
/// was assigned to, as in `data-sitekey="site_…"`.
pub fn without_wrapping(pasted: &str) -> &str {
    let start = [KeyKind::Sitekey, KeyKind::Secret]
        .into_iter()
        .filter_map(|kind| pasted.find(kind.prefix()))
        .min();
    let text = pasted.get(start.unwrap_or(0)..).unwrap_or(pasted);
    let quote = |letter: char| letter.is_whitespace() || "\"'`“”‘’;,<>".contains(letter);
    let text = text.trim_start_matches(quote);
    text.split(quote).next().unwrap_or_default()
}

/// The other service whose sitekeys look like `text`, going by their prefixes and lengths.
pub fn looks_like(text: &str) -> Option<&'static str> {
    let uuid = || {
        let groups: Vec<&str> = text.split('-').collect();
        let hex = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
        groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(hex)
    };
    if text.starts_with("6L") && text.len() == 40 {
        Some("reCAPTCHA")
    } else if text.starts_with("0x4") && text.len() == 24 {
        Some("Turnstile")
    } else if uuid() {
        Some("hCaptcha")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::rules::{SITEKEY_PREFIX, mint_sitekey};
    use proptest::prelude::*;

    fn minted(seed: u64) -> String {
        let mut state = seed | 1;
        mint_sitekey(|bytes| {
            for byte in bytes {
                state ^= state >> 12;
                state ^= state << 25;
                state ^= state >> 27;
                *byte = state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_be_bytes()[0];
            }
        })
    }

    /// One typo in 14.8 million passes the checksum; any other is detected and mended.
    fn mended(typed: &str, meant: &str) -> bool {
        check_sitekey(typed).is_ok() || corrections(typed).iter().any(|one| one.sitekey == meant)
    }

    #[test]
    fn a_slip_is_told_by_its_place() {
        let key = minted(7);
        let slips = |typed: &str| -> Vec<_> {
            corrections(typed).into_iter().map(|one| one.slip).collect()
        };
        assert!(slips(&key.replacen('_', "-", 1)).contains(&Slip::Wrong(5)));
        assert!(slips(&key[1..]).contains(&Slip::Missing(1)));
        assert!(slips(&format!("x{key}")).contains(&Slip::Extra(1)));
        assert_eq!(slips("site_"), []);
        assert_eq!(slips(&"é".repeat(16)), []);
        assert_eq!(Slip::Swapped(6).in_words(), "characters 6 and 7 are swapped");
    }

    #[test]
    fn a_key_is_taken_out_of_what_was_pasted_around_it() {
        let key = minted(9);
        for pasted in [
            format!("  {key}\n"),
            format!("data-sitekey=\"{key}\""),
            format!("SITEKEY='{key}';"),
            format!("<div data-sitekey=\"{key}\" class=\"x\">"),
            format!("“{key}”"),
        ] {
            assert_eq!(without_wrapping(&pasted), key, "{pasted}");
        }
        assert_eq!(without_wrapping("SECRET=secret_abc"), "secret_abc");
        assert_eq!(without_wrapping(" undefined "), "undefined");
    }

    #[test]
    fn the_test_keys_of_other_services_are_told_apart() {
        assert_eq!(looks_like("6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI"), Some("reCAPTCHA"));
        assert_eq!(looks_like("0x4AAAAAAAAjq6WYeRDKmeM4"), Some("Turnstile"));
        assert_eq!(looks_like("10000000-ffff-ffff-ffff-000000000001"), Some("hCaptcha"));
        assert_eq!(looks_like("undefined"), None);
        assert_eq!(looks_like(""), None);
    }

    proptest! {
        #[test]
        fn a_wrong_character_is_found(seed in any::<u64>(), at in 0_usize..31, letter in "[0-9A-Za-z_]") {
            let key = minted(seed);
            let mut typed = key.clone();
            typed.replace_range(at..=at, &letter);
            prop_assert!(typed == key || mended(&typed, &key));
        }

        #[test]
        fn swapped_neighbours_are_found(seed in any::<u64>(), at in 0_usize..30) {
            let key = minted(seed);
            let mut typed = key.clone().into_bytes();
            typed.swap(at, at + 1);
            let typed = String::from_utf8(typed).unwrap();
            prop_assert!(typed == key || mended(&typed, &key));
        }

        #[test]
        fn a_missing_and_an_extra_character_are_found(seed in any::<u64>(), at in 0_usize..31) {
            let key = minted(seed);
            let mut shorter = key.clone();
            shorter.remove(at);
            prop_assert!(mended(&shorter, &key));
            let mut longer = key.clone();
            longer.insert(at, 'x');
            prop_assert!(mended(&longer, &key));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = corrections(&text);
            let _ = without_wrapping(&text);
            let _ = without_wrapping(&format!("{text}{SITEKEY_PREFIX}{text}"));
        }
    }
}
