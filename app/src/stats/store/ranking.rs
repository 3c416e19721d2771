//! The largest counts with the rest, and both beside those of a time before.

use super::query::{Asked, MAX_ROWS, Question, read, rows};
use crate::error::AppError;
use crate::events::model::host::OTHER as OTHER_HOSTS;
use crate::stats::model::{Answer, Comparison, Counted, GroupBy, Key, Outcome, Range, Row};
use crate::stats::rules::{Beside, Family, Held, set_beside};
use jiff::Timestamp;
use sqlx::{PgConnection, QueryBuilder};
use std::collections::{HashMap, HashSet};

/// The answer to a question: with `top`, its largest counts, and all others in one; with `comparison`,
/// each beside the same of a time before.
///
/// Hosts that found no room are no host, so that they take no place among the largest. A comparison may shorten the range,
/// so that both times are as long, or be left out where there is nothing to compare: [`set_beside`] says when.
///
/// # Errors
///
/// As [`rows`] has them.
pub async fn answer(
    connection: &mut PgConnection,
    question: &Question,
    top: Option<u32>,
    comparison: Option<Comparison>,
    held: &Held,
) -> Result<Outcome, AppError> {
    let beside = match comparison {
        Some(comparison) => compared(question, comparison, held)?,
        None => None,
    };
    let shortened =
        beside.map(|Beside { range, step, .. }| Question { range, step, ..question.clone() });
    let question = shortened.as_ref().unwrap_or(question);
    let now = largest(connection, question, top, held).await?;
    let mut outcome = Outcome {
        range: now.range,
        step: question.step,
        before: None,
        total: now.total,
        total_before: None,
        groups: now.groups,
        rows: now.rows.into_iter().map(Counted::from).collect(),
        other: now.other.into_iter().map(Counted::from).collect(),
        too_many: now.too_many,
    };
    if let Some(Beside { before, .. }) = beside {
        compare(connection, question, top, before, held, &mut outcome).await?;
    }
    Ok(outcome)
}

/// What is counted, and what it stands beside.
fn compared(
    question: &Question,
    comparison: Comparison,
    held: &Held,
) -> Result<Option<Beside>, AppError> {
    let Question { range, filter, group_by, step } = question;
    let family = Family::for_question(filter, group_by).map_err(|_| AppError::BadRequest)?;
    Ok(set_beside(*range, *step, comparison, family, held))
}

/// What is counted of one range.
struct Largest {
    range: Range,
    rows: Vec<Row>,
    other: Vec<Row>,
    total: i64,
    groups: i64,
    too_many: bool,
}

async fn largest(
    connection: &mut PgConnection,
    question: &Question,
    top: Option<u32>,
    held: &Held,
) -> Result<Largest, AppError> {
    let Some(top) = top.filter(|_| !question.group_by.is_empty()) else {
        let answer = rows(connection, question, held).await?;
        let total = answer.rows.iter().map(|row| row.count).sum();
        let groups = distinct_keys(&answer.rows);
        let too_many = answer.rows.len() > MAX_ROWS;
        let rows = answer.rows;
        return Ok(Largest {
            range: answer.range,
            rows,
            other: Vec::new(),
            total,
            groups,
            too_many,
        });
    };
    let ranked = rank(connection, question, top, held).await?;
    if question.step.is_none() || ranked.rows.is_empty() {
        return Ok(ranked);
    }
    let keys: Vec<Key> = ranked.rows.iter().map(|row| row.key.clone()).collect();
    let question = &Question { range: ranked.range, ..question.clone() };
    let stepped = read(connection, Asked::new(question, Some(&keys), held)?).await?;
    let other = rest(connection, question, &ranked, &stepped.rows, held).await?;
    let too_many = stepped.rows.len() > MAX_ROWS;
    Ok(Largest { rows: stepped.rows, other, too_many, ..ranked })
}

/// What is left of each step beside `rows`.
async fn rest(
    connection: &mut PgConnection,
    question: &Question,
    of: &Largest,
    shown: &[Row],
    held: &Held,
) -> Result<Vec<Row>, AppError> {
    let all = Question {
        range: of.range,
        filter: question.filter.clone(),
        group_by: Vec::new(),
        step: question.step,
    };
    let mut left: HashMap<Timestamp, i64> = HashMap::new();
    for row in rows(connection, &all, held).await?.rows {
        *left.entry(row.start).or_default() += row.count;
    }
    for row in shown {
        *left.entry(row.start).or_default() -= row.count;
    }
    let mut rest: Vec<Row> = left
        .into_iter()
        .filter(|(_, count)| *count != 0)
        .map(|(start, count)| Row { key: Key::Null, start, count })
        .collect();
    rest.sort_unstable_by_key(|row| row.start);
    Ok(rest)
}

/// A row as it is read: name and number of each key, its count, all counts, the number of keys.
type Found = (Option<String>, Option<i64>, Option<String>, Option<i64>, i64, i64, i64);

