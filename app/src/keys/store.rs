//! SQL of sitekeys and secrets. The two kinds are two tables, so most statements stand here twice.

use super::model::{Key, KeyId, KeyKind, KeyState, Sitekey, SitekeyId};
use super::rules::MintedSecret;
use crate::audit::model::{Action, EntryId};
use crate::error::AppError;
use crate::sites::model::SiteId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// The sitekeys of `site`, or of every site; newest first.
pub async fn sitekeys(
    conn: &mut PgConnection,
    site: Option<SiteId>,
) -> Result<Vec<Sitekey>, AppError> {
    sitekeys_among(conn, site.as_ref().map(std::slice::from_ref)).await
}

/// The sitekeys of some sites, or of every site; newest first.
pub async fn sitekeys_among(
    conn: &mut PgConnection,
    sites: Option<&[SiteId]>,
) -> Result<Vec<Sitekey>, AppError> {
    let sites: Option<Vec<i64>> = sites.map(|sites| sites.iter().map(|site| site.0).collect());
    let rows = sqlx::query!(
        r#"select id, site_id, sitekey, state, retires_at as "retires_at: jiff_sqlx::Timestamp",
                  created_at as "created_at: jiff_sqlx::Timestamp"
           from sitekeys where $1::bigint[] is null or site_id = any($1) order by id desc"#,
        sites.as_deref(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Sitekey {
                id: SitekeyId(row.id),
                site: SiteId(row.site_id),
                sitekey: row.sitekey,
                state: row.state.parse().map_err(AppError::fault)?,
                retires_at: row.retires_at.map(jiff_sqlx::Timestamp::to_jiff),
                created_at: row.created_at.to_jiff(),
            })
        })
        .collect()
}

/// The sites that any of `sitekeys` was issued for.
pub async fn sites_of(
    conn: &mut PgConnection,
    sitekeys: &[String],
) -> Result<Vec<SiteId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "select distinct site_id from sitekeys where sitekey = any($1)",
        sitekeys
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(SiteId).collect())
}

struct Row {
    id: i64,
    site_id: i64,
    text: String,
    label: String,
    state: String,
    retires_at: Option<jiff_sqlx::Timestamp>,
    revoked_at: Option<jiff_sqlx::Timestamp>,
    created_at: jiff_sqlx::Timestamp,
    created_by: Option<String>,
    replaces: Option<i64>,
    last_used_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn key(self, kind: KeyKind) -> Result<Key, AppError> {
        Ok(Key {
            id: KeyId { kind, number: self.id },
            site: SiteId(self.site_id),
            text: self.text,
            label: self.label,
            state: self.state.parse().map_err(AppError::fault)?,
            retires_at: self.retires_at.map(jiff_sqlx::Timestamp::to_jiff),
            revoked_at: self.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
            created_at: self.created_at.to_jiff(),
            created_by: self.created_by,
            replaces: self.replaces,
            last_used_at: self.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// The keys of a kind that a site has; newest first.
pub async fn of_site(
    conn: &mut PgConnection,
    site: SiteId,
    kind: KeyKind,
) -> Result<Vec<Key>, AppError> {
    let rows =
        match kind {
            KeyKind::Sitekey => sqlx::query_as!(
                Row,
                r#"select id, site_id, sitekey as text, label, state, retires_at as "retires_at: _",
                          revoked_at as "revoked_at: _", created_at as "created_at: _", created_by,
                          replaces, null::timestamptz as "last_used_at: _"
                   from sitekeys where site_id = $1 order by id desc"#,
                site.0
            )
            .fetch_all(conn)
            .await?,
            KeyKind::Secret => {
                sqlx::query_as!(
                    Row,
                    r#"select id, site_id, last_four as text, label, state,
                          retires_at as "retires_at: _", revoked_at as "revoked_at: _",
                          created_at as "created_at: _", created_by, replaces,
                          last_used_at as "last_used_at: _"
                   from secrets where site_id = $1 order by id desc"#,
                    site.0
                )
                .fetch_all(conn)
                .await?
            }
        };
    rows.into_iter().map(|row| row.key(kind)).collect()
}

/// Those of these sitekeys that were ever issued.
pub async fn sitekeys_named(
    conn: &mut PgConnection,
    sitekeys: &[String],
) -> Result<Vec<Key>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, site_id, sitekey as text, label, state, retires_at as "retires_at: _",
                  revoked_at as "revoked_at: _", created_at as "created_at: _", created_by,
                  replaces, null::timestamptz as "last_used_at: _"
           from sitekeys where sitekey = any($1) order by id"#,
        sitekeys
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| row.key(KeyKind::Sitekey)).collect()
}

/// The secret with this SHA-256.
pub async fn secret_hashed(conn: &mut PgConnection, hash: &[u8]) -> Result<Option<Key>, AppError> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, site_id, last_four as text, label, state, retires_at as "retires_at: _",
                  revoked_at as "revoked_at: _", created_at as "created_at: _", created_by,
                  replaces, last_used_at as "last_used_at: _"
           from secrets where secret_hash = $1"#,
        hash
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| row.key(KeyKind::Secret)).transpose()
}

