//! One line of the result.

use serde::Serialize;
use sitekeeper_tests::load::Report;

/// A budget and what was measured.
#[derive(Serialize)]
pub(crate) struct Row {
    name: String,
    budget: f64,
    /// Whether the budget is the least or the most.
    is: &'static str,
    measured: f64,
    unit: &'static str,
    /// Measured ÷ budget.
    ratio: f64,
    met: bool,
    /// The load behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    load: Option<Report>,
}

impl Row {
    /// A budget that the measure should reach.
    pub(crate) fn at_least(name: &str, budget: f64, measured: f64, unit: &'static str) -> Self {
        Self { is: "at least", ..Self::new(name, budget, measured, unit, measured >= budget) }
    }

    /// A budget that the measure should keep within.
    pub(crate) fn at_most(name: &str, budget: f64, measured: f64, unit: &'static str) -> Self {
        Self::new(name, budget, measured, unit, measured <= budget)
    }

    fn new(name: &str, budget: f64, measured: f64, unit: &'static str, met: bool) -> Self {
        let round = |value: f64| (value * 1000.0).round() / 1000.0;
        Self {
            name: name.to_owned(),
            budget,
            is: "at most",
            measured: round(measured),
            unit,
            ratio: round(measured / budget),
            met,
            load: None,
        }
    }

    /// Adds the load behind the figure. One with errors, or without a single answer, meets no budget.
    pub(crate) fn with(mut self, report: &Report) -> Self {
        self.met &= report.errors == 0 && report.requests > 0;
        self.load = Some(report.clone());
        self
    }

    /// Prints it as a line of JSON.
    pub(crate) fn print(&self) {
        match serde_json::to_string(self) {
            Ok(line) => println!("{line}"),
            Err(error) => eprintln!("bench: {error}"),
        }
    }
}
