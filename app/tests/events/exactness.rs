//! Every event counts once.

use crate::harness::{World, at, event, receipt, submit, with_id};
use app::events::model::{Event, REPLAY};
use app::stats::model::Filter;
use std::time::Duration;

#[tokio::test]
async fn an_id_counts_once_per_source_within_and_across_batches_and_restarts() {
    let world = World::new().await;
    let writer = world.writer();
    let batch = [with_id("a"), with_id("b"), with_id("a")];
    assert_eq!(submit(&writer, &batch).await, receipt(2, 1));
    assert_eq!(submit(&writer, &batch).await, receipt(0, 3));
    let elsewhere = Event { source: "edge-2".into(), ..with_id("a") };
    assert_eq!(submit(&writer, &[elsewhere]).await, receipt(1, 0));
    writer.close().await;

    let restarted = world.writer();
    assert_eq!(submit(&restarted, &batch).await, receipt(0, 3));
    assert_eq!(world.total(&Filter::default()).await, 3);
    restarted.close().await;
    world.end().await;
}

#[tokio::test]
async fn events_without_an_id_count_every_time_and_as_often_as_they_say() {
    let world = World::new().await;
    let writer = world.writer();
    let batch = [event(), event(), Event { count: 40, ..event() }];
    assert_eq!(submit(&writer, &batch).await, receipt(3, 0));
    assert_eq!(submit(&writer, &batch).await, receipt(3, 0));
    assert_eq!(world.total(&Filter::default()).await, 84);
    writer.close().await;
    world.end().await;
}

#[tokio::test]
async fn an_id_is_known_past_midnight_and_forgotten_two_days_later() {
    let world = World::new().await;
    let writer = world.writer();
    world.set_now("2026-06-15T00:00:01Z");
    assert_eq!(submit(&writer, &[with_id("a")]).await, receipt(1, 0));
    world.set_now("2026-06-16T00:00:00Z");
    assert_eq!(submit(&writer, &[with_id("a")]).await, receipt(0, 1));
    world.set_now("2026-06-16T23:59:59Z");
    assert_eq!(submit(&writer, &[with_id("a")]).await, receipt(0, 1));
    world.set_now("2026-06-17T00:00:02Z");
    assert_eq!(submit(&writer, &[with_id("a")]).await, receipt(1, 0));
    writer.close().await;
    world.end().await;
}

