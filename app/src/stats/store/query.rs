//! The general question, in one statement.

use super::parts::{Codes, Selection, push_count, push_parts};
use crate::error::AppError;
use crate::stats::model::{Answer, Filter, Grain, GroupBy, Key, Range, Row, Step};
use crate::stats::rules::{Family, Held, Plan, plan};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use std::cmp::Reverse;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// When.
    pub range: Range,
    /// Of which events.
    pub filter: Filter,
    /// Told apart by what, at most two things; by nothing, it is one count.
    pub group_by: Vec<GroupBy>,
    /// Told apart by time, too.
    pub step: Option<Step>,
}

/// The most rows of an answer. One more says that there were too many.
pub const MAX_ROWS: usize = 100_000;

/// The counts, by time and then by size, at most one more than [`MAX_ROWS`]. A count of nothing
/// has no row.
///
/// # Errors
///
/// Besides a fault of the database, [`AppError::BadRequest`] for a question that
/// [`Family::for_question`] refuses; ask it first to tell the reason.
pub async fn rows(
    connection: &mut PgConnection,
    question: &Question,
    held: &Held,
) -> Result<Answer<Row>, AppError> {
    read(connection, Asked::new(question, None, held)?).await
}

/// The same, of some keys only. Of hosts it is exact, however few events they have.
///
/// # Errors
///
/// As [`rows`] has them.
pub async fn rows_of(
    connection: &mut PgConnection,
    question: &Question,
    keys: &[Key],
    held: &Held,
) -> Result<Answer<Row>, AppError> {
    let mut asked = Asked::new(question, Some(keys), held)?;
    if asked.family == Family::CodeHosts && question.step.is_none() {
        // By site, many more hosts have room, and a host on whichever site is found by its name.
        asked.family = Family::Hosts;
    }
    read(connection, asked).await
}

/// The same, of some sites only, each to the minute as if it were asked for alone.
///
/// # Errors
///
/// As [`rows`] has them.
pub(super) async fn rows_of_sites(
    connection: &mut PgConnection,
    question: &Question,
    sites: &[i64],
    held: &Held,
) -> Result<Answer<Row>, AppError> {
    let mut asked = Asked::new(question, None, held)?;
    asked.selection.sites = Some(sites.to_vec());
    asked.family = Family::Stats;
    asked.plan = plan(question.range, asked.family, coarsest(question), held);
    read(connection, asked).await
}

/// The coarsest buckets that tell the steps of a question apart.
fn coarsest(question: &Question) -> Grain {
    question.step.map_or(Grain::Week, |step| step.grain)
}

/// A row as it is read: name and number of each key, its start, its count.
type Found = (Option<String>, Option<i64>, Option<String>, Option<i64>, jiff_sqlx::Timestamp, i64);

/// Reads what is asked.
pub(super) async fn read(
    connection: &mut PgConnection,
    asked: Asked<'_>,
) -> Result<Answer<Row>, AppError> {
    let mut sql = QueryBuilder::new("select ");
    asked.push_key_columns(&mut sql);
    sql.push(", start, count from (");
    asked.push_counted(&mut sql);
    sql.push(") as counted");
    asked.push_joins(&mut sql);
    sql.push(format_args!(" limit {}", MAX_ROWS + 1));
    let found: Vec<Found> = sql.build_query_as().persistent(false).fetch_all(connection).await?;
    let row = |(name, id, other_name, other_id, start, count): Found| {
        let key = asked.key((name, id), (other_name, other_id));
        Row { key, start: start.to_jiff(), count }
    };
    let mut rows: Vec<Row> = found.into_iter().map(row).collect();
    if let Some(keys) = asked.keys {
        // Of pairs, either half was looked for by itself.
        rows.retain(|row| keys.contains(&row.key));
    }
    // Here, thousands of rows are sorted in a third of the time that PostgreSQL takes.
    rows.sort_unstable_by(|a, b| {
        (a.start, Reverse(a.count), &a.key).cmp(&(b.start, Reverse(b.count), &b.key))
    });
    Ok(Answer { range: asked.plan.range, rows })
}

/// How many events.
pub async fn total(
    connection: &mut PgConnection,
    range: Range,
    filter: &Filter,
    held: &Held,
) -> Result<i64, AppError> {
    let question = Question { range, filter: filter.clone(), group_by: Vec::new(), step: None };
    let answer = rows(connection, &question, held).await?;
    Ok(answer.rows.first().map_or(0, |row| row.count))
}

