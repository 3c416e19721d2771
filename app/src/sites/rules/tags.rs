//! Tags: the groups of a site.

use crate::error::Refusal;

/// The most tags a site can have.
pub const MOST_TAGS: usize = 20;
/// The most characters of a tag.
const LONGEST_TAG: usize = 40;

/// The stored form of a tag: trimmed, lower case, 1 to 40 letters, digits, `-`, `_`, `.` and `/`.
pub fn tag(typed: &str) -> Result<String, Refusal> {
    let tag = typed.trim().to_lowercase();
    let refused = |code, message: String| Err(Refusal::new(code, "tags", message));
    let length = tag.chars().count();
    if length == 0 {
        return refused("tag_empty", "Name the tag: 1 to 40 letters or digits.".to_owned());
    }
    if length > LONGEST_TAG {
        return refused(
            "tag_long",
            format!("The tag has {length} characters. Use at most {LONGEST_TAG}."),
        );
    }
    let fits = |at: char| at.is_alphanumeric() || "-_./".contains(at);
    if let Some(odd) = tag.chars().find(|at| !fits(*at)) {
        let odd = if odd.is_whitespace() { "a space".to_owned() } else { format!("{odd:?}") };
        let suggestion: String = tag.chars().map(|at| if fits(at) { at } else { '-' }).collect();
        let message = format!(
            "A tag is made of letters, digits and - _ . / without {odd}, as in {suggestion}."
        );
        let refusal = Refusal::new("tag_characters", "tags", message);
        return Err(Refusal { suggestion: Some(suggestion), ..refusal });
    }
    Ok(tag)
}

/// The stored form of a site's tags, typed with commas or spaces between them: sorted, each once,
/// at most [`MOST_TAGS`].
pub fn tags(typed: &str) -> Result<Vec<String>, Refusal> {
    let parts = typed.split(|at: char| at == ',' || at.is_whitespace());
    let tags = parts.filter(|part| !part.is_empty()).map(tag).collect::<Result<Vec<_>, _>>()?;
    few_tags(tags)
}

/// The same of tags that come one by one.
pub fn tag_list(typed: &[String]) -> Result<Vec<String>, Refusal> {
    few_tags(typed.iter().map(|typed| tag(typed)).collect::<Result<Vec<_>, _>>()?)
}

/// `tags` with `tag` among them.
pub fn with_tag(tags: &[String], tag: String) -> Result<Vec<String>, Refusal> {
    few_tags(tags.iter().cloned().chain([tag]).collect())
}

fn few_tags(mut tags: Vec<String>) -> Result<Vec<String>, Refusal> {
    tags.sort();
    tags.dedup();
    if tags.len() > MOST_TAGS {
        let found = tags.len();
        return Err(Refusal::new(
            "tags_many",
            "tags",
            format!("That makes {found} tags. A site can have {MOST_TAGS}: remove some."),
        ));
    }
    Ok(tags)
}
