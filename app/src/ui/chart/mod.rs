//! Charts, drawn on the server: stacked bars by code over one time axis, with a mark for each change
//! of configuration, a legend that hides a code by a link, and the same numbers as a table.
//!
//! Positions are computed in [`geometry`] and [`axis`], which draw nothing.

mod axis;
mod bars;
mod brush;
mod geometry;
mod marks;
mod model;
mod twin;
mod view;

pub use model::{Chart, Series};
pub use view::StackedChart;

/// The class that gives a hue of [`crate::codes::hue`] its colour.
pub fn series_class(hue: Option<u8>) -> String {
    hue.map_or_else(|| "s-other".to_owned(), |hue| format!("s{hue}"))
}
