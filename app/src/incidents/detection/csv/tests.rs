use super::*;
use proptest::prelude::*;

fn message(text: &str) -> String {
    read(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn both_ways_of_writing_a_time_are_read() {
    let rows = read(
        "timestamp,value\r\n2015-02-26 21:42:53,104\r\n\r\n2015-02-26T21:42:53Z,0.5\n\"2015-02-26T22:42:53+01:00\", -1e3\n"
            .as_bytes(),
    )
    .unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.second == 1_424_986_973));
    assert_eq!(rows[0].text, "104");
    assert!((rows[2].value + 1_000.0).abs() < 1e-9);
}

#[test]
fn a_header_may_be_left_out_or_have_more_columns() {
    assert_eq!(read("2015-02-26 21:42:53,1".as_bytes()).unwrap().len(), 1);
    let rows = read("\u{feff}host,Value,Timestamp\na,7,2015-02-26 21:42:53\n".as_bytes()).unwrap();
    assert!((rows[0].value - 7.0).abs() < 1e-9);
}

#[test]
fn errors_name_line_and_column_and_what_would_be_right() {
    assert!(message("").starts_with("the file has no rows."));
    assert!(message("timestamp,value\n").starts_with("the file has no rows."));
    assert_eq!(
        message("timestamp,value\n2015-02-26 21:42:53,many\n"),
        "line 2, column 2 (value): \"many\" is no number from -1e15 to 1e15. Write it as in 41 or 0.5"
    );
    assert!(
        message("timestamp,value\n26.2.2015,1\n").starts_with("line 2, column 1 (timestamp): ")
    );
    assert!(
        message("timestamp,value\n\n2015-02-26 21:42:53\n").starts_with("line 3 has 1 columns")
    );
    assert!(
        message("2015-02-26 21:42:53;5")
            .ends_with("Separate them by commas, as in 2026-06-15 14:02:00,41")
    );
    assert_eq!(
        message("time,value\n"),
        "line 1 has no column timestamp. The header is timestamp,value"
    );
    assert_eq!(
        message("timestamp,count\n"),
        "line 1 has no column value. The header is timestamp,value"
    );
    for value in ["NaN", "inf", "-infinity", "1e999", "", "0x10", "1,5"] {
        assert!(read(format!("2015-02-26 21:42:53,{value}").as_bytes()).is_err(), "{value}");
    }
    let long = "x".repeat(5_000);
    assert!(message(&long).starts_with("line 1 has more than 4096 bytes"));
    assert!(read(&b"2015-02-26 21:42:53,\xff"[..]).unwrap_err().to_string().contains("not UTF-8"));
    assert!(!message("2015-02-26 21:42:53,\u{1b}[31m").contains('\u{1b}'));
}

proptest! {
    #[test]
    fn any_bytes_are_rows_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(bytes.as_slice());
    }

    #[test]
    fn what_is_almost_a_table_is_rows_or_an_error(text in "(timestamp,value\n)?([-0-9: TZ.,e+\"]{0,24}\n){0,8}") {
        if let Ok(rows) = read(text.as_bytes()) {
            prop_assert!(rows.iter().all(|row| row.value.is_finite()));
        }
    }

    #[test]
    fn numbers_come_back_as_written(values in prop::collection::vec(-1e12_f64..1e12, 1..20)) {
        let lines: Vec<String> =
            values.iter().map(|value| format!("2015-02-26 21:42:53,{value}")).collect();
        let rows = read(lines.join("\n").as_bytes()).unwrap();
        prop_assert_eq!(rows.iter().map(|row| row.value).collect::<Vec<_>>(), values);
    }
}
