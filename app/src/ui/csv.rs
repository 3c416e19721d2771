//! Tables as files: comma-separated values (RFC 4180) that spreadsheets open without running them.

/// What a formula begins with.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r'];

/// Adds a line of `cells` to `out`.
///
/// A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@` (some also in full width), a tab or a
/// carriage return for a formula, and what stands in the trail was typed by others: such a cell gets a
/// `'` in front, which makes it text.
pub fn push_line<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        let formula = cell.starts_with(FORMULA);
        let quoted = cell.contains([',', '"', '\n', '\r']);
        if quoted {
            out.push('"');
        }
        if formula {
            out.push('\'');
        }
        if quoted {
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(cells: &[&str]) -> String {
        let mut out = String::new();
        push_line(&mut out, cells.iter().copied());
        out
    }

    #[test]
    fn a_cell_is_quoted_only_where_it_must_be() {
        assert_eq!(line(&["a", "", "b c"]), "a,,b c\r\n");
        assert_eq!(
            line(&["a,b", "say \"hi\"", "two\nlines"]),
            "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n"
        );
    }

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(line(&["=1+1", "-2", "@x"]), "'=1+1,'-2,'@x\r\n");
        assert_eq!(line(&["＝1+1", "＠x"]), "'＝1+1,'＠x\r\n");
        assert_eq!(line(&["=HYPERLINK(\"x\",1)"]), "\"'=HYPERLINK(\"\"x\"\",1)\"\r\n");
        assert_eq!(line(&["\tx", "\rx"]), "'\tx,\"'\rx\"\r\n");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(cells in prop::collection::vec(".*", 1..5)) {
            // At the very beginning it is a byte order mark, which readers take away.
            prop_assume!(!cells[0].starts_with('\u{feff}'));
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let written = line(&cells);
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).from_reader(written.as_bytes());
            let record = reader.records().next().transpose().unwrap();
            // A line of one empty cell is an empty line, which readers skip.
            let read: Vec<String> =
                record.iter().flatten().map(|cell| cell.strip_prefix('\'').unwrap_or(cell).to_owned()).collect();
            let expected: Vec<&str> = cells.iter().map(|cell| cell.strip_prefix('\'').unwrap_or(cell)).collect();
            prop_assert!(cells == [""] || read == expected, "{:?}", written);
        }

        #[test]
        fn no_cell_starts_a_formula(cell in "[=+@＝＋－＠\t\r-].*") {
            let written = line(&[&cell]);
            prop_assert!(written.trim_start_matches('"').starts_with('\''));
        }
    }
}
