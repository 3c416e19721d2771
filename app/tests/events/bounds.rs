//! What senders can make grow is bounded, and the totals stay exact.

use crate::harness::{NOW, World, at, event, receipt, settle, submit, with_id};
use app::events::model::{Event, MAX_EVENTS, host};
use app::events::writer::SubmitError;
use app::stats::model::{Filter, GroupBy, Key, Range};
use app::stats::store;
use jiff::ToSpan;

#[tokio::test]
async fn hosts_past_the_cap_are_counted_together() {
    let world = World::new().await;
    let (first, second) = (world.writer(), world.writer());
    let from_host = |n: usize| Event {
        referer: Some(format!("https://h{n:05}.example/").into_bytes().into()),
        code: "referer_denied".into(),
        ..event()
    };
    // Two writers, so that neither knows from memory what the other one has added.
    for (writer, hosts) in [(&first, 0..600), (&second, 400..1_200), (&first, 0..7_000)] {
        let batch: Vec<_> = hosts.map(from_host).collect();
        submit(writer, &batch).await;
    }
    let nowhere = Event { referer: None, ..from_host(0) };
    let unusable = Event { referer: Some(b"about:blank"[..].into()), ..from_host(0) };
    submit(&second, &[nowhere, unusable]).await;

    assert_eq!(world.sum("host_minute").await, 600 + 800 + 7_000 + 2);
    assert_eq!(world.rows("host_minute").await, 200 + 3);
    assert_eq!(world.sum("host_hour").await, 600 + 800 + 7_000 + 2);
    assert_eq!(world.rows("host_hour").await, 1_000 + 3);
    assert_eq!(world.sum("host_day").await, 600 + 800 + 7_000 + 2);
    assert_eq!(world.rows("host_day").await, 5_000 + 3);
    assert_eq!(world.rows("stats_hour").await, 1);

    // Another code's hosts still find room.
    submit(&first, &[Event { code: "ok".into(), ..from_host(6_999) }]).await;
    let filter = Filter { host: Some("h06999.example".into()), ..Filter::code("ok") };
    assert_eq!(world.total(&filter).await, 1);
    assert_eq!(
        world.rows("host_minute").await,
        200 + 3,
        "where something went wrong, not where it went well"
    );
    for (name, expected) in [(host::NONE, 1), (host::UNUSABLE, 1)] {
        let filter = Filter { host: Some(name.into()), ..Filter::default() };
        assert_eq!(world.total(&filter).await, expected, "{name:?}");
    }
    first.close().await;
    second.close().await;
    world.end().await;
}

#[tokio::test]
async fn over_all_sites_a_flood_of_hosts_is_folded_and_those_that_come_often_stay() {
    let world = World::new().await;
    let writer = world.writer();
    let from_host = |host: String, count: u64| Event {
        referer: Some(format!("https://{host}/").into_bytes().into()),
        code: "referer_denied".into(),
        count,
        ..event()
    };
    let made_up = |round: usize, n: usize| from_host(format!("h{n:05}-{round}.example"), 1);
    let mut sent = 0;
    for round in 0..4 {
        // Made-up hosts come first; no site keeps as many of them.
        let mut batch: Vec<_> = (0..2_400).map(|n| made_up(round, n)).collect();
        batch.push(from_host("often.example".into(), 3));
        batch.push(Event { referer: None, ..from_host(String::new(), 2) });
        batch.push(Event {
            sitekey: Some("second-key".into()),
            ..from_host("often.example".into(), 2)
        });
        batch.push(Event { code: "ok".into(), ..from_host("often.example".into(), 5) });
        submit(&writer, &batch).await;
        sent += 2_400 + 3 + 2 + 2 + 5;
    }
    writer.close().await;
    // Errors are counted once more, all together.
    let errors = sent - 4 * 5;
    for table in ["code_host_hour", "code_host_day", "code_host_week"] {
        let of = async |condition: &str| world.sum_where(table, condition).await;
        assert_eq!(of("code_id > 0").await, sent, "{table}");
        assert_eq!(of("code_id = -1").await, errors, "{table}");
        assert_eq!(of("host = 'often.example' and code_id = -1").await, 4 * 5, "{table}");
        assert_eq!(of("host = '' and code_id = -1").await, 4 * 2, "{table}");
        let most = if table == "code_host_hour" { 1_000 } else { 2_000 };
        assert!(world.rows(table).await <= 2 * most + 10, "{table}");
    }
    let mut connection = world.pool.acquire().await.unwrap();
    let range = Range::new(at(NOW) - 1.hour(), at(NOW)).unwrap();
    let question = store::Question {
        range,
        filter: Filter::code("referer_denied"),
        group_by: vec![GroupBy::Host],
        step: None,
    };
    let held = world.held();
    let top = store::answer(&mut connection, &question, Some(2), None, &held).await.unwrap();
    let rows: Vec<_> = top.rows.iter().map(|row| (row.key.clone(), row.count)).collect();
    let key = |name: &str| Key::Name(name.into());
    assert_eq!(rows[1..], [(key("often.example"), 4 * 5), (key(""), 4 * 2)]);
    assert_eq!(rows[0].0, key(host::OTHER));
    assert_eq!(top.total, errors);
    assert_eq!(rows.iter().map(|row| row.1).sum::<i64>() + top.other[0].count, errors);
    drop(connection);
    world.end().await;
}

