//! Characters that a name may not have.

/// Whether a character is not seen, or turns around what is: controls, zero-width characters, and those
/// that set the direction of text, with which one name can pass for another.
pub fn unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
