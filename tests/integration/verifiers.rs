//! `/verifiers`: who reports, who is silent by its own rhythm, and whose clock is wrong.

use serde_json::json;
use sitekeeper_tests::{Console, Database, Server};
use sqlx::{AssertSqlSafe, PgPool};
use std::time::{Duration, Instant};

async fn execute(pool: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.expect("the statement runs");
}

/// The row of a source on the page.
async fn row(console: &Console, source: &str) -> String {
    let page = console.get("/verifiers").await.expect(200).body.replace("<!>", "");
    let (_, rest) = page.split_once(&format!("<code>{source}</code>")).expect("it is listed");
    rest.split_once("</tr>").expect("a row ends").0.replace('\u{a0}', " ")
}

#[tokio::test]
async fn a_source_is_silent_by_its_own_rhythm() {
    let database = Database::create().await;
    let server = Server::on(&database).await;
    let (machine, console) = (server.machine("events:write"), server.console().await);
    let pool = database.pool().await;
    let sources = ["busy", "hourly", "new", "gone"];
    let events: Vec<_> = sources.map(|source| json!({ "code": "ok", "source": source })).into();
    machine.report(&json!(events)).await;
    for source in sources {
        assert!(row(&console, source).await.contains("Reporting"), "{source}");
    }
    // Two weeks of every minute, and of once an hour; both were last heard of half an hour ago.
    execute(
        &pool,
        "delete from source_hours;
         insert into source_hours (source_id, hour, minutes)
         select id, date_trunc('hour', now()) - at * interval '1 hour',
                case name when 'busy' then (1::bigint << 60) - 1 else 1 end
         from sources, generate_series(0, 14 * 24) as at where name in ('busy', 'hourly');
         update sources set last_seen = now() - interval '30 minutes';
         update sources set last_seen = now() - interval '31 days' where name = 'gone';",
    )
    .await;
    let busy = row(&console, "busy").await;
    assert!(
        busy.contains("Silent") && busy.contains("since") && busy.contains("since <time"),
        "{busy}"
    );
    let hourly = row(&console, "hourly").await;
    assert!(hourly.contains("Quiet") && hourly.contains("as usual at this time"), "{hourly}");
    let new = row(&console, "new").await;
    assert!(new.contains("Quiet") && new.contains("silent after an hour"), "{new}");
    assert!(row(&console, "gone").await.contains("Gone"));
    let overview =
        console.get("/").await.expect(200).body.replace("<!>", "").replace('\u{a0}', " ");
    let (_, figure) = overview.split_once("Silent sources").expect("a key figure");
    let figure = figure.split_once("</div>").expect("it ends").0;
    assert!(
        figure.contains("<dd>1<") && figure.contains("busy, since ") && figure.contains("UTC"),
        "{figure}"
    );

    // Silence ends with the next report; the writer notes a source every five seconds at most.
    let waited = Instant::now();
    while !row(&console, "busy").await.contains("Reporting") {
        assert!(waited.elapsed() < Duration::from_secs(10), "it reports again");
        tokio::time::sleep(Duration::from_secs(1)).await;
        machine.report(&json!({ "code": "ok", "source": "busy" })).await;
    }
    let overview = console.get("/").await.expect(200).body;
    assert!(overview.contains("1 reporting, 2 quiet"), "{overview}");
}

#[tokio::test]
async fn a_clock_that_runs_ahead_is_measured_and_told() {
    let database = Database::create().await;
    let server = Server::on(&database).await;
    let (machine, console) = (server.machine("events:write"), server.console().await);
    let pool = database.pool().await;
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is later").as_millis();
    let at = |ahead: i64| i64::try_from(now).unwrap_or(0) + ahead;
    // The newest event of a batch counts, and a replay tells nothing.
    machine
        .report(&json!([
            { "code": "ok", "source": "fast", "time": at(-600_000) },
            { "code": "ok", "source": "fast", "time": at(60_000) },
            { "code": "ok", "source": "slow", "time": at(-3_600_000) },
        ]))
        .await;
    let leads: Vec<(String, Vec<i32>)> =
        sqlx::query_as("select name, leads from sources order by name")
            .fetch_all(&pool)
            .await
            .expect("they are noted");
    assert!((50_000..=60_000).contains(&leads[0].1[0]), "{leads:?}");
    assert!((-3_700_000..=-3_600_000).contains(&leads[1].1[0]), "{leads:?}");
    let hours: Vec<(i64, i64)> =
        sqlx::query_as("select bit_count(minutes::bit(64)), count(*) over () from source_hours")
            .fetch_all(&pool)
            .await
            .expect("they are noted");
    assert_eq!(hours, [(1, 2), (1, 2)], "one minute each");
    // Whatever comes within the minute costs nothing more.
    machine.report(&json!({ "code": "ok", "source": "fast" })).await;
    let noted: i64 = sqlx::query_scalar("select max(cardinality(leads))::bigint from sources")
        .fetch_one(&pool)
        .await
        .expect("there are sources");
    assert!(noted <= 2, "{noted}");
    execute(
        &pool,
        "update sources set leads = '{41000,42500,240000,42000,41900}' where name = 'fast'",
    )
    .await;
    let fast = row(&console, "fast").await;
    assert!(
        fast.contains("42 s ahead") && fast.contains("at 5 min its events are rejected"),
        "{fast}"
    );
    execute(
        &pool,
        "update sources set leads = array_fill(-3600000, array[15]) where name = 'slow'",
    )
    .await;
    let slow = row(&console, "slow").await;
    assert!(slow.contains("Events 1 h old on arrival"), "{slow}");
    // No more than the last fifteen are kept.
    execute(&pool, "update source_hours set hour = hour - interval '1 day'").await;
    let server = server.kill_and_restart().await;
    let machine = machine.of(&server);
    machine.report(&json!({ "code": "ok", "source": "slow", "time": at(0) })).await;
    let kept: Vec<i32> = sqlx::query_scalar("select leads from sources where name = 'slow'")
        .fetch_one(&pool)
        .await
        .expect("it is there");
    assert_eq!(kept.len(), 15);
    assert!(kept[14] > -120_000 && kept[13] == -3_600_000, "{kept:?}");
}

