//! SQL of the trail: what is read.

use super::super::model::{Action, ChangeMark, Entry, EntryId, Filter};
use crate::error::AppError;
use crate::sites::model::SiteId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

struct Row {
    id: i64,
    at: jiff_sqlx::Timestamp,
    actor: String,
    action: String,
    site_id: Option<i64>,
    site_name: Option<String>,
    subject: String,
    before: Option<Value>,
    after: Option<Value>,
    undone_by: Option<i64>,
    undoes: Option<i64>,
    request_id: Option<String>,
    address: Option<String>,
    batch: Option<i64>,
    changed_since: Option<i64>,
}

impl Row {
    fn entry(self) -> Result<Entry, AppError> {
        Ok(Entry {
            id: EntryId(self.id),
            at: self.at.to_jiff(),
            actor: self.actor,
            action: self.action.parse().map_err(AppError::fault)?,
            site: self.site_id.map(SiteId),
            site_name: self.site_name,
            subject: self.subject,
            before: self.before,
            after: self.after,
            undone_by: self.undone_by.map(EntryId),
            undoes: self.undoes.map(EntryId),
            request_id: self.request_id,
            address: self.address,
            batch: self.batch.map(EntryId),
            changed_since: self.changed_since.map(EntryId),
        })
    }
}

/// The numbers of the entries that are looked for, newest first: those before `before` (all, if
/// `None`), at most `limit`.
pub async fn find(
    conn: &mut PgConnection,
    filter: &Filter,
    before: Option<EntryId>,
    limit: i64,
) -> Result<Vec<EntryId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "select id from audit_entries
         where ($1::text is null or actor = $1)
           and ($2::text is null or action = $2 or split_part(action, '.', 1) = $2)
           and ($3::bigint is null or site_id = $3)
           and ($4::timestamptz is null or at >= $4)
           and ($5::timestamptz is null or at < $5)
           and ($6::text is null or strpos(lower(subject), lower($6)) > 0)
           and ($7::text is null or request_id = $7)
           and ($8::bigint is null or batch = $8)
           and ($9::bigint is null or id < $9)
         order by id desc
         limit $10",
        filter.who,
        filter.action,
        filter.site.map(|site| site.0),
        filter.from.map(ToSqlx::to_sqlx) as _,
        filter.to.map(ToSqlx::to_sqlx) as _,
        filter.text,
        filter.request,
        filter.batch.map(|id| id.0),
        before.map(|id| id.0),
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(EntryId).collect())
}

/// The numbers of the entries that are looked for, oldest first: those after `after`, at most `limit`.
pub async fn find_after(
    conn: &mut PgConnection,
    filter: &Filter,
    after: EntryId,
    limit: i64,
) -> Result<Vec<EntryId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "select id from audit_entries
         where ($1::text is null or actor = $1)
           and ($2::text is null or action = $2 or split_part(action, '.', 1) = $2)
           and ($3::bigint is null or site_id = $3)
           and ($4::timestamptz is null or at >= $4)
           and ($5::timestamptz is null or at < $5)
           and ($6::text is null or strpos(lower(subject), lower($6)) > 0)
           and ($7::text is null or request_id = $7)
           and ($8::bigint is null or batch = $8)
           and id > $9
         order by id
         limit $10",
        filter.who,
        filter.action,
        filter.site.map(|site| site.0),
        filter.from.map(ToSqlx::to_sqlx) as _,
        filter.to.map(ToSqlx::to_sqlx) as _,
        filter.text,
        filter.request,
        filter.batch.map(|id| id.0),
        after.0,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(EntryId).collect())
}

/// These entries, newest first.
pub async fn by_ids(conn: &mut PgConnection, ids: &[EntryId]) -> Result<Vec<Entry>, AppError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    // Entries are of the same thing when their actions have the same aspect: of a site, say, its
    // state; of domains, hosts and keys, they must also be of the same one.
    let rows = sqlx::query_as!(
        Row,
        r#"with aspects (action, aspect, by_subject) as (
               values ('site.created', 'state', false), ('site.paused', 'state', false), ('site.started', 'state', false),
                      ('site.pause_changed', 'state', false), ('site.deleted', 'state', false),
                      ('site.restored', 'state', false), ('site.renamed', 'name', false),
                      ('site.policy_changed', 'policy', false), ('site.tagged', 'tags', false),
                      ('domain.added', 'domain', true), ('domain.removed', 'domain', true),
                      ('domain.changed', 'domain', true), ('host.ignored', 'ignored', true),
                      ('host.unignored', 'ignored', true),
                      ('sitekey.labelled', 'sitekey label', true),
                      ('sitekey.grace_changed', 'sitekey grace', true),
                      ('secret.labelled', 'secret label', true),
                      ('secret.grace_changed', 'secret grace', true))
           select e.id, e.at as "at: _", e.actor, e.action, e.site_id, s.name as "site_name?",
                  e.subject, e.before, e.after, u.id as "undone_by?", e.undoes, e.request_id,
                  e.address, e.batch,
                  case when latest.undoes is distinct from first.id then latest.id end
                      as "changed_since?"
           from audit_entries e
           left join sites s on s.id = e.site_id
           left join audit_entries u on u.undoes = e.id
           left join aspects of on of.action = e.action
           left join lateral (
               select later.id, later.undoes
               from audit_entries later
               join aspects on aspects.action = later.action and aspects.aspect = of.aspect
               where later.site_id = e.site_id and later.id > e.id
                 and (not of.by_subject or later.subject = e.subject)
               order by later.id desc limit 1) latest on true
           left join lateral (
               select later.id
               from audit_entries later
               join aspects on aspects.action = later.action and aspects.aspect = of.aspect
               where later.site_id = e.site_id and later.id > e.id
                 and (not of.by_subject or later.subject = e.subject)
               order by later.id limit 1) first on true
           where e.id = any($1)
           order by e.id desc"#,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::entry).collect()
}

