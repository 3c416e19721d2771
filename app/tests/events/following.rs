//! Following the samples: nothing waits for a listener that does not read.

use crate::harness::{World, at, event, submit};
use app::auth::model::AdministratorId;
use app::auth::operator::SessionId;
use app::auth::sessions::PgSessionStore;
use app::context::AppState;
use app::events::keeping::Keeping;
use app::events::model::Event;
use app::events::writer::EventWriter;
use app::incidents::watch::Bell;
use app::live::feed::Live;
use app::live::model::Wanted;
use app::live::tail::{Listener, Message, follow};
use app::sites::recent::Recent;
use app::tokens::live::TokenCache;
use futures::StreamExt as _;
use jiff::SignedDuration;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tower_sessions::SessionStore as _;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};

fn state(world: &World, events: EventWriter) -> AppState {
    AppState {
        pool: world.pool.clone(),
        gate: world.gate.clone(),
        events,
        keeping: Keeping::default(),
        live: Live::new(world.pool.clone(), world.gate.clone()),
        bell: Bell::default(),
        tokens: TokenCache::new(world.pool.clone()),
        reveals: Arc::default(),
        recent: Recent::new(world.pool.clone(), world.clock()),
        throttle: Arc::default(),
        outlets: Arc::default(),
        clock: world.clock(),
        base_url: "http://127.0.0.1".into(),
    }
}

/// An administrator, signed in.
async fn signed_in(world: &World) -> (AdministratorId, SessionId) {
    let administrator: i64 = sqlx::query_scalar(
        "insert into administrators (email, password_hash, created_at)
         values ('ada@example.com', '', now()) returning id",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    let data = [
        ("administrator".to_owned(), serde_json::json!(administrator)),
        ("signed_in_at".to_owned(), serde_json::json!(world.now())),
    ];
    let expiry_date = OffsetDateTime::from_unix_timestamp(4_000_000_000).unwrap();
    let mut record = Record { id: Id::default(), data: data.into_iter().collect(), expiry_date };
    PgSessionStore(world.pool.clone()).create(&mut record).await.unwrap();
    (AdministratorId(administrator), record.id)
}

/// Five samples for each of so many minutes.
fn samples(minutes: i32) -> Vec<Event<'static>> {
    let denied = |minute: i32| Event {
        code: "referer_denied".into(),
        time: at("2026-06-14T00:00:00Z") + SignedDuration::from_mins(1) * minute,
        ..event()
    };
    (0..minutes).flat_map(|minute| std::iter::repeat_n(denied(minute), 5)).collect()
}

/// How many samples a message tells of.
fn told(message: &Message) -> usize {
    let Message::Rows { html, .. } = message else { return 0 };
    let more = html.split("and ").nth(1).and_then(|rest| rest.split(' ').next());
    let more = more.map_or(0, |more| more.replace(',', "").parse().unwrap_or_default());
    html.matches("<tr>").count() + more
}

#[tokio::test]
async fn a_listener_that_does_not_read_is_dropped_and_one_that_does_is_told_of_everything() {
    let world = World::new().await;
    let writer = world.writer();
    let state = state(&world, writer.clone());
    let (administrator, session) = signed_in(&world).await;
    let listen = async || {
        let seat = state.live.seat(administrator).unwrap();
        let listener = Listener { seat, administrator, session };
        follow(state.clone(), listener, Wanted::default(), None).await.unwrap()
    };
    let mut slow = pin!(listen().await);
    let mut quick = pin!(listen().await);
    assert_eq!(state.live.listening(), 2);
    // Twenty pages, of which sixteen are kept for whoever does not read.
    submit(&writer, &samples(800)).await;
    let mut sum = 0;
    while sum < 4_000 {
        let message = timeout(Duration::from_secs(10), quick.next()).await.expect("more comes");
        sum += told(&message.expect("it goes on"));
    }
    assert_eq!(sum, 4_000);
    assert_eq!(slow.next().await, None, "the slow one was dropped");
    writer.close().await;
    world.end().await;
}
