//! Taking a pasted list apart: lines, commas, semicolons, tabs and spaces, or one column of a CSV.

use std::ops::Range;

/// What heads the column of domains in a CSV, in small letters. None of them can be a domain.
const HEADERS: [&str; 16] = [
    "domain",
    "domains",
    "domain name",
    "domain_name",
    "host",
    "hosts",
    "host name",
    "hostname",
    "hostnames",
    "url",
    "urls",
    "site url",
    "site_url",
    "website",
    "websites",
    "origin",
];

/// One domain of a list, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The line it stands on, counted from 1.
    pub line: usize,
    /// The text, without the spaces and quotes around it. Empty where a column has nothing.
    pub text: &'a str,
    /// Where it stands in what was typed, in bytes.
    pub at: Range<usize>,
}

/// A list taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pasted<'a> {
    /// The domains, in order.
    pub pieces: Vec<Piece<'a>>,
    /// The name of the column they were read from, when the list has one.
    pub column: Option<&'a str>,
}

/// Takes a list apart. Empty lines count for nothing; a first line that names a column of domains
/// makes the rest a CSV of which that column is read. A comma inside the path of a URL parts nothing.
#[must_use]
pub fn take_apart(typed: &str) -> Pasted<'_> {
    let mut pasted = Pasted::default();
    let mut separators: &[char] = &[',', ';', '\t'];
    let mut column = None;
    let mut start = 0;
    let mut first = true;
    for (number, line) in (1..).zip(typed.split_inclusive('\n')) {
        let from = start;
        start += line.len();
        if line.trim().is_empty() {
            continue;
        }
        let cells = cells(line, from, separators);
        if std::mem::take(&mut first)
            && let Some(at) = heading(typed, &cells)
        {
            pasted.column = Some(&typed[cells[at].clone()]);
            if cells.len() > 1 {
                column = Some(at);
                // A CSV has one separator, and the others are part of its text.
                let used = separators.iter().position(|separator| line.contains(*separator));
                separators = used.map_or(separators, |at| &separators[at..=at]);
            }
            continue;
        }
        let found = match column {
            Some(column) => {
                let end = from + line.trim_end().len();
                vec![cells.get(column).cloned().unwrap_or(end..end)]
            }
            None => domains(typed, cells),
        };
        let piece = |at: Range<usize>| Piece { line: number, text: &typed[at.clone()], at };
        pasted.pieces.extend(found.into_iter().map(piece));
    }
    pasted
}

/// Which cell of a first line names the column of domains, if the line is a header.
fn heading(typed: &str, cells: &[Range<usize>]) -> Option<usize> {
    let text = |cell: &Range<usize>| &typed[cell.clone()];
    if cells.iter().any(|cell| looks_like_host(text(cell))) {
        return None;
    }
    cells.iter().position(|cell| HEADERS.contains(&text(cell).to_ascii_lowercase().as_str()))
}