/// One entry.
pub async fn by_id(conn: &mut PgConnection, id: EntryId) -> Result<Option<Entry>, AppError> {
    Ok(by_ids(conn, &[id]).await?.into_iter().next())
}

/// Every entry of a batch, newest first.
pub async fn of_batch(conn: &mut PgConnection, batch: EntryId) -> Result<Vec<Entry>, AppError> {
    let filter = Filter { batch: Some(batch), ..Filter::default() };
    let ids = find(conn, &filter, None, i64::MAX).await?;
    by_ids(conn, &ids).await
}

/// How many entries a batch has, and how many sites they concern.
pub async fn batch_size(
    conn: &mut PgConnection,
    batch: EntryId,
) -> Result<(i64, i64), sqlx::Error> {
    let row = sqlx::query!(
        r#"select count(*) as "entries!", count(distinct site_id) as "sites!"
           from audit_entries where batch = $1"#,
        batch.0,
    )
    .fetch_one(conn)
    .await?;
    Ok((row.entries, row.sites))
}

/// Everybody who did something, in alphabetical order; at most `limit`.
pub async fn actors(conn: &mut PgConnection, limit: i64) -> Result<Vec<String>, sqlx::Error> {
    // Skips from one actor to the next along the index, however long the trail is.
    sqlx::query_scalar!(
        r#"with recursive found (actor) as (
               (select actor from audit_entries order by actor limit 1)
               union all
               select (select e.actor from audit_entries e where e.actor > found.actor
                       order by e.actor limit 1)
               from found where found.actor is not null)
           select actor as "actor!" from found where actor is not null limit $1"#,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// The number and time of the first change of a second, its action and subject, how many changes and
/// entries there are, and the site if they are all of one.
type Second = (i64, jiff_sqlx::Timestamp, String, String, i64, i64, Option<i64>);

/// So many entries of a second are looked at over all sites: a file that was applied may have made ten
/// thousand in one.
const ENTRIES_A_SECOND: i64 = 250;

/// Configuration changes in `[from, to)`, second by second, oldest first, of one site or of all; at most
/// the `limit` newest. What one request or one batch did is one change.
pub async fn changes_between(
    conn: &mut PgConnection,
    site: Option<SiteId>,
    from: Timestamp,
    to: Timestamp,
    limit: i64,
) -> Result<Vec<ChangeMark>, AppError> {
    let rows = match site {
        Some(site) => changes_of_site(conn, site, from, to, limit).await?,
        None => changes_of_all(conn, from, to, limit).await?,
    };
    rows.into_iter()
        .rev()
        .map(|(id, at, action, subject, count, entries, of_one)| {
            let action: Action = action.parse().map_err(AppError::fault)?;
            let is_cut = site.is_none() && entries > ENTRIES_A_SECOND;
            Ok(ChangeMark {
                id: EntryId(id),
                at: at.to_jiff(),
                label: format!("{} {subject}", action.past()),
                count,
                entries: if is_cut { ENTRIES_A_SECOND } else { entries },
                is_cut,
                site: of_one.map(SiteId),
            })
        })
        .collect()
}

/// The seconds of one site, newest first. It has few.
async fn changes_of_site(
    conn: &mut PgConnection,
    site: SiteId,
    from: Timestamp,
    to: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<Second>> {
    sqlx::query_as(
        "with second as (
             select min(id) as id, min(at) as at,
                    count(distinct batch) + count(distinct request_id) filter (where batch is null)
                    + count(*) filter (where batch is null and request_id is null) as changes,
                    count(*) as entries
             from audit_entries
             where at >= $1 and at < $2 and site_id = $3
             group by date_trunc('second', at, 'UTC')
             order by min(at) desc
             limit $4)
         select second.id, second.at, first.action, first.subject, changes, entries, $3
         from second join audit_entries as first on first.id = second.id
         order by second.at desc",
    )
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .bind(site.0)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// The seconds of all sites, newest first. Walks from one to the one before, and looks at no more than
/// [`ENTRIES_A_SECOND`] and one more of each, however many there are.
async fn changes_of_all(
    conn: &mut PgConnection,
    from: Timestamp,
    to: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<Second>> {
    sqlx::query_as(
        "with recursive walk (second, place) as (
             (select date_trunc('second', at, 'UTC'), 1::bigint from audit_entries
              where at >= $1 and at < $2 and site_id is not null
              order by at desc limit 1)
             union all
             select found.second, place + 1
             from walk
             cross join lateral (
                 select date_trunc('second', at, 'UTC') as second from audit_entries
                 where at >= $1 and at < walk.second and site_id is not null
                 order by at desc limit 1) as found
             where place < $3)
         select seen.id, first.at, first.action, first.subject, changes, entries, site
         from walk
         cross join lateral (
             select min(id) as id, count(*) as entries,
                    count(distinct batch) + count(distinct request_id) filter (where batch is null)
                    + count(*) filter (where batch is null and request_id is null) as changes,
                    case when min(site_id) = max(site_id) then min(site_id) end as site
             from (
                 select id, site_id, batch, request_id from audit_entries
                 where at >= greatest(walk.second, $1)
                   and at < least(walk.second + interval '1 second', $2) and site_id is not null
                 order by at limit $4 + 1) as read) as seen
         join audit_entries as first on first.id = seen.id
         order by second desc",
    )
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .bind(limit)
    .bind(ENTRIES_A_SECOND)
    .fetch_all(conn)
    .await
}
