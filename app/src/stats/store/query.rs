//! The general question, and the parts all questions are put together from.

use crate::codes::OK;
use crate::error::AppError;
use crate::stats::model::{Answer, Filter, Grain, GroupBy, Key, Range, Row, Step};
use crate::stats::rules::{Family, Held, Plan, Segment, plan};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Postgres, QueryBuilder};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// When.
    pub range: Range,
    /// Of which events.
    pub filter: Filter,
    /// Told apart by what; by nothing, it is one count.
    pub group_by: Option<GroupBy>,
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
    let Question { range, filter, group_by, step } = question;
    let family = Family::for_question(filter, *group_by).map_err(|_| AppError::BadRequest)?;
    let coarsest = step.map_or(Grain::Day, |step| step.grain);
    let plan = plan(*range, family, coarsest, held);
    let (key, name, id, join) = match group_by {
        None => ("0", "null::text", "null::bigint", ""),
        Some(GroupBy::Code) => {
            ("code_id", "codes.code", "null::bigint", "join codes on codes.id = key")
        }
        Some(GroupBy::Source) => {
            ("source_id", "sources.name", "null::bigint", "join sources on sources.id = key")
        }
        Some(GroupBy::Sitekey) => (
            "sitekey_id",
            "sitekeys.sitekey",
            "null::bigint",
            "left join sitekeys on sitekeys.id = key",
        ),
        Some(GroupBy::Site) => ("site_id", "null::text", "nullif(key, 0)", ""),
        Some(GroupBy::Host) => ("host", "key", "null::bigint", ""),
    };
    let mut sql = QueryBuilder::new("");
    sql.push(format_args!(
        "select {name}, {id}, start, count
         from (select key, start, sum(count)::bigint as count from ("
    ));
    push_parts(&mut sql, &plan, family, filter.into(), |sql, _| {
        sql.push(format_args!("{key} as key, "));
        push_start(sql, *step, plan.range.from);
        sql.push(" as start, count");
    });
    sql.push(format_args!(
        ") as part group by key, start) as counted {join}
         order by start, count desc, 1, 2 limit {}",
        MAX_ROWS + 1
    ));
    let rows: Vec<(Option<String>, Option<i64>, jiff_sqlx::Timestamp, i64)> =
        sql.build_query_as().persistent(false).fetch_all(connection).await?;
    let row =
        |(name, id, start, count): (Option<String>, Option<i64>, jiff_sqlx::Timestamp, i64)| {
            let key = match (name, id) {
                (Some(name), _) => Key::Name(name),
                (None, Some(id)) => Key::Site(id),
                (None, None) => Key::Null,
            };
            Row { key, start: start.to_jiff(), count }
        };
    Ok(Answer { range: plan.range, rows: rows.into_iter().map(row).collect() })
}

/// How many events.
pub async fn total(
    connection: &mut PgConnection,
    range: Range,
    filter: &Filter,
    held: &Held,
) -> Result<i64, AppError> {
    let question = Question { range, filter: filter.clone(), group_by: None, step: None };
    let answer = rows(connection, &question, held).await?;
    Ok(answer.rows.first().map_or(0, |row| row.count))
}

/// The expression for the start of a bucket's step; of the whole range without steps.
fn push_start(sql: &mut QueryBuilder<Postgres>, step: Option<Step>, from: Timestamp) {
    match step {
        None => {
            sql.push_bind(from.to_sqlx());
        }
        Some(step) => {
            let seconds = step.seconds();
            sql.push(format_args!("date_bin(interval '{seconds} seconds', bucket, "));
            sql.push_bind(step.origin().to_sqlx());
            sql.push(")");
        }
    }
}

const fn table(family: Family, grain: Grain) -> &'static str {
    match (family, grain) {
        (Family::Stats | Family::Sites, Grain::Minute) => "stats_minute",
        (Family::Stats, Grain::Hour) => "stats_hour",
        (Family::Stats, Grain::Day) => "stats_day",
        (Family::Totals, Grain::Minute) => "totals_minute",
        (Family::Totals, Grain::Hour) => "totals_hour",
        (Family::Totals, Grain::Day) => "totals_day",
        (Family::Sites, Grain::Hour) => "sites_hour",
        (Family::Sites, Grain::Day) => "sites_day",
        // A plan for hosts has no minutes.
        (Family::Hosts, Grain::Minute | Grain::Hour) => "host_hour",
        (Family::Hosts, Grain::Day) => "host_day",
    }
}

/// Which rows are read: those of the sites, if any are named, that match the filter's other parts.
#[derive(Clone, Copy)]
pub(super) struct Selection<'a> {
    pub(super) sites: Option<&'a [i64]>,
    pub(super) filter: &'a Filter,
    pub(super) codes: Codes,
}

/// Which of the rows of `sites_*` are read where no code is named.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Codes {
    /// Those of all codes together.
    Together,
    /// Those of all codes together, and those of `ok`.
    TogetherAndOk,
    /// Those of each code.
    Each,
}

