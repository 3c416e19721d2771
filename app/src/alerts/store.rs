//! SQL of alert rules.

mod log;
mod outbox;

pub use log::{deliveries, log, log_of_rules};
pub use outbox::{
    Claimed, claim, drop_waiting, forget_told, hurry, in_outbox, note_told, postpone, put, release,
    remove, remove_unless_renewed, retry, silence, told, waiting,
};

use super::model::{Class, Kind, QuietHours, Rule, RuleId, Sites};
use crate::alerts::destination::shown;
use crate::error::AppError;
use crate::sites::model::SiteId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// A rule with what only the sender needs.
#[derive(Clone)]
pub struct Stored {
    /// The rule.
    pub rule: Rule,
    /// Where to, in full.
    pub destination: String,
    /// What signs its messages, if they are signed.
    pub secret: Option<String>,
}

struct Row {
    id: i64,
    name: String,
    kind: String,
    destination: String,
    secret: Option<String>,
    site_id: Option<i64>,
    site_name: Option<String>,
    tag: Option<String>,
    classes: Vec<String>,
    quiet_from: Option<i16>,
    quiet_to: Option<i16>,
    enabled: bool,
    created_at: jiff_sqlx::Timestamp,
}

impl Row {
    fn stored(self) -> Result<Stored, AppError> {
        let kind: Kind = self.kind.parse().map_err(AppError::fault)?;
        let classes = self.classes.iter().map(|class| class.parse::<Class>());
        let minute = |minute: i16| u16::try_from(minute).map_err(AppError::fault);
        let quiet = match (self.quiet_from, self.quiet_to) {
            (Some(from), Some(to)) => Some(QuietHours { from: minute(from)?, to: minute(to)? }),
            _ => None,
        };
        let rule = Rule {
            id: RuleId(self.id),
            name: self.name,
            kind,
            shown: shown(kind, &self.destination),
            sites: match (self.site_id, self.tag) {
                (Some(site), _) => Sites::One(SiteId(site)),
                (None, Some(tag)) => Sites::Tagged(tag),
                (None, None) => Sites::All,
            },
            site_name: self.site_name,
            classes: classes.collect::<Result<_, _>>().map_err(AppError::fault)?,
            quiet,
            enabled: self.enabled,
            created_at: self.created_at.to_jiff(),
        };
        Ok(Stored { rule, destination: self.destination, secret: self.secret })
    }
}

/// Every rule, by name.
pub async fn all(conn: &mut PgConnection) -> Result<Vec<Stored>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select r.id, r.name, kind, destination, secret, site_id, s.name as "site_name?", tag,
                  classes, quiet_from, quiet_to, enabled, r.created_at as "created_at: _"
           from alert_rules r left join sites s on s.id = r.site_id
           order by lower(r.name), r.id"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::stored).collect()
}

/// The rule with this number.
pub async fn by_id(conn: &mut PgConnection, id: RuleId) -> Result<Option<Stored>, AppError> {
    let row = sqlx::query_as!(
        Row,
        r#"select r.id, r.name, kind, destination, secret, site_id, s.name as "site_name?", tag,
                  classes, quiet_from, quiet_to, enabled, r.created_at as "created_at: _"
           from alert_rules r left join sites s on s.id = r.site_id
           where r.id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(Row::stored).transpose()
}

/// The same, held against other writers until the transaction ends.
pub async fn by_id_for_update(
    conn: &mut PgConnection,
    id: RuleId,
) -> Result<Option<Stored>, AppError> {
    let row = sqlx::query_as!(
        Row,
        r#"select r.id, r.name, kind, destination, secret, site_id, s.name as "site_name?", tag,
                  classes, quiet_from, quiet_to, enabled, r.created_at as "created_at: _"
           from alert_rules r left join sites s on s.id = r.site_id
           where r.id = $1 for update of r"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(Row::stored).transpose()
}

/// What is stored of a rule that an operator can change.
pub struct Written<'a> {
    /// See [`Rule::name`].
    pub name: &'a str,
    /// Where to, in full.
    pub destination: &'a str,
    /// See [`Rule::sites`].
    pub sites: &'a Sites,
    /// See [`Rule::classes`].
    pub classes: &'a [Class],
    /// See [`Rule::quiet`].
    pub quiet: Option<QuietHours>,
}

impl Written<'_> {
    fn site(&self) -> Option<i64> {
        if let Sites::One(site) = self.sites { Some(site.0) } else { None }
    }

    fn tag(&self) -> Option<&str> {
        if let Sites::Tagged(tag) = self.sites { Some(tag) } else { None }
    }

    fn classes(&self) -> Vec<String> {
        self.classes.iter().map(|class| class.as_str().to_owned()).collect()
    }

    fn minute(&self, of: fn(QuietHours) -> u16) -> Option<i16> {
        self.quiet.and_then(|quiet| i16::try_from(of(quiet)).ok())
    }
}

/// Adds a rule.
pub async fn insert(
    conn: &mut PgConnection,
    kind: Kind,
    secret: Option<&str>,
    new: &Written<'_>,
    now: Timestamp,
) -> Result<RuleId, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into alert_rules
             (name, kind, destination, secret, site_id, tag, classes, quiet_from, quiet_to, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id",
        new.name,
        kind.as_str(),
        new.destination,
        secret,
        new.site(),
        new.tag(),
        &new.classes(),
        new.minute(|quiet| quiet.from),
        new.minute(|quiet| quiet.to),
        now.to_sqlx() as _,
    )
    .fetch_one(conn)
    .await
    .map(RuleId)
}

/// Changes a rule; returns how many there are.
pub async fn update(
    conn: &mut PgConnection,
    id: RuleId,
    new: &Written<'_>,
) -> Result<u64, sqlx::Error> {
    sqlx::query!(
        "update alert_rules
         set name = $2, destination = $3, site_id = $4, tag = $5, classes = $6, quiet_from = $7,
             quiet_to = $8
         where id = $1",
        id.0,
        new.name,
        new.destination,
        new.site(),
        new.tag(),
        &new.classes(),
        new.minute(|quiet| quiet.from),
        new.minute(|quiet| quiet.to),
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Turns a rule on or off; returns how many changed.
pub async fn set_enabled(
    conn: &mut PgConnection,
    id: RuleId,
    enabled: bool,
) -> Result<u64, sqlx::Error> {
    sqlx::query!(
        "update alert_rules set enabled = $2 where id = $1 and enabled <> $2",
        id.0,
        enabled
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Gives a rule another signing secret; returns how many changed.
pub async fn set_secret(
    conn: &mut PgConnection,
    id: RuleId,
    secret: &str,
) -> Result<u64, sqlx::Error> {
    sqlx::query!(
        "update alert_rules set secret = $2 where id = $1 and kind = 'webhook'",
        id.0,
        secret
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Deletes a rule with what waits and its log; returns how many there were.
pub async fn delete(conn: &mut PgConnection, id: RuleId) -> Result<u64, sqlx::Error> {
    sqlx::query!("delete from alert_rules where id = $1", id.0)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
}

/// The tags of a site; none of a site that does not exist.
pub async fn tags(conn: &mut PgConnection, site: SiteId) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!("select tags from sites where id = $1", site.0)
        .fetch_optional(conn)
        .await
        .map(Option::unwrap_or_default)
}
