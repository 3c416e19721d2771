//! An incident as a file.

use super::model::{Incident, Step};
use serde_json::{Value, json};

/// The incident, what was found out about it, and its timeline, oldest first.
pub fn json(incident: &Incident, steps: &[Step]) -> Value {
    let explanation = &incident.explanation;
    json!({
        "id": incident.id,
        "title": incident.title(),
        "code": incident.code,
        "site": incident.site.filter(|site| site.0 > 0),
        "site_name": incident.site_name,
        "class": incident.class,
        "onset": incident.onset,
        "detected_at": incident.detected_at,
        "fixed_at": incident.fixed_at,
        "fixed_by": incident.fixed_by,
        "closed_at": incident.closed_at,
        "count": incident.count,
        "expected": incident.expected,
        "cause": explanation.cause(),
        "change": explanation.change,
        "drivers": explanation.drivers,
        "remedy": explanation.remedy,
        "steps": steps,
    })
}
