//! Reading what the pages of incidents show.

use super::explain::{Subject, filter_of};
use super::model::{Incident, IncidentId, UNATTRIBUTED};
use super::pages::{IncidentCourse, IncidentPageData, IncidentsPageData, OpenIncidents, PAGE};
use super::rules::recovery;
use super::store::Wanted;
use super::watch::baselines;
use super::{keep, store};
use crate::auth::operator::Operator;
use crate::codes::report::without_secrets;
use crate::error::AppError;
use crate::sites;
use crate::sites::model::SiteId;
use crate::stats::model::{Filter, Grain, Range, Step};
use crate::stats::store::{Question, rows, samples, total};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

/// How many incidents that go on are listed.
const OPEN: i64 = 200;
/// How many samples are shown.
const SAMPLES: u32 = 20;
/// How much is shown before the onset, and after the end.
const AROUND: SignedDuration = SignedDuration::from_mins(45);
/// The most steps of a chart.
const STEPS: i64 = 180;

/// The list.
pub async fn list(
    operator: &Operator,
    site: Option<SiteId>,
    before: Option<IncidentId>,
) -> Result<IncidentsPageData, AppError> {
    let flash = operator.take_flash().await?;
    let now = operator.state.clock.now();
    let mut conn = operator.state.pool.acquire().await?;
    let site = match site {
        Some(id) => {
            let site = sites::store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
            Some((site.id, site.name))
        }
        None => None,
    };
    let of =
        |open, before| Wanted { open: Some(open), site: site.as_ref().map(|(id, _)| *id), before };
    let open = store::find(&mut conn, of(true, None), OPEN).await?;
    let mut closed = store::find(&mut conn, of(false, before), PAGE + 1).await?;
    let more = i64::try_from(closed.len()).unwrap_or(i64::MAX) > PAGE;
    if more {
        closed.pop();
    }
    let older = closed.last().filter(|_| more).map(|last| last.id);
    let hour = Range::ending(now, SignedDuration::from_hours(1));
    let fed = total(&mut conn, hour, &Filter::default(), &operator.state.held(now)).await? > 0;
    Ok(IncidentsPageData { flash, now, site, open, closed, older, fed })
}

/// The incidents of a site that go on.
pub async fn open_of(operator: &Operator, site: SiteId) -> Result<OpenIncidents, AppError> {
    let mut conn = operator.state.pool.acquire().await?;
    let wanted = Wanted { open: Some(true), site: Some(site), before: None };
    let incidents = store::find(&mut conn, wanted, OPEN).await?;
    Ok(OpenIncidents { now: operator.state.clock.now(), incidents })
}

/// One incident with everything around it.
pub async fn one(operator: &Operator, id: IncidentId) -> Result<IncidentPageData, AppError> {
    let flash = operator.take_flash().await?;
    let now = operator.state.clock.now();
    let mut conn = operator.state.pool.acquire().await?;
    let mut incident = store::by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let mut fix = None;
    if let Some(code) = incident.code.clone().filter(|_| incident.is_open())
        && incident.fixed_at.is_none()
    {
        // The job notes it at its next look; whoever has just clicked is answered before that.
        let subject = Subject { code: &code, site: incident.site, onset: incident.onset };
        if let Some(entry) = keep::mended(&mut conn, &incident, subject, now).await? {
            (incident.fixed_at, incident.fixed_by) = (Some(entry.at), Some(entry.id));
            fix = Some(keep::fixed_by(entry));
        }
    }
    let mut steps = store::steps(&mut conn, id).await?;
    steps.extend(fix);
    let course = match &incident.code {
        Some(code) => Some(course(operator, &mut conn, &incident, code, now).await?),
        None => None,
    };
    let kept = match &incident.code {
        Some(code) => {
            let filter = filter_of(code, incident.site);
            let end = incident.closed_at.unwrap_or(now);
            samples(&mut conn, &filter, Range::new(incident.onset, end), SAMPLES).await?
        }
        None => Vec::new(),
    };
    let of_site = incident.site.filter(|site| *site != UNATTRIBUTED);
    let sensitivity = match of_site {
        Some(site) => Some(store::sensitivity(&mut conn, site).await?),
        None => None,
    };
    let Incident { onset, fixed_at, closed_at, .. } = incident;
    let recovery = course.as_ref().and_then(|course| recovery(course, onset, fixed_at, closed_at));
    Ok(IncidentPageData {
        flash,
        now,
        steps,
        recovery,
        course,
        sample_days: operator.state.keeping.kept().retention.sample_days,
        samples: kept.into_iter().map(without_secrets).collect(),
        sensitivity,
        administrators: crate::auth::store::emails(&mut conn).await?,
        me: operator.administrator.email.clone(),
        incident,
    })
}

/// The minutes around an incident, with what is usual. A long one is cut into steps of several.
async fn course(
    operator: &Operator,
    conn: &mut PgConnection,
    incident: &Incident,
    code: &str,
    now: Timestamp,
) -> Result<IncidentCourse, AppError> {
    let site = incident.site.map(|site| site.0);
    let end = incident.closed_at.and_then(|closed| closed.checked_add(AROUND).ok());
    let to = Grain::Minute.floor(end.unwrap_or(now).min(now));
    let from = incident.onset.checked_sub(AROUND).unwrap_or(incident.onset);
    let minutes = to.duration_since(from).as_mins().max(1);
    let step = (minutes + STEPS - 1) / STEPS;
    let from = to.checked_sub(SignedDuration::from_mins(step * (minutes / step).max(1)));
    let from = from.map_err(AppError::fault)?;
    let range = Range::new(from, to).ok_or(AppError::NotFound)?;
    let filter = filter_of(code, incident.site);
    let question =
        Question { range, filter, group_by: Vec::new(), step: Some(Step::single(Grain::Minute)) };
    let counted = rows(conn, &question, &operator.state.held(now)).await?.rows;
    let steps = usize::try_from(minutes / step).unwrap_or(1).max(1);
    let mut counts = vec![0; steps];
    for row in counted {
        let at = row.start.duration_since(from).as_mins().div_euclid(step);
        if let Some(count) = usize::try_from(at).ok().and_then(|at| counts.get_mut(at)) {
            *count += row.count;
        }
    }
    let series = (site, code.to_owned());
    let hour = Grain::Hour.floor(incident.onset).as_second().div_euclid(3_600);
    let baseline = baselines::read(conn, vec![series.clone()], hour).await?;
    let baseline = baseline.get(&series).ok_or(AppError::NotFound)?;
    let first = from.as_second().div_euclid(60);
    let usual = (0..i64::try_from(steps).unwrap_or(0)).map(|at| {
        let minutes = first + at * step..first + (at + 1) * step;
        minutes.fold((0.0, 0.0), |(low, high), minute| {
            let (from, to) = baseline.expect(minute).band();
            (low + from, high + to)
        })
    });
    Ok(IncidentCourse { from, step, usual: usual.collect(), counts })
}