/// The cells of a line that starts at `offset`, without the spaces and quotes around them. A separator
/// within double quotes parts nothing.
fn cells(line: &str, offset: usize, separators: &[char]) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, c) in line.char_indices() {
        match c {
            '"' if quoted || line[start..at].trim().is_empty() => quoted = !quoted,
            c if !quoted && separators.contains(&c) => {
                cells.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    cells.push(start..line.len());
    cells
        .into_iter()
        .map(|cell| tight(line, cell))
        .map(|at| at.start + offset..at.end + offset)
        .collect()
}

/// A range less the spaces and quotes at its ends.
fn tight(text: &str, range: Range<usize>) -> Range<usize> {
    let around = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\u{feff}' | '\u{200b}');
    let inside = &text[range.clone()];
    let length = inside.trim_matches(around).len();
    if length == 0 {
        // The end of a line is a space, too: behind it the next one begins.
        return range.start..range.start;
    }
    let start = range.start + (inside.len() - inside.trim_start_matches(around).len());
    start..start + length
}

/// The domains in the cells of a line without a header.
fn domains(typed: &str, cells: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::with_capacity(cells.len());
    for cell in cells.into_iter().filter(|cell| !cell.is_empty()) {
        match found.last_mut() {
            // `https://shop.example/a,b`: the comma belongs to the path.
            Some(before)
                if has_path(&typed[before.clone()]) && !looks_like_host(&typed[cell.clone()]) =>
            {
                before.end = cell.end;
            }
            _ => found.push(cell),
        }
    }
    found.into_iter().flat_map(|cell| words(typed, cell)).collect()
}

/// The words of a cell when each of them looks like a host; else the cell as it is.
fn words(typed: &str, cell: Range<usize>) -> Vec<Range<usize>> {
    let text = &typed[cell.clone()];
    if text.split_whitespace().count() < 2 || !text.split_whitespace().all(looks_like_host) {
        return vec![cell];
    }
    let mut rest = cell.start;
    text.split_whitespace()
        .map(|word| {
            let start = rest + typed[rest..].find(word).unwrap_or_default();
            rest = start + word.len();
            start..rest
        })
        .collect()
}

fn looks_like_host(text: &str) -> bool {
    text.contains(['.', ':', '。', '．', '｡']) || text.eq_ignore_ascii_case("localhost")
}

fn has_path(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.contains(['/', '?', '#'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(typed: &str) -> Vec<(usize, &str)> {
        take_apart(typed).pieces.into_iter().map(|piece| (piece.line, piece.text)).collect()
    }

    #[test]
    fn lines_commas_semicolons_tabs_and_spaces_part_domains() {
        let typed = "a.example, b.example;c.example\td.example\r\n\n  e.example f.example \n";
        let expected = [
            (1, "a.example"),
            (1, "b.example"),
            (1, "c.example"),
            (1, "d.example"),
            (3, "e.example"),
            (3, "f.example"),
        ];
        assert_eq!(texts(typed), expected);
        assert_eq!(texts("shop .example"), [(1, "shop .example")], "a space too many, not a list");
    }

    #[test]
    fn a_comma_in_a_path_parts_nothing() {
        assert_eq!(texts("https://a.example/x,y"), [(1, "https://a.example/x,y")]);
        let two = [(1, "https://a.example/x"), (1, "b.example")];
        assert_eq!(texts("https://a.example/x, b.example"), two);
    }

    #[test]
    fn a_column_is_read_by_its_header() {
        let csv = "Name,\"Domain\",Owner\nShop, \"shop.example\" ,\"Ann, Ben\"\nBlog;x,blog.example,\nNone\n";
        let pasted = take_apart(csv);
        assert_eq!(pasted.column, Some("Domain"));
        let texts: Vec<_> = pasted.pieces.iter().map(|piece| piece.text).collect();
        assert_eq!(
            texts,
            ["shop.example", "blog.example", ""],
            "what is not there is not passed over"
        );
        assert_eq!(texts_of("hostname\na.example,b.example"), ["a.example", "b.example"]);
        assert_eq!(texts_of("url"), Vec::<&str>::new());
        assert_eq!(texts_of("shop.example,domain"), ["shop.example", "domain"]);
        let empty = &take_apart("*;domain,\n,\n").pieces[0];
        assert_eq!((empty.line, empty.at.clone()), (2, 11..11), "nothing is where it should be");
    }

    fn texts_of(typed: &str) -> Vec<&str> {
        take_apart(typed).pieces.into_iter().map(|piece| piece.text).collect()
    }

    proptest! {
        #[test]
        fn a_piece_is_where_it_says(typed in "([a-z.:/\"' ,;\\t\\n*é]|domain){0,40}") {
            for Piece { line, text, at } in take_apart(&typed).pieces {
                prop_assert_eq!(&typed[at.clone()], text);
                prop_assert_eq!(typed[..at.start].matches('\n').count() + 1, line);
            }
        }

        #[test]
        fn nothing_that_looks_like_a_host_is_lost(hosts in prop::collection::vec("[a-z]{1,5}\\.[a-z]{2,4}", 0..6), separator in "[,;\\n\\t ]") {
            let typed = hosts.join(&separator);
            prop_assert_eq!(texts_of(&typed), hosts);
        }
    }
}
