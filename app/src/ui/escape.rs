//! Escaping where Leptos does none: the children of a `textarea`, and the text of a `title`.

/// Text that cannot leave the element it stands in, for elements whose content is only text.
pub fn text_only(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// What stands in a `textarea`: a browser drops a leading newline.
pub fn textarea_content(text: &str) -> String {
    let escaped = text_only(text);
    if escaped.starts_with(['\n', '\r']) { format!("\n{escaped}") } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::prelude::*;

    #[test]
    fn what_was_typed_cannot_leave_its_textarea() {
        let typed = "a&b</textarea><script>alert(1)</script>";
        let html = view! { <textarea>{textarea_content(typed)}</textarea> }.to_html();
        let expected = "<textarea>a&amp;b&lt;/textarea>&lt;script>alert(1)&lt;/script></textarea>";
        assert_eq!(html, expected);
    }
}
