//! The samples of raw events.

use crate::error::AppError;
use crate::events::model::UNATTRIBUTED;
use crate::stats::model::{Filter, Range, Sample};
use jiff_sqlx::ToSqlx;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, QueryBuilder, Row};
use std::fmt::Write;

/// The newest samples that match the filter, at most `limit`.
pub async fn samples(
    connection: &mut PgConnection,
    filter: &Filter,
    range: Option<Range>,
    limit: u32,
) -> Result<Vec<Sample>, AppError> {
    let mut sql = QueryBuilder::new(
        "select samples.time, site_id, codes.code, sources.name, sitekey, host, referer, client,
           trace, user_agent
         from samples
         join codes on codes.id = code_id
         join sources on sources.id = source_id
         where true",
    );
    if let Some(range) = range {
        sql.push(" and samples.time >= ").push_bind(range.from.to_sqlx());
        sql.push(" and samples.time < ").push_bind(range.to.to_sqlx());
    }
    if let Some(site) = filter.site {
        sql.push(" and site_id = ").push_bind(site);
    }
    if let Some(code) = &filter.code {
        sql.push(" and code_id = (select id from codes where code = ").push_bind(code.clone());
        sql.push(")");
    }
    if let Some(host) = &filter.host {
        sql.push(" and host = ").push_bind(host.clone());
    }
    if let Some(sitekey) = &filter.sitekey {
        sql.push(" and sitekey = ").push_bind(sitekey.clone());
    }
    if let Some(site) = filter.keys_of {
        sql.push(" and site_id = ").push_bind(UNATTRIBUTED);
        sql.push(" and sitekey = any (array (select sitekey from sitekeys where site_id = ");
        sql.push_bind(site).push("))");
    }
    if let Some(source) = &filter.source {
        sql.push(" and source_id = (select id from sources where name = ")
            .push_bind(source.clone());
        sql.push(")");
    }
    if filter.errors {
        sql.push(" and codes.code <> ").push_bind(crate::codes::OK);
    }
    sql.push(" order by samples.time desc limit ").push_bind(i64::from(limit));
    let rows = sql.build().persistent(false).fetch_all(connection).await?;
    rows.iter().map(sample).collect::<sqlx::Result<_>>().map_err(AppError::from)
}

/// A sample from a row with the columns that [`samples`] reads.
pub(crate) fn sample(row: &PgRow) -> sqlx::Result<Sample> {
    let referer: Option<&[u8]> = row.try_get("referer")?;
    Ok(Sample {
        time: row.try_get::<jiff_sqlx::Timestamp, _>("time")?.to_jiff(),
        site: row.try_get("site_id")?,
        code: row.try_get("code")?,
        source: row.try_get("name")?,
        sitekey: row.try_get("sitekey")?,
        host: row.try_get("host")?,
        referer: referer.map(shown),
        client: row.try_get("client")?,
        trace: row.try_get("trace")?,
        user_agent: row.try_get("user_agent")?,
    })
}

/// The bytes as text, those that are not UTF-8 as `\xNN`.
fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}