#[tokio::test]
async fn a_replayed_id_is_known_for_ever() {
    let world = World::new().await;
    let writer = world.writer();
    let line = Event { source: format!("{REPLAY}access.log").into(), ..with_id("1") };
    assert_eq!(submit(&writer, std::slice::from_ref(&line)).await, receipt(1, 0));
    world.set_now("2031-01-01T00:00:00Z");
    assert_eq!(submit(&writer, &[line]).await, receipt(0, 1));
    writer.close().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writers_share_one_count() {
    const IDS: usize = 2_000;
    let world = World::new().await;
    let writers = [world.writer(), world.writer()];
    let mut tasks = tokio::task::JoinSet::new();
    for sender in 0..8 {
        let writer = writers[sender % 2].clone();
        tasks.spawn(async move {
            let mut accepted = 0;
            // Every sender sends every id, in an order and in batches of its own.
            for start in (0..IDS).step_by(125) {
                let batch: Vec<_> = (start..start + 125)
                    .map(|n| with_id(format!("{}", (n * 7 + sender * 251) % IDS)))
                    .collect();
                accepted += submit(&writer, &batch).await.accepted;
            }
            accepted
        });
    }
    let accepted: u64 = tasks.join_all().await.into_iter().sum();
    assert_eq!(accepted, IDS as u64);
    let expected = i64::try_from(IDS).unwrap();
    for table in [
        "stats_minute",
        "stats_hour",
        "stats_day",
        "totals_minute",
        "totals_hour",
        "totals_day",
        "sitekeys_hour",
        "sitekeys_day",
        "sitekeys_week",
        "host_hour",
        "host_day",
        "code_host_hour",
        "code_host_day",
        "code_host_week",
    ] {
        assert_eq!(world.sum(table).await, expected, "{table}");
    }
    for writer in &writers {
        writer.close().await;
    }
    world.end().await;
}

#[tokio::test]
async fn a_host_is_known_from_its_earliest_event_on() {
    let world = World::new().await;
    let writer = world.writer();
    let seen = |time: &str, code: &'static str, referer: &'static [u8]| Event {
        time: at(time),
        code: code.into(),
        referer: Some(referer.into()),
        ..event()
    };
    let shop: &[u8] = b"https://shop.example/";
    submit(&writer, &[seen("2026-06-15T10:00:00Z", "ok", shop)]).await;
    submit(&writer, &[seen("2026-06-12T10:00:00Z", "payload_used", shop)]).await;
    let later = "2026-06-15T11:00:00Z";
    submit(&writer, &[seen(later, "ok", shop), seen(later, "ok", b"about:blank"), event()]).await;
    submit(&writer, &[seen(later, "site_paused", shop), seen(later, "ok", b"https://*/")]).await;
    let other = Event { sitekey: Some("second-key".into()), ..seen(later, "ok", shop) };
    submit(&writer, &[other]).await;
    let hosts: Vec<(i64, String, String, bool)> = sqlx::query_as(
        "select site_id, host, to_char(first_seen at time zone 'utc', 'DD HH24:MI'), denied from hosts order by 1, 2",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    let host =
        |site, first: &str, denied| (site, "shop.example".to_owned(), first.to_owned(), denied);
    assert_eq!(hosts, [host(1, "12 10:00", true), host(2, "15 11:00", false)]);
    writer.close().await;
    world.end().await;
}

/// The connection is cut again and again, in the middle of transactions and of commits. Whatever
/// was acknowledged is counted once: events without ids show any double count.
#[tokio::test(flavor = "multi_thread")]
async fn cut_connections_neither_lose_nor_double() {
    let world = World::new().await;
    let writer = world.writer();
    let cutter = tokio::spawn({
        let pool = world.pool.clone();
        async move {
            for pause in (40..300).step_by(37).cycle() {
                tokio::time::sleep(Duration::from_millis(pause)).await;
                // The cut may hit the pool's own connection; the next round tries again.
                let _ = sqlx::query(
                    "select pg_terminate_backend(pid) from pg_stat_activity
                     where datname = current_database() and pid <> pg_backend_pid()",
                )
                .execute(&pool)
                .await;
            }
        }
    });
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let writer = writer.clone();
        senders.spawn(async move {
            let mut acknowledged = 0;
            for _ in 0..100 {
                let batch: Vec<_> = (0..5).map(|_| event()).collect();
                let receipt = writer.submit(writer.prepare(&batch)).await.unwrap();
                acknowledged += receipt.accepted;
            }
            acknowledged
        });
    }
    let acknowledged: u64 = senders.join_all().await.into_iter().sum();
    cutter.abort();
    writer.close().await;
    assert_eq!(acknowledged, 16 * 100 * 5);
    assert_eq!(world.sum("totals_day").await, 16 * 100 * 5);
    world.end().await;
}

#[tokio::test]
async fn closing_commits_what_waits_and_refuses_the_rest() {
    let world = World::new().await;
    let writer = world.writer();
    let waiting = writer.submit(writer.prepare(&[event()]));
    let (answer, ()) = tokio::join!(waiting, writer.close());
    assert_eq!(answer, Ok(receipt(1, 0)));
    let late = writer.submit(writer.prepare(&[event()])).await;
    assert_eq!(late, Err(app::events::writer::SubmitError::Unavailable));
    assert_eq!(world.total(&Filter::default()).await, 1);
    world.end().await;
}
