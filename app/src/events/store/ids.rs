//! Which events were counted already.

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// Adds those of `ids` that were not added today or the day before, and returns them. The day after
/// is looked at too: another writer's clock may be past midnight already.
pub(in crate::events) async fn add_daily(
    connection: &mut PgConnection,
    today: Date,
    ids: &[Uuid],
) -> sqlx::Result<Vec<Uuid>> {
    let day = |date: Option<Date>| date.unwrap_or(today).to_sqlx();
    sqlx::query_scalar(
        "insert into event_ids (day, id)
         select $1, given.id from unnest($2::uuid[]) as given (id)
         where not exists (select from event_ids where day = $3 and id = given.id)
           and not exists (select from event_ids where day = $4 and id = given.id)
         on conflict do nothing
         returning id",
    )
    .bind(today.to_sqlx())
    .bind(ids)
    .bind(day(today.yesterday().ok()))
    .bind(day(today.tomorrow().ok()))
    .fetch_all(connection)
    .await
}

/// Adds those of `ids` that were never added, and returns them.
pub(in crate::events) async fn add_permanent(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "insert into event_ids (day, id)
         select '-infinity', given.id from unnest($1::uuid[]) as given (id)
         on conflict do nothing
         returning id",
    )
    .bind(ids)
    .fetch_all(connection)
    .await
}

/// Whether the transaction that left `id` behind on `day` was committed.
pub(in crate::events) async fn was_committed(
    connection: &mut PgConnection,
    day: Date,
    id: Uuid,
) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from event_ids where day = $1 and id = $2)")
        .bind(day.to_sqlx())
        .bind(id)
        .fetch_one(connection)
        .await
}
