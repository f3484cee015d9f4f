//! Plots as SVG, by plotters.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::model::network::N_PARTS;

/// The parts of a note.
pub(super) const PARTS: [&str; N_PARTS] = ["family", "shift", "pitch", "duration", "velocity", "feel"];

/// Colour of samples.
pub(super) const SAMPLES: RGBColor = RGBColor(37, 99, 235);
/// Colour of real pieces.
pub(super) const REAL: RGBColor = RGBColor(245, 158, 66);
const INK: RGBColor = RGBColor(70, 77, 90);
const GRID: RGBColor = RGBColor(233, 236, 240);
const SIZE: (u32, u32) = (400, 250);
const FONT: &str = "system-ui, sans-serif";

/// Colours of styles, repeated if there are more.
const STYLES: [RGBColor; 10] = [
    RGBColor(37, 99, 235),
    RGBColor(217, 119, 6),
    RGBColor(5, 150, 105),
    RGBColor(220, 38, 38),
    RGBColor(124, 58, 237),
    RGBColor(8, 145, 178),
    RGBColor(190, 24, 93),
    RGBColor(101, 163, 13),
    RGBColor(113, 113, 122),
    RGBColor(180, 83, 9),
];

/// A colour in CSS.
pub(super) fn css(colour: RGBColor) -> String {
    format!("#{:02x}{:02x}{:02x}", colour.0, colour.1, colour.2)
}

/// Points joined by a line.
pub(super) struct Line<'a> {
    name: &'a str,
    colour: RGBColor,
    points: Vec<(f64, f64)>,
}

impl<'a> Line<'a> {
    /// The line of the style with this index.
    pub(super) fn style(name: &'a str, idx: usize, points: Vec<(f64, f64)>) -> Self {
        Self { name, colour: STYLES[idx % STYLES.len()], points }
    }

    pub(super) fn train(points: Vec<(f64, f64)>) -> Self {
        Self { name: "train", colour: RGBColor(150, 158, 172), points }
    }

    pub(super) fn valid(points: Vec<(f64, f64)>) -> Self {
        Self { name: "valid", colour: SAMPLES, points }
    }
}

/// An SVG of this size, drawn by `paint`.
pub(super) fn svg(
    (width, height): (u32, u32),
    paint: impl FnOnce(&DrawingArea<SVGBackend<'_>, Shift>) -> Result<()>,
) -> Result<String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        paint(&area)?;
        area.present().map_err(|error| anyhow!("could not draw: {error}"))?;
    }
    // Default values and line breaks would make the page much larger.
    Ok(text.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "").replace('\n', " "))
}

fn drawn<T, E: std::fmt::Display>(result: std::result::Result<T, E>) -> Result<T> {
    result.map_err(|error| anyhow!("could not draw: {error}"))
}

/// The range of some values with a margin; never empty.
fn range(values: impl Iterator<Item = f64> + Clone) -> std::ops::Range<f64> {
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(f64::NEG_INFINITY, f64::max);
    if !low.is_finite() || !high.is_finite() {
        return 0.0..1.0;
    }
    let margin = ((high - low) * 0.06).max(high.abs() * 0.02).max(1e-3);
    (low - margin).max(0.0)..high + margin
}

/// Loss curves of one part.
pub(super) fn curve(title: &str, lines: &[Line<'_>]) -> Result<String> {
    line_chart(title, SIZE, lines)
}

/// A curve for each style.
pub(super) fn styles(title: &str, lines: &[Line<'_>]) -> Result<String> {
    line_chart(title, (1060, 330), lines)
}

fn line_chart(title: &str, size: (u32, u32), lines: &[Line<'_>]) -> Result<String> {
    let points = || lines.iter().flat_map(|line| line.points.iter());
    let (x, y) = (range(points().map(|point| point.0)), range(points().map(|point| point.1)));
    svg(size, |area| {
        let mut chart = drawn(
            ChartBuilder::on(area)
                .caption(title, (FONT, 16, &INK))
                .margin(8)
                .x_label_area_size(26)
                .y_label_area_size(46)
                .build_cartesian_2d(x, y),
        )?;
        drawn(
            chart
                .configure_mesh()
                .light_line_style(WHITE.mix(0.0))
                .bold_line_style(GRID)
                .axis_style(GRID)
                .x_labels(6)
                .y_labels(6)
                .x_label_formatter(&|x| plain(*x))
                .y_label_formatter(&|y| plain(*y))
                .label_style((FONT, 13, &INK))
                .draw(),
        )?;
        for Line { name, colour, points } in lines {
            let colour = *colour;
            let series =
                drawn(chart.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2))))?;
            series
                .label(*name)
                .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], colour.stroke_width(2)));
            if points.len() < 12 {
                drawn(chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled()))))?;
            }
        }
        drawn(
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperRight)
                .background_style(WHITE.mix(0.85))
                .label_font((FONT, 13, &INK))
                .draw(),
        )
    })
}

/// A number in as few digits as possible.
fn plain(value: f64) -> String {
    let text = if value.abs() < 1.0 { format!("{value:.3}") } else { format!("{value:.2}") };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A histogram of samples and real pieces.
pub(super) struct Histogram<'a> {
    pub(super) title: &'a str,
    /// Label of the axis.
    pub(super) axis: &'a str,
    /// Share of each bin among the notes of samples and of real pieces.
    pub(super) bins: Vec<(f64, f64)>,
    /// Label of each bin, or empty.
    pub(super) label: &'a dyn Fn(usize) -> String,
}

/// Draws real pieces as an area and samples as a line over it.
pub(super) fn histogram(histogram: &Histogram<'_>) -> Result<String> {
    let bins = &histogram.bins;
    let highest = bins.iter().map(|(a, b)| a.max(*b)).fold(0.0, f64::max).max(1e-6);
    let steps = |share: fn(&(f64, f64)) -> f64| -> Vec<(i32, f64)> {
        let corners = (0..).zip(bins);
        corners.flat_map(|(idx, bin)| [(idx, share(bin)), (idx + 1, share(bin))]).collect()
    };
    svg(SIZE, |area| {
        let labelled =
            (0..bins.len()).filter(|bin| !(histogram.label)(*bin).is_empty()).map(|bin| bin as i32);
        let x = (0..bins.len() as i32).with_key_points(labelled.collect());
        let mut chart = drawn(
            ChartBuilder::on(area)
                .caption(histogram.title, (FONT, 16, &INK))
                .margin(8)
                .x_label_area_size(40)
                .y_label_area_size(46)
                .build_cartesian_2d(x, 0.0..highest * 1.08),
        )?;
        drawn(
            chart
                .configure_mesh()
                .light_line_style(WHITE.mix(0.0))
                .bold_line_style(GRID)
                .axis_style(GRID)
                .disable_x_mesh()
                .x_labels(bins.len())
                .y_labels(5)
                .x_desc(histogram.axis)
                .x_label_formatter(&|x| (histogram.label)(*x as usize))
                .y_label_formatter(&|y| format!("{}%", plain(y * 100.0)))
                .label_style((FONT, 13, &INK))
                .axis_desc_style((FONT, 13, &INK))
                .draw(),
        )?;
        let mut real = steps(|bin| bin.1);
        real.push((bins.len() as i32, 0.0));
        real.push((0, 0.0));
        drawn(chart.draw_series(std::iter::once(Polygon::new(real, REAL.mix(0.45)))))?;
        drawn(chart.draw_series(LineSeries::new(steps(|bin| bin.0), SAMPLES.stroke_width(2))))?;
        Ok(())
    })
}
