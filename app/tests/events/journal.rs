//! What was answered is in the journal or in the rollups, and in what is read afterwards.

use crate::harness::{World, at, event, receipt, settle, with_id};
use app::events::model::Event;
use app::events::posting::Unsettled;
use app::stats::model::Filter;
use std::time::Duration;

const MOMENT: Duration = Duration::from_millis(400);

async fn rename(world: &World, from: &str, to: &str) {
    let sql = format!("alter table {from} rename to {to}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&world.pool).await.unwrap();
}

#[tokio::test]
async fn another_process_posts_what_one_has_left_behind() {
    let world = World::new().await;
    // As after a kill: nobody who has answered adds anything up any more.
    rename(&world, "totals_day", "totals_gone").await;
    let writer = world.writer();
    let twice = [with_id("a"), with_id("a"), Event { count: 5, ..event() }];
    assert_eq!(writer.submit(writer.prepare(&twice)).await, Ok(receipt(2, 1)));
    drop(writer);
    rename(&world, "totals_gone", "totals_day").await;
    let other = world.writer();
    settle(&other).await;
    assert_eq!(world.total(&Filter::default()).await, 6);
    assert_eq!(world.rows("journal").await, 0);
    other.close().await;
    world.end().await;
}

#[tokio::test]
async fn a_posting_that_fails_takes_nothing_with_it_and_is_tried_again() {
    let world = World::new().await;
    let writer = world.writer();
    rename(&world, "host_day", "host_gone").await;
    assert_eq!(writer.submit(writer.prepare(&[event()])).await, Ok(receipt(1, 0)));
    assert!(matches!(writer.settle(MOMENT).await, Err(Unsettled::Late)));
    assert_eq!(world.sum("stats_day").await, 0, "half a posting is none");
    // Verifiers are answered all the while.
    assert_eq!(writer.submit(writer.prepare(&[event()])).await, Ok(receipt(1, 0)));
    let (keys, since) = writer.backlog();
    assert_eq!((keys, since), (2, Some(at("2026-06-15T12:34:56Z"))));
    rename(&world, "host_gone", "host_day").await;
    settle(&writer).await;
    for table in ["stats_minute", "stats_day", "totals_hour", "sitekeys_week", "host_day"] {
        assert_eq!(world.sum(table).await, 2, "{table}");
    }
    assert_eq!(writer.backlog(), (0, None));
    writer.close().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_holds_everything_that_was_answered_before_it() {
    let world = World::new().await;
    let writers = [world.writer(), world.writer()];
    let mut answered = 0;
    for round in 0..40 {
        let writer = &writers[round % 2];
        let batch: Vec<_> = (0..=round % 3).map(|_| event()).collect();
        answered += writer.submit(writer.prepare(&batch)).await.unwrap().accepted;
        // Read where it was not reported, now and then.
        let reader = &writers[usize::from(round % 5 == 0)];
        settle(reader).await;
        assert_eq!(world.total(&Filter::site(1)).await, i64::try_from(answered).unwrap());
    }
    for writer in writers {
        writer.close().await;
    }
    world.end().await;
}
