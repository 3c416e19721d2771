use crate::harness::{World, at};
use app::alerts::commands::notify;
use app::alerts::model::{Notice, NoticeKind};
use app::sites::model::SiteId;
use jiff::{SignedDuration, Timestamp};

/// A database with a rule that tells everything, one for tagged sites with quiet hours, and one that is disabled.
async fn world() -> World {
    let world = World::new().await;
    sqlx::raw_sql(
        "insert into alert_rules (name, kind, destination, secret, tag, classes, quiet_from, quiet_to, enabled, created_at)
         values ('all', 'webhook', 'https://a.example/', 'whsec_a', null, '{fixable,silence}', null, null, true, now()),
                ('night', 'slack', 'https://b.example/', null, 'europe', '{fixable}', 720, 780, true, now()),
                ('off', 'slack', 'https://c.example/', null, null, '{fixable}', null, null, false, now());
         update sites set tags = '{europe}' where id = 1;",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    world
}

fn notice(kind: NoticeKind, site: i64) -> Notice {
    Notice {
        incident: 12,
        kind,
        code: Some("referer_denied".to_owned()),
        class: "fixable".to_owned(),
        site: Some(SiteId(site)),
        site_name: Some("First".to_owned()),
        title: "referer_denied ×41 on First".to_owned(),
        cause: "97 % of the excess is www.shop.example.".to_owned(),
        extent: None,
        change: None,
        fix: None,
        path: "/incidents/12".to_owned(),
        started_at: at("2026-06-15T12:30:00Z"),
        ended_at: None,
    }
}

/// What waits: the rule's name, the kind of the notice, when it goes out, and whether maintenance holds it.
async fn waiting(world: &World) -> Vec<(String, String, Timestamp, bool)> {
    let rows: Vec<(String, String, jiff_sqlx::Timestamp, bool)> = sqlx::query_as(
        "select r.name, o.notice->>'kind', o.due_at, o.held
         from alert_outbox o join alert_rules r on r.id = o.rule_id order by r.id",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    rows.into_iter().map(|(name, kind, due, held)| (name, kind, due.to_jiff(), held)).collect()
}

async fn tell(world: &World, notice: &Notice) {
    let mut tx = world.pool.begin().await.unwrap();
    notify(&mut tx, world.now(), notice).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_newer_state_takes_the_place_of_what_waits() {
    let world = world().await;
    let now = world.now();
    tell(&world, &notice(NoticeKind::Opened, 1)).await;
    let noon = at("2026-06-15T13:00:00Z");
    let both = |kind: &str| {
        vec![
            ("all".to_owned(), kind.to_owned(), now, false),
            ("night".to_owned(), kind.to_owned(), noon, false),
        ]
    };
    assert_eq!(waiting(&world).await, both("opened"), "12:34 is within 12:00 to 13:00");
    tell(&world, &notice(NoticeKind::Updated, 1)).await;
    assert_eq!(waiting(&world).await, both("updated"));
    tell(&world, &notice(NoticeKind::Resolved, 1)).await;
    assert_eq!(waiting(&world).await, both("resolved"));
    world.end().await;
}

#[tokio::test]
async fn a_rule_hears_of_its_sites_and_classes_and_of_no_end_without_a_beginning() {
    let world = world().await;
    tell(&world, &notice(NoticeKind::Resolved, 1)).await;
    assert_eq!(waiting(&world).await, [], "nobody knows of it");
    tell(&world, &notice(NoticeKind::Opened, 2)).await;
    let rows = waiting(&world).await;
    assert_eq!(rows.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(), ["all"]);
    let silence =
        Notice { class: "silence".to_owned(), incident: 13, ..notice(NoticeKind::Opened, 1) };
    tell(&world, &silence).await;
    assert_eq!(waiting(&world).await.len(), 2, "the rule for europe wants fixable ones");
    world.end().await;
}

#[tokio::test]
async fn what_comes_and_goes_in_a_maintenance_is_not_told() {
    let world = world().await;
    sqlx::raw_sql(
        "insert into maintenance_windows (name, site_id, starts_at, ends_at, reason, created_at)
         values ('Move', 1, '2026-06-15T12:00Z', '2026-06-15T14:00Z', '', now())",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    tell(&world, &notice(NoticeKind::Opened, 1)).await;
    let end = at("2026-06-15T14:00:00Z");
    let held = |name: &str| (name.to_owned(), "opened".to_owned(), end, true);
    assert_eq!(waiting(&world).await, [held("all"), held("night")]);
    tell(&world, &notice(NoticeKind::Resolved, 1)).await;
    assert_eq!(waiting(&world).await, []);
    tell(&world, &notice(NoticeKind::Opened, 2)).await;
    assert_eq!(waiting(&world).await[0].2, world.now(), "the other site is told of at once");
    world.end().await;
}

#[tokio::test]
async fn receivers_who_know_hear_of_news_only_and_not_too_often() {
    let world = world().await;
    let now = world.now();
    let opened = notice(NoticeKind::Opened, 2);
    let json = serde_json::to_value(&opened).unwrap();
    sqlx::query(
        "insert into alert_told (rule_id, incident, notice, told_at) values (1, 12, $1, $2)",
    )
    .bind(json)
    .bind(jiff_sqlx::Timestamp::from(now))
    .execute(&world.pool)
    .await
    .unwrap();
    let count = Notice {
        cause: "96 % of the excess is www.shop.example.".to_owned(),
        ..notice(NoticeKind::Updated, 2)
    };
    tell(&world, &count).await;
    assert_eq!(waiting(&world).await, [], "another number is no news");
    let news = Notice { change: Some("The site was paused.".to_owned()), ..count };
    tell(&world, &news).await;
    let later = now + SignedDuration::from_mins(15);
    assert_eq!(waiting(&world).await, [("all".to_owned(), "updated".to_owned(), later, false)]);
    tell(&world, &notice(NoticeKind::Resolved, 2)).await;
    assert_eq!(waiting(&world).await, [("all".to_owned(), "resolved".to_owned(), now, false)]);
    world.end().await;
}