#[tokio::test]
async fn of_a_host_that_found_room_in_its_hour_and_not_in_its_day_nothing_is_taken_away() {
    let world = World::new().await;
    let writer = world.writer();
    let from_host = |host: String, hour: i64, count: u64| Event {
        referer: Some(format!("https://{host}/").into_bytes().into()),
        time: at("2026-06-15T00:30:00Z") + hour.hours(),
        count,
        ..event()
    };
    for hour in 5..10 {
        let hosts = (0..1_000).map(|n| from_host(format!("h{hour}-{n}.example"), hour, 1));
        submit(&writer, &hosts.collect::<Vec<_>>()).await;
    }
    submit(&writer, &[from_host("late.example".into(), 2, 7)]).await;
    let mut connection = world.pool.acquire().await.unwrap();
    // Most of a day: less to read as the day without its first hours.
    let question = store::Question {
        range: Range::new(at("2026-06-15T03:00:00Z"), at(NOW)).unwrap(),
        filter: Filter { site: Some(1), ..Filter::default() },
        group_by: vec![GroupBy::Host],
        step: None,
    };
    let rows = store::rows(&mut connection, &question, &world.held()).await.unwrap().rows;
    assert_eq!(rows.len(), 5_000);
    assert!(rows.iter().all(|row| row.count == 1), "{:?}", rows.iter().find(|row| row.count != 1));
    drop(connection);
    writer.close().await;
    world.end().await;
}

