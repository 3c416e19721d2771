//! For how long counts are kept: what may be said, and that a late event goes where its time is held.

use serde_json::json;
use sitekeeper_tests::{Database, Machine, Server};
use std::fs;

const LOG: &str = "192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 17 \
                   \"https://shop.example/\" \"Mozilla/5.0\"\n";

#[tokio::test]
async fn a_retention_that_makes_no_sense_keeps_the_server_from_starting() {
    let server = Server::start().await;
    for (flags, said) in [
        (["--retain-minutes-days", "1"], "2 to 400 days, not 1"),
        (["--retain-hours-days", "20"], "minutes for at most 20 days, or hours for at least 30"),
        (["--retain-hosts-days", "7"], "8 to 400 days, not 7"),
        (["--retain-samples-days", "91"], "1 to 90 days, not 91"),
        (["--retain-samples-days", "many"], "invalid value"),
    ] {
        let refused = server.run(&["serve", flags[0], flags[1]]);
        assert!(!refused.status.success(), "{flags:?}");
        assert!(refused.stderr.contains(said), "{flags:?}: {}", refused.stderr);
    }
    let help = server.run(&["serve", "--help"]).succeeded().stdout;
    for name in ["MINUTES", "HOURS", "HOSTS", "SAMPLES"] {
        assert!(help.contains(&format!("SITEKEEPER_RETAIN_{name}_DAYS")), "{help}");
    }
}

/// The size of bucket in which an hour of 2015 is answered, and its count.
async fn in_2015(machine: &Machine) -> (String, i64) {
    let hour =
        [("from", "2015-05-17T10:00:00Z"), ("to", "2015-05-17T11:00:00Z"), ("bucket", "hour")];
    let answer = machine.get("/v1/stats", &hour).await.expect(200).json();
    let count = answer["rows"][0]["count"].as_i64().unwrap_or_default();
    (answer["bucket"].as_str().unwrap_or_default().to_owned(), count)
}

#[tokio::test]
async fn an_old_event_keeps_its_day_and_its_hour_where_hours_are_kept_so_long() {
    let event = json!({ "code": "ok", "time": "2015-05-17T10:05:03Z" });
    let usual = Server::start().await;
    let machine = usual.machine("events:write,stats:read");
    machine.report(&event).await;
    assert_eq!(in_2015(&machine).await, ("day".to_owned(), 1));

    let long = Server::with(&[("SITEKEEPER_RETAIN_HOURS_DAYS", "36500")]).await;
    let machine = long.machine("events:write,stats:read");
    machine.report(&event).await;
    assert_eq!(in_2015(&machine).await, ("hour".to_owned(), 1));

    // A command beside the server keeps what the server keeps.
    let site = long.create_site("Shop", "shop.example");
    let log = long.data_dir().join("old.log");
    fs::write(&log, LOG).expect("the log can be written");
    let log = log.to_str().expect("a plain path");
    let _ = long.run(&["replay", log, "--sitekey", &site.sitekey]).succeeded();
    assert_eq!(in_2015(&machine).await, ("hour".to_owned(), 2));
}

#[tokio::test]
async fn a_longer_retention_counts_from_now_on_and_never_answers_too_little() {
    let database = Database::create().await;
    let mut server = Server::on(&database).await;
    let event = json!({ "code": "ok", "time": "2015-05-17T10:05:03Z" });
    server.machine("events:write").report(&event).await;
    server.stop();
    let longer = [("SITEKEEPER_RETAIN_HOURS_DAYS", "36500")];
    let server = Server::on_with(&database, &longer).await;
    let machine = server.machine("events:write,stats:read");
    // The hour was thrown away under the old retention; the day still answers for it.
    assert_eq!(in_2015(&machine).await, ("day".to_owned(), 1));
    machine.report(&event).await;
    assert_eq!(in_2015(&machine).await, ("day".to_owned(), 2));
    // Between that log and now nothing was thrown away.
    machine.report(&json!({ "code": "ok", "time": "2016-01-01T08:30:00Z" })).await;
    let hour =
        [("from", "2016-01-01T08:00:00Z"), ("to", "2016-01-01T09:00:00Z"), ("bucket", "hour")];
    let answer = machine.get("/v1/stats", &hour).await.expect(200).json();
    assert_eq!((&answer["bucket"], &answer["rows"][0]["count"]), (&json!("hour"), &json!(1)));
}

#[tokio::test]
async fn an_event_of_the_future_is_rejected_by_name() {
    let server = Server::start().await;
    let machine = server.machine("events:write");
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is later").as_millis();
    let ahead = |ms: u128| json!({ "code": "ok", "time": u64::try_from(now + ms).unwrap_or(0) });
    let answer = machine.report(&json!([ahead(4 * 60_000), ahead(6 * 60_000)])).await;
    assert_eq!(answer["accepted"], 1);
    assert_eq!(answer["rejected"][0]["index"], 1);
    let reason = answer["rejected"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("more than 5 minutes in the future"), "{reason}");
}
