//! Old events, and the partitions that come and go.

use crate::harness::{World, at, event, submit};
use app::events::keeping::Keeping;
use app::events::model::{Event, Retention};
use app::events::partitions;
use app::events::retention::Kept;
use app::events::writer::EventWriter;
use app::stats::model::{Filter, Grain, Range};
use app::stats::store;

#[tokio::test]
async fn late_events_go_where_their_time_is_still_held() {
    let world = World::new().await;
    let writer = world.writer();
    let aged = |time: &str| Event { time: at(time), ..event() };
    submit(
        &writer,
        &[
            aged("2026-05-16T00:00:00Z"), // the last day held by the minute
            aged("2026-05-15T23:59:59Z"),
            aged("2025-06-01T08:00:00Z"),
            aged("2015-05-17T10:05:03Z"),
        ],
    )
    .await;
    for (table, expected) in [
        ("stats_minute", 1),
        ("totals_minute", 1),
        ("host_minute", 0),
        ("host_hour", 1),
        ("stats_hour", 3),
        ("totals_hour", 3),
        ("sitekeys_hour", 3),
        ("code_host_hour", 1),
        ("stats_day", 4),
        ("totals_day", 4),
        ("sitekeys_day", 4),
        ("sitekeys_week", 4),
        ("code_host_day", 4),
        ("host_day", 4),
        ("samples", 0),
    ] {
        let found =
            if table == "samples" { world.rows(table).await } else { world.sum(table).await };
        assert_eq!(found, expected, "{table}");
    }
    // Reading says that it could only look at the whole day.
    let mut connection = world.pool.acquire().await.unwrap();
    let range = Range::new(at("2015-05-17T10:05Z"), at("2015-05-17T10:06Z")).unwrap();
    let question =
        store::Question { range, filter: Filter::site(1), group_by: Vec::new(), step: None };
    let answer = store::rows(&mut connection, &question, &world.held()).await.unwrap();
    assert_eq!(answer.range.from, at("2015-05-17T00:00Z"));
    assert_eq!(answer.range.to, at("2015-05-18T00:00Z"));
    assert_eq!(answer.rows[0].count, 1);
    drop(connection);
    writer.close().await;
    world.end().await;
}

#[tokio::test]
async fn partitions_are_made_ahead_and_dropped_when_their_time_has_passed() {
    let world = World::new().await;
    let writer = world.writer();
    let partitions = || async {
        let names: Vec<String> =
            sqlx::query_scalar("select inhrelid::regclass::text from pg_inherits join pg_class on oid = inhparent where relkind = 'p' order by 1")
                .fetch_all(&world.pool)
                .await
                .unwrap();
        names
    };
    // Several processes may do this at once.
    let (first, second) = tokio::join!(
        partitions::make_ahead(&world.pool, world.now()),
        partitions::make_ahead(&world.pool, world.now()),
    );
    first.and(second).unwrap();
    let made = partitions().await;
    for name in ["event_ids_20260617", "stats_minute_20260617", "stats_hour_202606"] {
        assert!(made.iter().any(|found| found == name), "{name} in {made:?}");
    }
    submit(&writer, &[event(), Event { time: at("2026-05-20T00:00Z"), ..event() }]).await;

    world.set_now("2026-07-16T00:30:00Z");
    let mut dropped =
        partitions::drop_expired(&world.pool, Retention::default(), world.now()).await.unwrap();
    dropped.sort();
    let expected: Vec<String> = made
        .iter()
        .cloned()
        .chain(
            ["stats_minute", "totals_minute", "host_hour", "code_host_hour"]
                .map(|t| format!("{t}_20260520")),
        )
        .filter(|name| {
            let day = name.rsplit('_').next().unwrap_or_default();
            let floor = if name.starts_with("event_ids") || name.starts_with("host_minute") {
                "20260714"
            } else if name.starts_with("samples") {
                "20260709"
            } else {
                "20260616"
            };
            day.len() == 8 && day < floor
        })
        .collect();
    let mut expected = expected;
    expected.sort();
    assert_eq!(dropped, expected);
    assert!(partitions().await.contains(&"event_ids_replayed".to_owned()));

    // The writer goes on where the partitions it knew are gone, and coarser counts stay.
    submit(&writer, &[event()]).await;
    assert_eq!(world.sum("stats_hour").await, 3);
    assert_eq!(world.total(&Filter::default()).await, 3);
    assert_eq!(
        world.held().finest(app::stats::rules::Family::Stats, at("2026-06-15T12:00Z")),
        Grain::Hour
    );
    writer.close().await;
    world.end().await;
}

#[tokio::test]
async fn processes_share_one_retention_and_lengthening_it_brings_nothing_back() {
    let world = World::new().await;
    let settle =
        async |retention| Keeping::settle(&world.pool, &world.clock(), retention).await.unwrap();
    assert_eq!(settle(None).await.kept(), Kept::default(), "nobody was told anything yet");
    let server = settle(Some(Retention { minute_days: 10, ..Retention::default() })).await;
    let writer = EventWriter::spawn(world.pool.clone(), world.gate.clone(), world.clock(), server);
    let old = Event { time: at("2026-06-04T23:00:00Z"), ..event() };
    submit(&writer, &[event(), old.clone()]).await;
    assert_eq!(world.sum("stats_minute").await, 1);
    assert_eq!(settle(None).await.kept().retention.minute_days, 10, "a command goes by the server");

    // A day is added to what is sure, for a process that hears of it after midnight.
    let longer = settle(Some(Retention { minute_days: 20, ..Retention::default() })).await;
    assert_eq!(longer.floors(world.now()).minute, at("2026-06-05T00:00Z"));
    let again = settle(Some(Retention { minute_days: 20, ..Retention::default() })).await;
    assert_eq!(again.kept(), longer.kept(), "a restart changes nothing");
    writer.close().await;
    let writer = EventWriter::spawn(world.pool.clone(), world.gate.clone(), world.clock(), longer);
    submit(&writer, &[old, Event { time: at("2026-06-05T00:00Z"), ..event() }]).await;
    assert_eq!(world.sum("stats_minute").await, 2);
    assert_eq!(world.sum("stats_hour").await, 4);
    writer.close().await;
    world.end().await;
}