impl<'a> From<&'a Filter> for Selection<'a> {
    fn from(filter: &'a Filter) -> Self {
        let sites = filter.site.as_ref().map(std::slice::from_ref);
        Self { sites, filter, codes: Codes::Together }
    }
}

/// Puts together what all segments of the plan hold. `columns` writes what is selected from a
/// segment of the given grain.
pub(super) fn push_parts(
    sql: &mut QueryBuilder<Postgres>,
    plan: &Plan,
    family: Family,
    selection: Selection<'_>,
    columns: impl Fn(&mut QueryBuilder<Postgres>, Grain),
) {
    for (index, segment) in plan.segments.iter().enumerate() {
        if index > 0 {
            sql.push(" union all ");
        }
        sql.push("select ");
        columns(sql, segment.grain);
        push_segment(sql, *segment, family, selection);
    }
}

/// The rows of one segment.
///
/// All keys begin with the bucket. Where what follows it in the key is named, each bucket is
/// looked up by itself, or the index would be walked through everything else in it.
fn push_segment(
    sql: &mut QueryBuilder<Postgres>,
    segment: Segment,
    family: Family,
    selection: Selection<'_>,
) {
    let Segment { grain, range } = segment;
    let table = table(family, grain);
    let Selection { sites, filter, codes } = selection;
    let key = Leading::of(family, grain);
    let by_bucket = match key {
        Leading::Site => sites.is_some() || filter.sitekey.is_some(),
        Leading::Code => sites.is_some() || filter.code.is_some(),
        Leading::SummedCode => codes != Codes::Each || filter.code.is_some(),
        Leading::Nothing => false,
    };
    if by_bucket {
        let seconds = grain.seconds();
        sql.push(" from generate_series(");
        sql.push_bind(range.from.to_sqlx());
        sql.push("::timestamptz, ");
        sql.push_bind(range.to.to_sqlx());
        sql.push(format_args!(
            "::timestamptz - interval '{seconds} seconds', interval '{seconds} seconds') as at
             cross join lateral (select * from {table} where bucket = at and "
        ));
    } else {
        sql.push(format_args!(" from {table} where "));
    }
    push_selection(sql, range, selection);
    if filter.code.is_none() {
        match (key, codes) {
            (Leading::Code, _) if sites.is_some() => {
                sql.push(" and code_id = any (array (select id from codes))");
            }
            (Leading::SummedCode, Codes::Together) => {
                sql.push(" and code_id = 0");
            }
            (Leading::SummedCode, Codes::TogetherAndOk) => {
                sql.push(" and code_id = any (array (select 0 union all ");
                push_ok(sql);
                sql.push("))");
            }
            (Leading::SummedCode, Codes::Each) => {
                sql.push(" and code_id <> 0");
            }
            (Leading::Site | Leading::Code | Leading::Nothing, _) => {}
        }
    }
    if by_bucket {
        sql.push(" offset 0) as found");
    }
}

/// What stands second in a table's key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leading {
    Site,
    Code,
    /// The code, with rows of all codes together as code 0.
    SummedCode,
    /// Nothing that is worth looking for.
    Nothing,
}

impl Leading {
    const fn of(family: Family, grain: Grain) -> Self {
        match (family, grain) {
            (Family::Stats, _) | (Family::Sites, Grain::Minute) => Self::Site,
            (Family::Sites, Grain::Hour | Grain::Day) => Self::SummedCode,
            (Family::Hosts, _) => Self::Code,
            (Family::Totals, _) => Self::Nothing,
        }
    }
}

/// The id of `ok`, as a statement.
pub(super) fn push_ok(sql: &mut QueryBuilder<Postgres>) {
    sql.push("select id from codes where code = ").push_bind(OK);
}

fn push_selection(sql: &mut QueryBuilder<Postgres>, range: Range, selection: Selection<'_>) {
    let Selection { sites, filter, codes: _ } = selection;
    sql.push("bucket >= ").push_bind(range.from.to_sqlx());
    sql.push(" and bucket < ").push_bind(range.to.to_sqlx());
    if let Some(sites) = sites {
        sql.push(" and site_id = any (").push_bind(sites.to_vec());
        sql.push(")");
    }
    if let Some(code) = &filter.code {
        sql.push(" and code_id = (select id from codes where code = ").push_bind(code.clone());
        sql.push(")");
    }
    if let Some(host) = &filter.host {
        sql.push(" and host = ").push_bind(host.clone());
    }
    if let Some(sitekey) = &filter.sitekey {
        if sites.is_none() {
            // Its events are the site's, or nobody's where the code says that the key was wrong.
            sql.push(" and site_id = any (array (select unnest(array[site_id, 0]) from sitekeys where sitekey = ")
                .push_bind(sitekey.clone());
            sql.push("))");
        }
        sql.push(" and sitekey_id = (select id from sitekeys where sitekey = ")
            .push_bind(sitekey.clone());
        sql.push(")");
    }
    if let Some(source) = &filter.source {
        sql.push(" and source_id = (select id from sources where name = ")
            .push_bind(source.clone());
        sql.push(")");
    }
}