/// A question with how it is read.
pub(super) struct Asked<'a> {
    question: &'a Question,
    keys: Option<&'a [Key]>,
    family: Family,
    selection: Selection<'a>,
    /// What is read.
    pub(super) plan: Plan,
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        question: &'a Question,
        keys: Option<&'a [Key]>,
        held: &Held,
    ) -> Result<Self, AppError> {
        let Question { range, filter, group_by, step: _ } = question;
        let family = Family::for_question(filter, group_by).map_err(|_| AppError::BadRequest)?;
        let plan = plan(*range, family, coarsest(question), held);
        let mut selection = Selection::new(filter, Codes::of(filter, group_by));
        if let Some(keys) = keys {
            selection = selection.narrowed(group_by, keys);
        }
        Ok(Self { question, keys, family, selection, plan })
    }

    /// Name and number of each key, `null` where it has none.
    pub(super) fn push_key_columns(&self, sql: &mut QueryBuilder<Postgres>) {
        for place in 0..2 {
            if place > 0 {
                sql.push(", ");
            }
            sql.push(match self.question.group_by.get(place) {
                None => "null::text, null::bigint".to_owned(),
                Some(GroupBy::Code) => format!("code{place}.code, null::bigint"),
                Some(GroupBy::Source) => format!("source{place}.name, null::bigint"),
                Some(GroupBy::Sitekey) => format!("sitekey{place}.sitekey, null::bigint"),
                Some(GroupBy::Site) => format!("null::text, nullif(key{place}, 0)"),
                Some(GroupBy::Host) => format!("key{place}, null::bigint"),
            });
        }
    }

    /// Where the names are found.
    pub(super) fn push_joins(&self, sql: &mut QueryBuilder<Postgres>) {
        for (place, by) in self.question.group_by.iter().enumerate() {
            sql.push(match by {
                GroupBy::Code => {
                    format!(" join codes as code{place} on code{place}.id = key{place}")
                }
                GroupBy::Source => {
                    format!(" join sources as source{place} on source{place}.id = key{place}")
                }
                GroupBy::Sitekey => format!(
                    " left join sitekeys as sitekey{place} on sitekey{place}.id = key{place}"
                ),
                GroupBy::Site | GroupBy::Host => String::new(),
            });
        }
    }

    /// The counts by `key0`, `key1` and `start`. What is the same in all rows is left out of the grouping: each part
    /// would bring it as a value of its own, to be compared for every row.
    pub(super) fn push_counted(&self, sql: &mut QueryBuilder<Postgres>) {
        let Question { group_by, step, .. } = self.question;
        let column = |by: &GroupBy| match by {
            GroupBy::Code => "code_id",
            GroupBy::Source => "source_id",
            GroupBy::Sitekey => "sitekey_id",
            // Those of several sites together belong to none.
            GroupBy::Site if self.family == Family::CodeHosts => "greatest(site_id, 0)",
            GroupBy::Site => "site_id",
            GroupBy::Host => "host",
        };
        let mut grouped: Vec<&str> = ["key0", "key1"].into_iter().take(group_by.len()).collect();
        sql.push(match group_by.len() {
            0 => "select 0 as key0, 0 as key1, ",
            1 => "select key0, 0 as key1, ",
            _ => "select key0, key1, ",
        });
        if step.is_some() {
            grouped.push("start");
            sql.push("start, ");
        } else {
            sql.push_bind(self.plan.range.from.to_sqlx()).push("::timestamptz as start, ");
        }
        sql.push("sum(count)::bigint as count from (");
        push_parts(sql, &self.plan, self.family, &self.selection, |sql, segment| {
            for (place, by) in group_by.iter().enumerate() {
                sql.push(format_args!("{} as key{place}, ", column(by)));
            }
            if let Some(step) = step {
                push_start(sql, *step, segment.grain);
                sql.push(" as start, ");
            }
            push_count(sql, segment, self.family, &self.selection);
            sql.push(" as count");
        });
        sql.push(") as part");
        if !grouped.is_empty() {
            sql.push(" group by ").push(grouped.join(", "));
        }
        sql.push(" having sum(count) <> 0");
    }

    /// What a row is counted under.
    pub(super) fn key(
        &self,
        one: (Option<String>, Option<i64>),
        other: (Option<String>, Option<i64>),
    ) -> Key {
        let key = |(name, id)| match (name, id) {
            (Some(name), _) => Key::Name(name),
            (None, Some(id)) => Key::Site(id),
            (None, None) => Key::Null,
        };
        match self.question.group_by.len() {
            2 => Key::Pair(Box::new([key(one), key(other)])),
            _ => key(one),
        }
    }
}

/// The expression for the start of the step that a bucket of this grain lies in.
fn push_start(sql: &mut QueryBuilder<Postgres>, step: Step, grain: Grain) {
    if step == Step::single(grain) {
        sql.push("bucket");
        return;
    }
    let seconds = step.seconds();
    sql.push(format_args!("date_bin(interval '{seconds} seconds', bucket, "));
    sql.push_bind(step.origin().to_sqlx());
    sql.push(")");
}
