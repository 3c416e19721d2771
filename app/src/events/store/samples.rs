//! The samples of raw events.

use super::stamps;
use crate::events::prepare::Prepared;
use sqlx::PgConnection;

/// An event that is kept, with its ids.
pub(in crate::events) struct Sample<'a> {
    pub(in crate::events) event: &'a Prepared,
    pub(in crate::events) code: i32,
    pub(in crate::events) source: i32,
}

/// Adds the samples.
pub(in crate::events) async fn add(
    connection: &mut PgConnection,
    samples: &[Sample<'_>],
) -> sqlx::Result<()> {
    let details = || samples.iter().map(|sample| sample.event.sample.as_deref());
    let text = |text: fn(&crate::events::prepare::Detail) -> Option<&str>| {
        details().map(|detail| detail.and_then(text)).collect::<Vec<_>>()
    };
    sqlx::query(
        "insert into samples
           (time, site_id, code_id, source_id, host, sitekey, referer, client, trace, user_agent)
         select * from unnest($1::timestamptz[], $2::bigint[], $3::integer[], $4::integer[],
           $5::text[], $6::text[], $7::bytea[], $8::text[], $9::text[], $10::text[])",
    )
    .bind(stamps(samples.iter().map(|sample| sample.event.time)))
    .bind(samples.iter().map(|sample| sample.event.site).collect::<Vec<_>>())
    .bind(samples.iter().map(|sample| sample.code).collect::<Vec<_>>())
    .bind(samples.iter().map(|sample| sample.source).collect::<Vec<_>>())
    .bind(samples.iter().map(|sample| &*sample.event.host).collect::<Vec<_>>())
    .bind(text(|detail| detail.sitekey.as_deref()))
    .bind(
        details()
            .map(|detail| detail.and_then(|detail| detail.referer.as_deref()))
            .collect::<Vec<_>>(),
    )
    .bind(text(|detail| detail.client.as_deref()))
    .bind(text(|detail| detail.trace.as_deref()))
    .bind(text(|detail| detail.user_agent.as_deref()))
    .execute(connection)
    .await?;
    Ok(())
}
