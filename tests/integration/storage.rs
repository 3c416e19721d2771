//! `/settings/storage`: what is kept, for how long, and whether the job that looks after it works.

use serde_json::json;
use sitekeeper_tests::{Database, Server};
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_page_says_for_how_long_each_table_is_kept_and_until_when_it_is_prepared() {
    let server = Server::with(&[
        ("SITEKEEPER_RETAIN_MINUTES_DAYS", "12"),
        ("SITEKEEPER_RETAIN_SAMPLES_DAYS", "3"),
    ])
    .await;
    let machine = server.machine("events:write");
    machine
        .report(&json!([{ "code": "made_up_code", "source": "edge-1" }, { "code": "ok" }]))
        .await;
    let console = server.console().await;
    let page = console.get("/settings/storage").await.expect(200).body.replace("<!>", "");
    let row = |table: &str| {
        let (_, rest) = page.split_once(&format!("<code>{table}</code>")).expect("it is listed");
        rest.split_once("</tr>").expect("a row ends").0.to_owned()
    };
    for (table, kept) in [
        ("stats_minute", "12\u{a0}days"),
        ("totals_minute", "12\u{a0}days"),
        ("stats_hour", "400\u{a0}days"),
        ("host_minute", "2\u{a0}days"),
        ("host_hour", "30\u{a0}days"),
        ("samples", "3\u{a0}days"),
        ("event_ids", "2\u{a0}days"),
        ("stats_day", "for ever"),
        ("event_ids_replayed", "for ever"),
    ] {
        assert!(row(table).contains(kept), "{table}: {}", row(table));
    }
    // Today and two days ahead.
    assert!(
        row("stats_minute").contains("data-label=\"Partitions\" class=\"num\">3<"),
        "{}",
        row("stats_minute")
    );
    assert!(page.contains("every table has a partition until then"));
    let (_, names) = page.split_once("Names told apart").expect("the page says how many");
    assert!(names.contains("of 10,000") && names.contains("of 1,000"), "{names}");
}

#[tokio::test]
async fn a_job_that_fails_says_why_on_the_page_and_in_the_metrics() {
    let database = Database::create().await;
    let pool = database.pool().await;
    sqlx::raw_sql(
        "create function keep_out() returns event_trigger language plpgsql as
         $$ begin
           if current_query() like '%attach partition%' then raise exception 'the disk is full'; end if;
         end $$;
         create event trigger keep_out on ddl_command_start when tag in ('CREATE TABLE')
         execute function keep_out();",
    )
    .execute(&pool)
    .await
    .expect("nobody makes partitions now");
    let server = Server::on(&database).await;
    let console = server.console().await;
    let metrics = async || server.visitor().get("/metrics").await.expect(200).body;
    let asked = Instant::now();
    while !metrics().await.contains("sitekeeper_partition_runs_total{outcome=\"failure\"} 1") {
        assert!(asked.elapsed() < Duration::from_secs(10), "{}", metrics().await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let page = console.get("/settings/storage").await.expect(200).body;
    assert!(page.contains("The partition job failed"), "{page}");
    assert!(page.contains("the disk is full"), "{page}");
    assert!(page.contains("Running out"), "no table has a partition");
}