/// The largest counts of the whole range.
async fn rank(
    connection: &mut PgConnection,
    question: &Question,
    top: u32,
    held: &Held,
) -> Result<Largest, AppError> {
    let whole = Question { step: None, ..question.clone() };
    let asked = Asked::new(&whole, None, held)?;
    // Sorted are only the largest. All are kept once, to be added up beside.
    let mut sql = QueryBuilder::new("with counted as materialized (");
    asked.push_counted(&mut sql);
    sql.push("), shown as (");
    let largest = |sql: &mut QueryBuilder<_>| {
        sql.push(" order by count desc, key0, key1 limit ").push_bind(i64::from(top));
    };
    let host = question.group_by.iter().position(|by| *by == GroupBy::Host);
    if let Some(place) = host {
        sql.push(format_args!("(select * from counted where key{place} <> '{OTHER_HOSTS}'"));
        largest(&mut sql);
        sql.push(format_args!(
            ") union all select * from counted where key{place} = '{OTHER_HOSTS}'"
        ));
    } else {
        sql.push("select * from counted");
        largest(&mut sql);
    }
    sql.push(") select ");
    asked.push_key_columns(&mut sql);
    sql.push(
        ", count, total, groups from shown
         cross join (select sum(count)::bigint as total, count(*) as groups from counted) as whole",
    );
    asked.push_joins(&mut sql);
    sql.push(" order by count desc, 1, 2, 3, 4");
    let found: Vec<Found> = sql.build_query_as().persistent(false).fetch_all(connection).await?;
    let (total, groups) = found.first().map_or((0, 0), |row| (row.5, row.6));
    let start = asked.plan.range.from;
    let rows: Vec<Row> = found
        .into_iter()
        .map(|(name, id, other_name, other_id, count, ..)| {
            let key = asked.key((name, id), (other_name, other_id));
            Row { key, start, count }
        })
        .collect();
    let left = total - rows.iter().map(|row| row.count).sum::<i64>();
    let other = (left != 0).then_some(Row { key: Key::Null, start, count: left });
    let other = other.into_iter().collect();
    Ok(Largest { range: asked.plan.range, rows, other, total, groups, too_many: false })
}

/// Sets what each count was before. What was counted then and is not now has a count of 0.
async fn compare(
    connection: &mut PgConnection,
    question: &Question,
    top: Option<u32>,
    earlier: Range,
    held: &Held,
    outcome: &mut Outcome,
) -> Result<(), AppError> {
    let later = outcome.range.from.duration_since(earlier.from);
    let asked = Question { range: earlier, ..question.clone() };
    let keys: Option<Vec<Key>> =
        top.map(|_| outcome.rows.iter().map(|row| row.key.clone()).collect());
    let answer = match &keys {
        Some(keys) if keys.is_empty() => Answer { range: earlier, rows: Vec::new() },
        Some(keys) => read(connection, Asked::new(&asked, Some(keys), held)?).await?,
        None => rows(connection, &asked, held).await?,
    };
    let all = Question { range: answer.range, group_by: Vec::new(), ..asked };
    let all = rows(connection, &all, held).await?;
    let whole = question.step.is_none();
    let start_now = outcome.range.from;
    let moved = |start: Timestamp| {
        if whole { start_now } else { start.checked_add(later).unwrap_or(Timestamp::MAX) }
    };
    let mut left: HashMap<Timestamp, i64> = HashMap::new();
    for row in &all.rows {
        *left.entry(moved(row.start)).or_default() += row.count;
    }
    let mut then: HashMap<(Key, Timestamp), i64> = HashMap::new();
    for row in answer.rows {
        let start = moved(row.start);
        *left.entry(start).or_default() -= row.count;
        *then.entry((row.key, start)).or_default() += row.count;
    }
    for row in &mut outcome.rows {
        row.before = Some(then.remove(&(row.key.clone(), row.start)).unwrap_or(0));
    }
    let gone = then.into_iter().filter(|(_, count)| *count != 0);
    outcome.rows.extend(gone.map(|((key, start), count)| Counted {
        key,
        start,
        count: 0,
        before: Some(count),
    }));
    if top.is_some() {
        for row in &mut outcome.other {
            row.before = Some(left.remove(&row.start).unwrap_or(0));
        }
        let gone = left.into_iter().filter(|(_, count)| *count != 0);
        outcome.other.extend(gone.map(|(start, count)| Counted {
            key: Key::Null,
            start,
            count: 0,
            before: Some(count),
        }));
        outcome.other.sort_by_key(|row| row.start);
    }
    outcome.rows.sort_by(|a, b| {
        (a.start, -a.count, -a.before.unwrap_or(0), &a.key).cmp(&(
            b.start,
            -b.count,
            -b.before.unwrap_or(0),
            &b.key,
        ))
    });
    outcome.before = Some(all.range);
    outcome.total_before = Some(all.rows.iter().map(|row| row.count).sum());
    Ok(())
}

fn distinct_keys(rows: &[Row]) -> i64 {
    let keys: HashSet<&Key> = rows.iter().map(|row| &row.key).collect();
    i64::try_from(keys.len()).unwrap_or(i64::MAX)
}
