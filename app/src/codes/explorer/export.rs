//! What the explorer shows, as files.

use super::lines::{Line, Part, lines};
use super::model::Report;
use crate::stats::model::{Key, Range};
use crate::ui::csv::push_line;
use serde_json::{Map, Value, json};

/// The lines of the page as CSV, under what they are told apart by.
pub fn csv(report: &Report) -> String {
    let by = report.wanted.by.name();
    let compares = report.before.is_some();
    // What only the samples know is not counted.
    let mut head = vec![by, "name", if report.sampled.is_some() { "samples" } else { "count" }];
    if compares {
        head.push("count_before");
    }
    head.extend(["attempts", "rate", "from", "to"]);
    let mut text = String::new();
    push_line(&mut text, head);
    for line in lines(report) {
        let mut cells =
            vec![line.key_text(), line.group.label.clone(), line.group.count.now.to_string()];
        if compares {
            cells.push(line.group.count.before.to_string());
        }
        cells.push(line.group.attempts.map(|attempts| attempts.to_string()).unwrap_or_default());
        cells.push(rate(&line).map(|rate| format!("{rate:.6}")).unwrap_or_default());
        cells.extend([report.range.from.to_string(), report.range.to.to_string()]);
        push_line(&mut text, cells.iter().map(String::as_str));
    }
    text
}

/// The page as JSON: the question, the lines and the courses of the chart.
pub fn json(report: &Report) -> Value {
    let rows: Vec<Value> = lines(report).iter().map(|line| row(line, report)).collect();
    let series: Vec<Value> = report
        .chart
        .series
        .iter()
        .map(|series| json!({ "name": series.name, "counts": series.counts }))
        .collect();
    let starts: Vec<String> = report.chart.starts().iter().map(ToString::to_string).collect();
    let range = |range: Range| json!({ "from": range.from, "to": range.to });
    let mut whole = json!({
        "from": report.range.from,
        "to": report.range.to,
        "by": report.wanted.by.name(),
        "filter": filter(report),
        "count": report.count.now,
        "attempts": report.attempts.now,
        "rows": rows,
        "chart": {
            "step_seconds": report.step.seconds(),
            "starts": starts,
            "attempts": report.attempts_trend,
            "series": series,
        },
    });
    if let (Some(before), Some(whole)) = (report.before, whole.as_object_mut()) {
        whole.insert("compared".to_owned(), range(before));
        whole.insert("count_before".to_owned(), report.count.before.into());
        whole.insert("attempts_before".to_owned(), report.attempts.before.into());
    }
    if let (Some(sampled), Some(whole)) = (report.sampled, whole.as_object_mut()) {
        let told = json!({ "samples": sampled.samples, "not_counted": sampled.left_out.name() });
        whole.insert("sampled".to_owned(), told);
    }
    whole
}

fn filter(report: &Report) -> Value {
    let filter = &report.wanted.filter;
    let mut named = Map::new();
    let texts = [
        ("code", &filter.code),
        ("host", &filter.host),
        ("sitekey", &filter.sitekey),
        ("source", &filter.source),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            named.insert(name.to_owned(), value.clone().into());
        }
    }
    if let Some(site) = filter.site {
        named.insert("site".to_owned(), site.into());
    }
    Value::Object(named)
}

fn row(line: &Line, report: &Report) -> Value {
    let mut row = Map::new();
    match line.part {
        Part::Rest => row.insert("other".to_owned(), line.group.label.clone().into()),
        _ => row.insert(
            "key".to_owned(),
            match &line.group.key {
                Key::Name(name) => name.clone().into(),
                Key::Site(site) => (*site).into(),
                Key::Null | Key::Pair(_) => Value::Null,
            },
        ),
    };
    row.insert("name".to_owned(), line.group.label.clone().into());
    row.insert("count".to_owned(), line.group.count.now.into());
    if report.before.is_some() {
        row.insert("count_before".to_owned(), line.group.count.before.into());
    }
    row.insert("attempts".to_owned(), line.group.attempts.into());
    row.insert("rate".to_owned(), rate(line).into());
    row.insert("trend".to_owned(), line.group.trend.clone().into());
    Value::Object(row)
}

/// Errors as a share of attempts, 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a share is written with six digits")]
fn rate(line: &Line) -> Option<f64> {
    let attempts = line.group.attempts.filter(|attempts| *attempts > 0)?;
    Some(line.group.count.now as f64 / attempts as f64)
}