#[tokio::test]
async fn codes_and_sources_past_the_bound_are_counted_as_other() {
    let world = World::new().await;
    let writer = world.writer();
    for round in 0..3 {
        let batch: Vec<_> = (0..1_500)
            .map(|n| Event {
                code: format!("code_{n}_{}", round / 2).into(),
                source: format!("source-{n}-{round}").into(),
                ..event()
            })
            .collect();
        submit(&writer, &batch).await;
    }
    assert_eq!(world.rows("codes").await, 1_001);
    assert_eq!(world.total(&Filter::code("other")).await, 3 * 1_500 - 2 * 1_000);
    assert_eq!(world.rows("sources").await, 3 * 1_500);
    // A catalogued code is never without room.
    submit(&writer, &[Event { code: "payload_used".into(), ..event() }]).await;
    assert_eq!(world.total(&Filter::code("payload_used")).await, 1);
    assert_eq!(world.sum("totals_day").await, 3 * 1_500 + 1);
    writer.close().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_when_to_come_back() {
    let world = World::new().await;
    let writer = world.writer();
    submit(&writer, &[event()]).await;
    // Nothing is committed while somebody else holds the journal.
    let mut blocker = world.pool.begin().await.unwrap();
    sqlx::query("lock table journal in exclusive mode").execute(&mut *blocker).await.unwrap();
    let full: Vec<_> = (0..MAX_EVENTS).map(|_| event()).collect();
    let mut waiting = tokio::task::JoinSet::new();
    let mut busy = 0;
    for _ in 0..40 {
        let batch = writer.prepare(&full);
        let mut answer = Box::pin({
            let writer = writer.clone();
            async move { writer.submit(batch).await }
        });
        tokio::select! {
            biased;
            refused = &mut answer => {
                assert!(matches!(refused, Err(SubmitError::Busy { retry_after_s: 1.. })));
                busy += 1;
            }
            () = std::future::ready(()) => { waiting.spawn(answer); }
        }
    }
    let (queued, room) = writer.queued();
    assert!(busy > 0 && queued <= room);
    blocker.rollback().await.unwrap();
    let accepted: u64 =
        waiting.join_all().await.into_iter().map(|answer| answer.unwrap().accepted).sum();
    settle(&writer).await;
    assert_eq!(world.sum("totals_day").await, 1 + i64::try_from(accepted).unwrap());
    writer.close().await;
    world.end().await;
}

#[tokio::test]
async fn samples_are_few_and_keep_what_was_sent() {
    let world = World::new().await;
    let writer = world.writer();
    let batch: Vec<_> = (0..100)
        .map(|n| Event {
            code: "referer_denied".into(),
            sitekey: Some("first-key\0".into()),
            referer: Some(b"https://\xff.example/"[..].into()),
            client: Some(format!("client-{n}").into()),
            trace: Some("t\0".into()),
            user_agent: Some("é".repeat(2_000).into()),
            ..event()
        })
        .collect();
    submit(&writer, &batch).await;
    let mut connection = world.pool.acquire().await.unwrap();
    let filter = Filter { host: Some(host::UNUSABLE.into()), ..Filter::code("referer_denied") };
    let samples = store::samples(&mut connection, &filter, None, 50).await.unwrap();
    assert_eq!(samples.len(), 5);
    let sample = &samples[0];
    assert_eq!(sample.time, at(NOW).round(jiff::Unit::Microsecond).unwrap());
    assert_eq!((sample.site, sample.source.as_str()), (0, "edge-1"));
    assert_eq!(sample.sitekey.as_deref(), Some("first-key\u{fffd}"));
    assert_eq!(sample.referer.as_deref(), Some("https://\\xff.example/"));
    assert_eq!(sample.trace.as_deref(), Some("t\u{fffd}"));
    assert_eq!(sample.user_agent.as_ref().map(String::len), Some(512));
    let later = Range::new(at(NOW) + 1.second(), at(NOW) + 1.hour());
    assert!(store::samples(&mut connection, &filter, later, 50).await.unwrap().is_empty());
    drop(connection);
    writer.close().await;
    world.end().await;
}

#[tokio::test]
async fn events_that_blame_the_sitekey_belong_to_no_site() {
    let world = World::new().await;
    let writer = world.writer();
    let batch = [
        event(),
        Event { sitekey: Some("second-key".into()), ..with_id("x") },
        Event { code: "sitekey_invalid".into(), ..event() },
        Event { code: "no_sitekey".into(), sitekey: None, ..event() },
        Event { sitekey: Some("nobody's".into()), ..event() },
    ];
    submit(&writer, &batch).await;
    assert_eq!(world.total(&Filter::site(0)).await, 3);
    assert_eq!(world.total(&Filter::site(1)).await, 1);
    assert_eq!(world.total(&Filter::site(2)).await, 1);
    let filter = Filter { sitekey: Some("first-key".into()), ..Filter::default() };
    assert_eq!(world.total(&filter).await, 2);

    let mut connection = world.pool.acquire().await.unwrap();
    let question = store::Question {
        range: Range::new(at("2026-06-15T12:34Z"), at("2026-06-15T12:35Z")).unwrap(),
        filter: Filter::default(),
        group_by: vec![GroupBy::Sitekey],
        step: None,
    };
    let rows = store::rows(&mut connection, &question, &world.held()).await.unwrap().rows;
    let counted: Vec<_> = rows.into_iter().map(|row| (row.key, row.count)).collect();
    let key = |name: &str| Key::Name(name.into());
    assert_eq!(counted, [(Key::Null, 2), (key("first-key"), 2), (key("second-key"), 1)]);
    drop(connection);
    writer.close().await;
    world.end().await;
}

#[tokio::test]
async fn a_count_that_is_as_large_as_can_be_holds_nothing_up() {
    let world = World::new().await;
    let writer = world.writer();
    submit(&writer, &[event()]).await;
    let full = "update totals_day set count = 9007199254740990";
    sqlx::query(full).execute(&world.pool).await.unwrap();
    let of_another_day = Event { time: at("2026-06-14T12:00:00Z"), ..event() };
    let batch = [Event { count: 1_000_000_000, ..event() }, of_another_day];
    assert_eq!(submit(&writer, &batch).await, receipt(2, 0));
    assert_eq!(world.sum("totals_hour").await, 1_000_000_002);
    let days = "select count from totals_day order by bucket";
    let days: Vec<i64> = sqlx::query_scalar(days).fetch_all(&world.pool).await.unwrap();
    assert_eq!(days, [1, 9_007_199_254_740_991]);
    assert_eq!(world.total(&Filter::default()).await, 9_007_199_254_740_992);
    writer.close().await;
    world.end().await;
}
