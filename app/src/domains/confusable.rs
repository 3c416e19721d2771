//! Letters that pass for one another: how a name is read at a glance.

/// A name with each letter that passes for another replaced by that one, so that two names which a
/// reader may take for each other become the same text. `name` is as people read it, Punycode
/// decoded; the result is only for comparing.
///
/// The pairs are those that browsers and registries warn of: digits for letters (`t1ckets`), pairs of
/// letters that run together (`rn` for `m`), accents, and Cyrillic and Greek letters drawn like Latin
/// ones. It is a small part of Unicode's table of confusables (UTS #39), enough for the names that
/// pose as shops and banks.
#[must_use]
pub fn skeleton(name: &str) -> String {
    let plain: String = name.chars().flat_map(char::to_lowercase).filter_map(plain).collect();
    plain.replace("rn", "m").replace("vv", "w")
}

/// The Latin letter that a character passes for; itself when there is none, and nothing for marks
/// that sit on the letter before them.
fn plain(c: char) -> Option<char> {
    Some(match c {
        '\u{300}'..='\u{36f}' => return None,
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'а' | 'α' | 'ά' | 'ɑ' | '4' => 'a',
        '8' | 'Ь' | 'ь' | 'ƅ' => 'b',
        'ç' | 'ć' | 'č' | 'с' | 'ϲ' => 'c',
        'ď' | 'đ' | 'ԁ' => 'd',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' | 'е' | 'є' | '3' => 'e',
        'ğ' | 'ģ' | 'ɡ' => 'g',
        'һ' | 'ħ' => 'h',
        'ì'..='ï' | 'ī' | 'į' | 'ı' | 'і' | 'ι' | 'ί' | '1' | 'l' | 'ł' | 'ļ' | 'ӏ' | '|' => {
            'i'
        }
        'ј' => 'j',
        'к' | 'κ' | 'ķ' => 'k',
        'м' => 'm',
        'ñ' | 'ń' | 'ņ' | 'ň' | 'п' | 'η' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' | 'о' | 'ο' | 'ό' | 'σ' | '0' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' | '9' => 'q',
        'г' | 'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ș' | 'ѕ' | '5' => 's',
        'т' | 'τ' | 'ţ' | 'ť' | 'ț' | '7' => 't',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' | 'υ' | 'ύ' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'ý' | 'ÿ' | 'γ' => 'y',
        'ź' | 'ż' | 'ž' | '2' => 'z',
        '_' => '-',
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_pass_for_one_another_become_the_same() {
        for (left, right) in [
            ("tickets", "t1ckets"),
            ("tickets", "tlckets"),
            ("google", "g00gle"),
            ("modern", "modem"),
            ("wave", "vvave"),
            ("apple", "аррle"),
            ("bücher", "bucher"),
            ("cafe\u{301}", "cafe"),
        ] {
            assert_eq!(skeleton(left), skeleton(right), "{left} and {right}");
        }
        for (left, right) in [("shop", "shops"), ("bank", "tank"), ("hotel", "motel")] {
            assert_ne!(skeleton(left), skeleton(right), "{left} and {right}");
        }
    }

    proptest! {
        #[test]
        fn a_skeleton_of_plain_letters_ignores_case(name in "[a-zA-Z-]{0,20}") {
            prop_assert_eq!(skeleton(&name), skeleton(&name.to_ascii_lowercase()));
        }
    }
}
