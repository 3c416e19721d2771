//! `sitekeeper replay`: what each line of a log becomes, and that a log counts once.

use serde_json::{Value, json};
use sitekeeper_tests::{CreatedSite, Machine, Output, Server};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const EXCERPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/access.log");
const WHOLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/access.log");

async fn started() -> (Server, CreatedSite, Machine) {
    let server = Server::start().await;
    let arguments = [
        "site",
        "create",
        "--name",
        "S",
        "--domain",
        "semicomplete.com",
        "--include-subdomains",
        "--json",
    ];
    let site = serde_json::from_value(server.run(&arguments).succeeded().json())
        .expect("it prints a site");
    let machine = server.machine("stats:read");
    (server, site, machine)
}

fn write(server: &Server, name: &str, text: &[u8]) -> PathBuf {
    let path = server.data_dir().join(name);
    fs::write(&path, text).expect("the log can be written");
    path
}

fn replay(server: &Server, log: &Path, sitekey: &str, more: &[&str]) -> Output {
    let log = log.to_str().expect("a plain path");
    let arguments: Vec<&str> =
        ["replay", log, "--sitekey", sitekey].iter().chain(more).copied().collect();
    server.run(&arguments)
}

fn line(second: u32, referer: &str) -> String {
    format!(
        "192.0.2.7 - - [17/May/2015:10:05:{second:02} +0000] \"GET / HTTP/1.1\" 200 17 \"{referer}\" \"Mozilla/5.0\"\n"
    )
}

async fn by_code(machine: &Machine) -> Vec<(String, i64)> {
    let rows = machine.stats(&[("group_by", "code"), ("from", "2000-01-01T00:00:00Z")]).await;
    let mut rows: Vec<(String, i64)> = rows
        .iter()
        .map(|row| {
            (
                row["key"].as_str().unwrap_or_default().to_owned(),
                row["count"].as_i64().unwrap_or_default(),
            )
        })
        .collect();
    rows.sort();
    rows
}

/// What became of the requests of a log: let through, and denied without and with a referer.
fn by_hand(log: &[u8]) -> [i64; 3] {
    let mut counts = [0; 3];
    for line in String::from_utf8_lossy(log).lines() {
        let referer = line.split('"').nth(3).expect("the log is in the combined format").to_owned();
        let host = referer.split('/').nth(2).unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        let ours = host == "semicomplete.com" || host.ends_with(".semicomplete.com");
        counts[if ours {
            0
        } else if referer == "-" {
            1
        } else {
            2
        }] += 1;
    }
    counts
}

#[tokio::test]
async fn counts_are_exact_and_a_second_run_adds_nothing() {
    let whole = Path::new(WHOLE);
    let log = if whole.exists() { whole } else { Path::new(EXCERPT) };
    let [ok, missing, hosts] = by_hand(&fs::read(log).expect("the log can be read"));
    if whole.exists() {
        assert_eq!([ok, missing, hosts], [3441, 2912, 647]);
    }
    let (server, site, machine) = started().await;
    let denied = missing + hosts;
    let summary = replay(&server, log, &site.sitekey, &["--json"]).succeeded().json();
    assert_eq!(summary["codes"], json!({ "ok": ok, "referer_denied": denied }));
    assert_eq!((&summary["accepted"], &summary["duplicate"]), (&json!(ok + denied), &json!(0)));
    assert_eq!(summary["unreadable"]["count"], 0);
    assert_eq!(summary["source"], "replay:access.log");
    let without = summary["hosts"].as_array().into_iter().flatten().find(|row| row["host"] == "");
    assert_eq!(without.map(|row| &row["count"]), Some(&json!(missing)));
    let expected = [("ok".to_owned(), ok), ("referer_denied".to_owned(), denied)];
    assert_eq!(by_code(&machine).await, expected);

    // The link leads to the whole log: its first and last instants.
    let url = summary["url"].as_str().expect("it ends with a link").to_owned();
    assert!(
        url.starts_with(&format!("{}/sites/{}?from=2015-05-17T10%3A05%3A", server.base, site.id)),
        "{url}"
    );

    for _ in 0..2 {
        let again = replay(&server, log, &site.sitekey, &["--json"]).succeeded().json();
        assert_eq!((&again["accepted"], &again["duplicate"]), (&json!(0), &json!(ok + denied)));
        assert_eq!(by_code(&machine).await, expected);
    }
}