#[tokio::test]
async fn a_clock_whose_events_are_refused_is_measured_too() {
    let database = Database::create().await;
    let server = Server::on(&database).await;
    let (machine, console) = (server.machine("events:write"), server.console().await);
    let pool = database.pool().await;
    for _ in 0..3 {
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is later").as_millis();
        let ahead = i64::try_from(now).unwrap_or(0) + 725_000;
        let answer =
            machine.report(&json!({ "code": "ok", "source": "fast", "time": ahead })).await;
        assert_eq!(answer["rejected"].as_array().map(Vec::len), Some(1), "{answer}");
        // A source is noted once a minute by each process: as if one had passed.
        execute(&pool, "update source_hours set minutes = minutes << 1").await;
        let noted: i32 = sqlx::query_scalar("select cardinality(leads) from sources")
            .fetch_one(&pool)
            .await
            .expect("it is noted");
        execute(
            &pool,
            &format!("update sources set leads = array_fill(leads[1], array[{}])", noted + 1),
        )
        .await;
    }
    let fast = row(&console, "fast").await;
    assert!(fast.contains("12 min") && fast.contains("ahead"), "{fast}");
    assert!(fast.contains("its events are rejected") && fast.contains("badge bad"), "{fast}");
    let counted: i64 = sqlx::query_scalar("select count(*) from totals_day")
        .fetch_one(&pool)
        .await
        .expect("a number");
    assert_eq!(counted, 0);
}

#[tokio::test]
async fn a_site_that_stopped_is_silent_and_no_healthy_zero() {
    let server = Server::start().await;
    let (stopped, running, unused) = (
        server.create_site("Stopped", "stopped.example"),
        server.create_site("Running", "running.example"),
        server.create_site("Unused", "unused.example"),
    );
    server.knows(&unused).await;
    let (machine, console) = (server.machine("events:write"), server.console().await);
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is later").as_millis();
    let hours_ago = |hours: u64| u64::try_from(now).unwrap_or(0) - hours * 3_600_000;
    let event = |site: &str, hours: u64| json!({ "code": "ok", "sitekey": site, "time": hours_ago(hours), "count": 100 });
    let events: Vec<_> = (0..10 * 24)
        .flat_map(|hours| {
            let stopped = (hours >= 3).then(|| event(&stopped.sitekey, hours));
            stopped.into_iter().chain([event(&running.sitekey, hours)])
        })
        .collect();
    machine.report(&json!(events)).await;
    let list =
        console.get("/sites").await.expect(200).body.replace("<!>", "").replace('\u{a0}', " ");
    let row = |id: i64| {
        let (_, rest) = list.split_once(&format!("href=\"/sites/{id}\"")).expect("it is listed");
        rest.split_once("</tr>").expect("a row ends").0.to_owned()
    };
    let silent = row(stopped.id);
    assert!(silent.contains("Silent since <time") && silent.contains("UTC"), "{silent}");
    for (site, why) in [(&running, "it reports"), (&unused, "nothing was ever usual")] {
        assert!(!row(site.id).contains("Silent"), "{why}: {}", row(site.id));
    }
    let page = async |id: i64| {
        console.get(&format!("/sites/{id}")).await.expect(200).body.replace("<!>", "")
    };
    let with_table = format!("/sites/{}?table=1", stopped.id);
    let stopped = page(stopped.id).await;
    assert!(stopped.contains("Silent since") && stopped.contains("Hatched: no reports since"));
    assert!(stopped.contains("class=\"silence\""));
    let table = console.get(&with_table).await.expect(200).body;
    assert!(table.contains(">no reports<"));
    let running = page(running.id).await;
    assert!(!running.contains("Silent since") && !running.contains("class=\"silence\""));
}
