//! `sitekeeper detect`: what it prints, and what it refuses.

use sitekeeper_tests::binary;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// Two weeks of five-minute buckets with nights, and a spike in the last of them.
fn series() -> String {
    let mut csv = String::from("timestamp,value\n");
    for bucket in 0..14 * 288 {
        let (day, minute) = (bucket / 288 + 1, bucket % 288 * 5);
        let noise = bucket * 7_919 % 13;
        let night = if (8 * 60..20 * 60).contains(&minute) { 60 } else { 12 };
        let spike = if bucket == 14 * 288 - 1 { 900 } else { 0 };
        let (hour, minute) = (minute / 60, minute % 60);
        let value = night + noise + spike;
        writeln!(csv, "2026-06-{day:02} {hour:02}:{minute:02}:00,{value}").expect("memory");
    }
    csv
}

fn detect(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(binary())
        .arg("detect")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sitekeeper starts");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let input = input.to_vec();
    // Beside reading what it prints: the pipes hold less than the file.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the command ends");
    writer.join().expect("the input was written");
    output
}

fn refusal(arguments: &[&str], input: &[u8]) -> String {
    let output = detect(arguments, input);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn each_row_is_printed_with_its_score() {
    let series = series();
    let output = detect(&["--csv", "-"], series.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("timestamp,value,score,alarm"));
    let mut last = (0.0, "");
    for (given, line) in series.lines().skip(1).zip(lines.by_ref()) {
        let rest = line.strip_prefix(given).expect("the row as it was given");
        let cells: Vec<&str> = rest.split(',').collect();
        let score: f64 = cells[1].parse().expect("a number");
        assert!((0.0..=1.0).contains(&score) && ["0", "1"].contains(&cells[2]), "{line}");
        last = (score, cells[2]);
    }
    assert!(last.0 > 0.5 && last.1 == "1", "{last:?}");
    assert_eq!(text.lines().count(), series.lines().count());
}

#[test]
fn a_file_is_read_as_standard_input_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("series.csv");
    std::fs::write(&path, series()).expect("the file can be written");
    let path = path.to_str().expect("a plain path");
    let one = detect(&["--csv", path], b"");
    assert_eq!(one.stdout, detect(&["--csv", "-"], series().as_bytes()).stdout);
    let json = detect(&["--csv", path, "--json"], b"");
    let first = json.stdout.split(|byte| *byte == b'\n').next().expect("a line");
    let first: serde_json::Value = serde_json::from_slice(first).expect("JSON");
    assert_eq!(first["timestamp"], "2026-06-01 00:00:00");
    assert_eq!(first["alarm"], false);
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    let wrong = refusal(&["--csv", "-"], b"timestamp,value\n2026-06-01 00:00:00,many\n");
    assert!(wrong.contains("standard input: line 2, column 2 (value): \"many\""), "{wrong}");
    assert!(wrong.contains("Write it as in 41 or 0.5"), "{wrong}");
    assert!(refusal(&["--csv", "-"], b"").contains("no rows"));
    assert!(refusal(&["--csv", "-"], b"\xff\xfe\0\0").contains("line 1"));
    assert!(refusal(&["--csv", "/nonexistent.csv"], b"").contains("- for standard input"));
    assert!(refusal(&["--csv", "/"], b"").contains("cannot open /"));
    let unbounded = vec![b'7'; 1 << 20];
    assert!(refusal(&["--csv", "-"], &unbounded).contains("more than 4096 bytes"));
    assert_eq!(detect(&[], b"").status.code(), Some(2), "a file is asked for");
}