#[tokio::test]
async fn every_way_to_hand_a_log_over_gives_the_same() {
    let text = fs::read(EXCERPT).expect("the log can be read");
    let [ok, missing, hosts] = by_hand(&text);
    let expected = json!({ "ok": ok, "referer_denied": missing + hosts });
    let (server, site, _) = started().await;
    let codes = |output: Output| output.succeeded().json()["codes"].clone();
    let plain = write(&server, "plain.log", &text);
    assert_eq!(codes(replay(&server, &plain, &site.sitekey, &["--json"])), expected);
    let packed = gzip(&text);
    assert_eq!(
        codes(replay(&server, &write(&server, "a.log.gz", &packed), &site.sitekey, &["--json"])),
        expected
    );
    let misnamed = write(&server, "packed.log", &packed);
    assert_eq!(
        codes(replay(&server, &misnamed, &site.sitekey, &["--json"])),
        expected,
        "by its bytes, not its name"
    );
    let two = write(&server, "two.log.gz", &[gzip(&text[..9_000]), gzip(&text[9_000..])].concat());
    assert_eq!(
        codes(replay(&server, &two, &site.sitekey, &["--json"])),
        expected,
        "gzip members one after another"
    );
    let from_input = ["replay", "-", "--sitekey", &site.sitekey, "--json"];
    for input in [&text, &packed] {
        assert_eq!(codes(server.run_with_input(&from_input, input)), expected);
    }
    let windows = String::from_utf8_lossy(&text).replace('\n', "\r\n");
    assert_eq!(
        codes(replay(
            &server,
            &write(&server, "crlf.log", windows.as_bytes()),
            &site.sitekey,
            &["--json"]
        )),
        expected
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip is installed");
    let mut stdin = gzip.stdin.take().expect("standard input is a pipe");
    let bytes = bytes.to_vec();
    let writing = std::thread::spawn(move || stdin.write_all(&bytes));
    let packed = gzip.wait_with_output().expect("gzip ends").stdout;
    writing.join().expect("it does not panic").expect("gzip reads it all");
    packed
}

#[tokio::test]
async fn lines_that_cannot_be_read_are_named_and_the_rest_counts() {
    let (server, site, machine) = started().await;
    let mut log = line(1, "http://semicomplete.com/").into_bytes();
    log.extend(b"nonsense\n\n");
    log.extend(line(2, "-").bytes());
    log.extend(
        b"192.0.2.7 - - [31/Feb/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 17 \"-\" \"M\"\n",
    );
    log.extend(b"192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 17\n");
    log.extend(b"192.0.2.7 - - [17/May/2015:10:05:04 +0000] \"GET / HTTP/1.1\" 200 17 \"http://\xe4\xf6.example/\" \"\xff\"\n");
    log.extend(vec![b'x'; 200_000]);
    log.extend(b"\n");
    log.extend(line(5, "https://www.semicomplete.com/x").trim_end().bytes().take(60));
    let path = write(&server, "bad.log", &log);
    let output = replay(&server, &path, &site.sitekey, &["--json"]);
    let summary = output.json();
    assert_eq!(summary["codes"], json!({ "ok": 1, "referer_denied": 2 }), "{summary}");
    let lines: Vec<u64> = summary["unreadable"]["lines"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|line| {
            assert!(line["reason"].as_str().is_some_and(|reason| reason.len() > 10), "{line}");
            line["line"].as_u64().unwrap_or_default()
        })
        .collect();
    let without_blank: Vec<u64> = lines.iter().copied().filter(|line| *line != 3).collect();
    assert_eq!(without_blank, [2, 5, 6, 8, 9]);
    assert_eq!(by_code(&machine).await, [("ok".to_owned(), 1), ("referer_denied".to_owned(), 2)]);
    let said = replay(&server, &path, &site.sitekey, &[]).stdout;
    assert!(said.contains("line 2: ") && said.contains("line 9: "), "{said}");
    assert!(said.contains("0 new events, 3 counted before"), "{said}");
}

#[tokio::test]
async fn a_gzip_that_breaks_off_counts_what_it_held_and_says_so() {
    let (server, site, machine) = started().await;
    let text = fs::read(EXCERPT).expect("the log can be read");
    let packed = gzip(&text);
    let path = write(&server, "cut.log.gz", &packed[..packed.len() / 2]);
    let output = replay(&server, &path, &site.sitekey, &["--json"]);
    assert_eq!(output.status.code(), Some(1), "a log that was not read to its end is a failure");
    let summary = output.json();
    assert!(summary["broken_off"].is_string(), "{summary}");
    let accepted = summary["accepted"].as_i64().unwrap_or_default();
    assert!((1..202).contains(&accepted), "{accepted}");
    let total: i64 = by_code(&machine).await.iter().map(|(_, count)| count).sum();
    assert_eq!(total, accepted);
    let whole = replay(&server, &write(&server, "cut.log.gz", &packed), &site.sitekey, &["--json"])
        .succeeded()
        .json();
    assert_eq!(whole["duplicate"], accepted, "the whole log adds only what was missing");
    assert_eq!(whole["accepted"], 202 - accepted);
}

#[tokio::test]
async fn a_log_that_grew_adds_only_its_new_lines() {
    let (server, site, machine) = started().await;
    let same = line(1, "http://semicomplete.com/");
    let path = write(&server, "growing.log", same.repeat(3).as_bytes());
    assert_eq!(
        replay(&server, &path, &site.sitekey, &["--json"]).succeeded().json()["accepted"],
        3,
        "equal lines are each a request"
    );
    let path = write(&server, "growing.log", (same.repeat(4) + &line(2, "-")).as_bytes());
    let grown = replay(&server, &path, &site.sitekey, &["--json"]).succeeded().json();
    assert_eq!((&grown["accepted"], &grown["duplicate"]), (&json!(2), &json!(3)));
    assert_eq!(by_code(&machine).await, [("ok".to_owned(), 4), ("referer_denied".to_owned(), 1)]);
}

#[tokio::test]
async fn a_log_can_be_moved_so_that_it_ends_now() {
    let (server, site, machine) = started().await;
    let log = line(0, "http://semicomplete.com/") + &line(30, "-") + &line(10, "-");
    let path = write(&server, "old.log", log.as_bytes());
    let moved =
        replay(&server, &path, &site.sitekey, &["--ending", "now", "--json"]).succeeded().json();
    let instant = |name: &str| moved[name].as_str().unwrap_or_default().to_owned();
    let rows = machine.stats(&[("group_by", "code")]).await;
    let total: i64 = rows.iter().filter_map(|row| row["count"].as_i64()).sum();
    assert_eq!(total, 3, "all of it happened within the last 24 hours: {rows:?}");
    assert!(!instant("from").starts_with("2015") && instant("from") < instant("to"), "{moved}");
    let input = ["replay", "-", "--sitekey", &site.sitekey, "--ending", "now", "--json"];
    assert_eq!(server.run_with_input(&input, log.as_bytes()).succeeded().json()["requests"], 3);
    let at_its_time = replay(&server, &path, &site.sitekey, &["--json"]).succeeded().json();
    assert_eq!(at_its_time["accepted"], 3, "another replay than the moved one");
    let empty = write(&server, "empty.log", b"");
    let refused = replay(&server, &empty, &site.sitekey, &["--ending", "now"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.contains("no line"), "{}", refused.stderr);
}

#[tokio::test]
async fn the_gate_of_now_decides() {
    let (server, site, machine) = started().await;
    let writer = server.machine("sites:write");
    writer.post(&format!("/v1/sites/{}/pause", site.id), &json!({})).await.expect(200).json();
    let path = write(
        &server,
        "paused.log",
        (line(1, "http://semicomplete.com/") + &line(2, "-")).as_bytes(),
    );
    let summary = replay(&server, &path, &site.sitekey, &["--json"]).succeeded().json();
    assert_eq!(summary["codes"], json!({ "site_paused": 2 }));
    assert_eq!(by_code(&machine).await, [("site_paused".to_owned(), 2)]);
    writer.post(&format!("/v1/sites/{}/start", site.id), &json!({})).await.expect(200).json();
    assert_eq!(
        replay(&server, &path, &site.sitekey, &["--json"]).succeeded().json()["accepted"],
        0,
        "each line counted already"
    );
}

#[tokio::test]
async fn what_cannot_be_replayed_is_refused_with_what_to_do() {
    let (server, site, machine) = started().await;
    let path = write(&server, "any.log", line(1, "-").as_bytes());
    let elsewhere = Server::start().await.create_site("E", "elsewhere.example").sitekey;
    for (log, sitekey, says) in [
        (Path::new("/nowhere/access.log"), site.sitekey.as_str(), "/nowhere/access.log"),
        (server.data_dir(), site.sitekey.as_str(), "cannot open"),
        (&path, "nonsense", "--sitekey"),
        (&path, &site.sitekey[..20], "--sitekey"),
        (&path, elsewhere.as_str(), "no site here"),
    ] {
        let refused = replay(&server, log, sitekey, &[]);
        assert_eq!(refused.status.code(), Some(1), "{log:?} {sitekey}");
        assert_eq!(refused.stdout, "", "{log:?} {sitekey}");
        assert!(refused.stderr.contains(says), "{log:?} {sitekey}: {}", refused.stderr);
    }
    assert!(by_code(&machine).await.is_empty(), "nothing was counted");
    let empty = replay(&server, &write(&server, "empty.log", b""), &site.sitekey, &["--json"])
        .succeeded()
        .json();
    assert_eq!((&empty["requests"], &empty["from"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn the_summary_tells_a_person_the_same() {
    let (server, site, _) = started().await;
    let log = line(1, "http://semicomplete.com/")
        + &line(2, "http://www.google.com/search")
        + &line(3, "-");
    let said = replay(&server, &write(&server, "small.log", log.as_bytes()), &site.sitekey, &[])
        .succeeded()
        .stdout;
    let words: Vec<&str> = said.split_whitespace().collect();
    let said_of = |count: &str, what: &str| words.windows(2).any(|pair| pair == [count, what]);
    assert!(
        said_of("1", "ok") && said_of("2", "referer_denied") && said_of("1", "www.google.com"),
        "{said}"
    );
    assert!(said.contains("3 new events, 0 counted before"), "{said}");
    let last = said.trim_end().lines().last().unwrap_or_default();
    assert_eq!(
        last,
        format!(
            "{}/sites/{}?from=2015-05-17T10%3A05%3A01Z&to=2015-05-17T10%3A05%3A04Z",
            server.base, site.id
        )
    );
}