/// What is known of a key from the first.
pub struct NewKey<'a> {
    /// The site it is for.
    pub site: SiteId,
    /// See [`Key::label`].
    pub label: &'a str,
    /// See [`Key::replaces`].
    pub replaces: Option<i64>,
    /// See [`Key::created_by`].
    pub created_by: &'a str,
    /// See [`Key::created_at`].
    pub created_at: Timestamp,
}

/// Adds an active sitekey, and returns its number.
pub async fn insert_sitekey(
    conn: &mut PgConnection,
    sitekey: &str,
    new: &NewKey<'_>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into sitekeys (site_id, sitekey, label, replaces, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6) returning id",
        new.site.0,
        sitekey,
        new.label,
        new.replaces,
        new.created_by,
        new.created_at.to_sqlx() as _,
    )
    .fetch_one(conn)
    .await
}

/// Adds an active secret by its hash, and returns its number.
pub async fn insert_secret(
    conn: &mut PgConnection,
    secret: &MintedSecret,
    new: &NewKey<'_>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into secrets
             (site_id, secret_hash, last_four, label, replaces, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7) returning id",
        new.site.0,
        &secret.hash()[..],
        secret.last_four(),
        new.label,
        new.replaces,
        new.created_by,
        new.created_at.to_sqlx() as _,
    )
    .fetch_one(conn)
    .await
}

/// Moves a key on in its life, or back. One that is revoked is so since `now`.
pub async fn set_state(
    conn: &mut PgConnection,
    KeyId { kind, number }: KeyId,
    state: KeyState,
    retires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let revoked_at = (state == KeyState::Revoked).then(|| now.to_sqlx());
    let retires_at = retires_at.map(ToSqlx::to_sqlx);
    let state = state.as_str();
    let done =
        match kind {
            KeyKind::Sitekey => sqlx::query!(
                "update sitekeys set state = $2, retires_at = $3, revoked_at = $4 where id = $1",
                number,
                state,
                retires_at as _,
                revoked_at as _,
            )
            .execute(conn)
            .await?,
            KeyKind::Secret => {
                sqlx::query!(
                    "update secrets set state = $2, retires_at = $3, revoked_at = $4 where id = $1",
                    number,
                    state,
                    retires_at as _,
                    revoked_at as _,
                )
                .execute(conn)
                .await?
            }
        };
    Ok(done.rows_affected())
}

/// Calls a key something else.
pub async fn set_label(
    conn: &mut PgConnection,
    KeyId { kind, number }: KeyId,
    label: &str,
) -> Result<u64, sqlx::Error> {
    let done = match kind {
        KeyKind::Sitekey => {
            sqlx::query!("update sitekeys set label = $2 where id = $1", number, label)
                .execute(conn)
                .await?
        }
        KeyKind::Secret => {
            sqlx::query!("update secrets set label = $2 where id = $1", number, label)
                .execute(conn)
                .await?
        }
    };
    Ok(done.rows_affected())
}

/// The entry of the trail by which key `new` of a site took over, unless it was taken back.
pub async fn rotation_to(
    conn: &mut PgConnection,
    site: SiteId,
    rotated: Action,
    new: KeyId,
) -> Result<Option<EntryId>, sqlx::Error> {
    let id = sqlx::query_scalar!(
        "select id from audit_entries e
         where site_id = $1 and action = $2 and (after->>'key')::bigint = $3
           and not exists (select from audit_entries where undoes = e.id)
         order by id desc limit 1",
        site.0,
        rotated.as_str(),
        new.number,
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(EntryId))
}

/// The hosts in the samples that carry `sitekey` from `since` on, the most frequent first.
pub async fn sampled_hosts(
    conn: &mut PgConnection,
    site: SiteId,
    sitekey: &str,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<String>, sqlx::Error> {
    // What came with a sitekey that is refused belongs to no site.
    sqlx::query_scalar!(
        "select host from samples
         where (site_id = $1 and code_id = (select id from codes where code = 'ok')
                or site_id = 0 and code_id = (select id from codes where code = 'sitekey_invalid'))
           and time >= $3 and sitekey = $2 and host not in ('', '?')
         group by host order by count(*) desc, host limit $4",
        site.0,
        sitekey,
        since.to_sqlx() as _,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Remembers that a secret was used.
pub async fn set_secret_used(
    conn: &mut PgConnection,
    number: i64,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update secrets set last_used_at = $2 where id = $1", number, now.to_sqlx() as _)
        .execute(conn)
        .await
        .map(drop)
}
