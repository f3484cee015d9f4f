//! Plots of measured numbers, on logarithmic axes: what grows evenly is a straight line.

use std::path::Path;

use anyhow::Result;
use plotters::prelude::*;

/// A curve: its name, and points of a count and a number.
pub(super) struct Curve {
    pub(super) name: &'static str,
    pub(super) points: Vec<(f64, f64)>,
}

const SIZE: (u32, u32) = (640, 400);
const COLOURS: [RGBColor; 4] =
    [RGBColor(230, 130, 0), RGBColor(40, 110, 200), RGBColor(30, 150, 90), RGBColor(190, 50, 90)];

/// Draws curves into an SVG file.
pub(super) fn plot(file: &Path, title: &str, [x_name, y_name]: [&str; 2], curves: &[Curve]) -> Result<()> {
    let points = || curves.iter().flat_map(|curve| &curve.points).filter(|(_, y)| *y > 0.0);
    let least = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(0.0, f64::max);
    let (x, y) = (|point: &(f64, f64)| point.0, |point: &(f64, f64)| point.1);
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d(
            (least(x)..most(x) * 1.1).log_scale(),
            (least(y) / 1.5..most(y) * 1.5).log_scale(),
        )?;
    chart.configure_mesh().x_desc(x_name).y_desc(y_name).light_line_style(RGBColor(240, 240, 240)).draw()?;
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        let style = ShapeStyle { color: colour.to_rgba(), filled: true, stroke_width: 2 };
        chart
            .draw_series(LineSeries::new(curve.points.iter().copied(), style))?
            .label(curve.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], style));
        chart.draw_series(curve.points.iter().map(|point| Circle::new(*point, 3, style)))?;
    }
    chart.configure_series_labels().position(SeriesLabelPosition::UpperLeft).border_style(BLACK).draw()?;
    area.present()?;
    Ok(())
}
