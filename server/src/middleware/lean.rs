//! Takes out of a page what no reader has any use for: pages are sent as they are, uncompressed beside their secrets
//! (BREACH), so that every byte of markup travels.
//!
//! Leptos writes a marker `<!>` after every piece of text, by which the browser's half finds its place. Only islands have
//! a half in the browser, so outside of them the markers go, as do empty classes and the end tags of empty shapes.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;

/// Elements whose content stays to the letter. Islands are found by the browser's half as they were written.
const KEPT: [&str; 5] = ["script", "style", "textarea", "pre", "leptos-island"];
/// What Leptos leaves where something is: nothing, and something that was not there.
const MARKERS: [&str; 2] = ["<!>", "<!--<() />-->"];
/// Elements of SVG that may close themselves.
const CLOSABLE: [&str; 3] = ["path", "rect", "line"];

/// Makes every page lean.
pub(crate) async fn make(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // A page is whole before it is sent, so nothing waits for this.
    let Ok(page) = to_bytes(body, usize::MAX).await else {
        // What could not be made cannot be sent: the connection ends, as it would have in the middle of the page.
        let broken = std::io::Error::other("the page broke off");
        return Response::from_parts(
            parts,
            Body::from_stream(futures::stream::iter([Err::<Vec<u8>, _>(broken)])),
        );
    };
    let body = match str::from_utf8(&page) {
        Ok(page) => Body::from(lean(page)),
        Err(_) => Body::from(page),
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, body)
}

/// The page without what is not needed.
fn lean(page: &str) -> String {
    let mut lean = Lean { out: String::with_capacity(page.len()), ..Lean::default() };
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        lean.out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(marker) = MARKERS.into_iter().find(|marker| rest.starts_with(marker)) {
            rest = &rest[marker.len()..];
            continue;
        }
        let tag = &rest[..tag_length(rest)];
        let kept = KEPT.into_iter().find(|name| begins(tag, name));
        let length = kept.map_or(tag.len(), |name| element_length(rest, name));
        if kept.is_some() {
            lean.out.push_str(&rest[..length]);
        } else if let Some(end) = tag.strip_prefix("</") {
            lean.end(tag, end.trim_end_matches('>'));
        } else {
            lean.start(tag);
        }
        rest = &rest[length..];
    }
    lean.out.push_str(rest);
    lean.out
}

/// What was written so far.
#[derive(Default)]
struct Lean<'a> {
    out: String,
    /// The name of the start tag that was written last, and where it ended.
    opened: (&'a str, usize),
}

impl<'a> Lean<'a> {
    fn start(&mut self, tag: &'a str) {
        // A value holds no quote, so that this is an attribute.
        match tag.split_once(" class=\"\"") {
            Some((before, after)) => {
                self.out.push_str(before);
                self.out.push_str(after);
            }
            None => self.out.push_str(tag),
        }
        let name = tag.trim_start_matches('<').split([' ', '>', '/']).next().unwrap_or_default();
        self.opened = (name, self.out.len());
    }

    fn end(&mut self, tag: &'a str, name: &'a str) {
        if CLOSABLE.contains(&name) && self.opened == (name, self.out.len()) {
            self.out.pop();
            self.out.push_str("/>");
        } else {
            self.out.push_str(tag);
        }
    }
}

/// Whether a tag is the start of an element of this name.
fn begins(tag: &str, name: &str) -> bool {
    let rest = tag.strip_prefix('<').and_then(|tag| tag.strip_prefix(name));
    rest.is_some_and(|rest| rest.starts_with([' ', '>', '/']))
}

/// The length of the tag or comment at the beginning of `text`, in bytes.
fn tag_length(text: &str) -> usize {
    if text.starts_with("<!--") {
        return text.find("-->").map_or(text.len(), |at| at + 3);
    }
    let mut quoted = false;
    let end = text.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    });
    end.map_or(text.len(), |end| end + 1)
}

/// The length of the element at the beginning of `text`, those of the same name in it included.
fn element_length(text: &str, name: &str) -> usize {
    let (start, end) = (format!("<{name}"), format!("</{name}>"));
    let mut at = 0;
    let mut depth = 0_usize;
    loop {
        let Some(closes) = text[at..].find(&end).map(|found| at + found) else { return text.len() };
        depth += text[at..closes].matches(&start).count();
        at = closes + end.len();
        depth = depth.saturating_sub(1);
        // Only islands hold their like; the text of a script may look like its start.
        if depth == 0 || name != "leptos-island" {
            return at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_go_but_for_those_of_islands() {
        for (page, expected) in [
            ("<p>a<!> b<!><!--<() />--></p><!--HEAD-->", "<p>a b</p><!--HEAD-->"),
            (
                "<b>x<!></b><leptos-island data-component=\"A\"><p>y<!></p><leptos-island><!></leptos-island><!></leptos-island><i><!></i>",
                "<b>x</b><leptos-island data-component=\"A\"><p>y<!></p><leptos-island><!></leptos-island><!></leptos-island><i></i>",
            ),
            ("<script>'<!>' + '<li></li>'</script>", "<script>'<!>' + '<li></li>'</script>"),
            ("<textarea>a <!> b</textarea>", "<textarea>a <!> b</textarea>"),
            ("1 < 2", "1 < 2"),
            ("", ""),
        ] {
            assert_eq!(lean(page), expected);
        }
    }

    #[test]
    fn shapes_close_themselves_unless_they_hold_something() {
        let page = "<svg><path d=\"M0 0\"></path><rect x=\"1\"><title>a > b</title></rect><line><!></line></svg>";
        let expected =
            "<svg><path d=\"M0 0\"/><rect x=\"1\"><title>a > b</title></rect><line/></svg>";
        assert_eq!(lean(page), expected);
    }

    #[test]
    fn what_stands_in_quotes_ends_no_tag() {
        let page = "<a title=\"a > b\" class=\"\">c<!></a>";
        assert_eq!(lean(page), "<a title=\"a > b\">c</a>");
    }
}
