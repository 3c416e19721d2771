//! One line of the result.

use serde::Serialize;
use sitekeeper_tests::load::Report;

/// What was measured, and its budget if it has one.
#[derive(Serialize)]
pub(crate) struct Row {
    name: String,
    measured: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<Budget>,
    /// The load behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    load: Option<Report>,
}

#[derive(Serialize)]
struct Budget {
    /// Whether it is the least or the most.
    is: &'static str,
    of: f64,
    /// Measured ÷ budget.
    ratio: f64,
    met: bool,
}

impl Row {
    /// A figure without a budget.
    pub(crate) fn told(name: &str, measured: f64, unit: &'static str) -> Self {
        Self { name: name.to_owned(), measured: rounded(measured), unit, budget: None, load: None }
    }

    /// A budget that the measure should reach.
    pub(crate) fn at_least(name: &str, budget: f64, measured: f64, unit: &'static str) -> Self {
        Self::new(name, "at least", budget, measured, unit, measured >= budget)
    }

    /// A budget that the measure should keep within.
    pub(crate) fn at_most(name: &str, budget: f64, measured: f64, unit: &'static str) -> Self {
        Self::new(name, "at most", budget, measured, unit, measured <= budget)
    }

    fn new(
        name: &str,
        is: &'static str,
        of: f64,
        measured: f64,
        unit: &'static str,
        met: bool,
    ) -> Self {
        let budget = Some(Budget { is, of, ratio: rounded(measured / of), met });
        Self { budget, ..Self::told(name, measured, unit) }
    }

    /// Adds the load behind the figure. One with errors, or without a single answer, meets no budget.
    pub(crate) fn with(mut self, report: &Report) -> Self {
        if let Some(budget) = &mut self.budget {
            budget.met &= report.errors == 0 && report.requests > 0;
        }
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

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
