//! Charts: lines over notes trained on, and histograms. Axes begin and end where the data do.

use crate::cli::report::svg::{Anchor, Svg};

/// Points joined by a line.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) name: String,
    /// The class that colours it.
    pub(super) class: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// Lines over one axis.
#[derive(Debug)]
pub(super) struct Chart<'a> {
    pub(super) title: &'a str,
    /// The unit of the horizontal axis.
    pub(super) axis: &'a str,
    pub(super) width: f64,
    pub(super) lines: Vec<Line>,
}

const HEIGHT: f64 = 250.0;
/// Room around the area of the lines.
const LEFT: f64 = 50.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 40.0;

/// The width of a small chart and of one as wide as the page.
pub(super) const SMALL: f64 = 400.0;
pub(super) const WIDE: f64 = 1060.0;

/// A range of values on a length of pixels.
struct Scale {
    low: f64,
    high: f64,
    begin: f64,
    end: f64,
}

impl Scale {
    /// From the lowest to the highest of some values; never empty.
    fn over(values: impl Iterator<Item = f64> + Clone, begin: f64, end: f64) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min);
        let high = values.fold(f64::NEG_INFINITY, f64::max);
        if !low.is_finite() || !high.is_finite() {
            return Self { low: 0.0, high: 1.0, begin, end };
        }
        let high = if high - low < 1e-9 { low + low.abs().max(1e-3) } else { high };
        Self { low, high, begin, end }
    }

    fn place(&self, value: f64) -> f64 {
        self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)
    }

    /// Round values within the range, some four to eight of them.
    fn ticks(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(rough);
        let first = (self.low / step - 1e-9).ceil();
        let n_ticks = ((self.high / step + 1e-9).floor() - first).clamp(0.0, 20.0) as usize;
        (0..=n_ticks).map(|idx| (first + idx as f64) * step).collect()
    }
}

impl Chart<'_> {
    /// The chart as SVG; pointing at it shows the values there.
    pub(super) fn draw(&self) -> String {
        let mut svg = Svg::new(self.width, HEIGHT);
        let points = || self.lines.iter().flat_map(|line| line.points.iter());
        let x = Scale::over(points().map(|point| point.0), LEFT, self.width - RIGHT);
        let y = Scale::over(points().map(|point| point.1), HEIGHT - BOTTOM, TOP);
        frame(&mut svg, self.title, self.axis, self.width, &x, &y);
        let mut key = LEFT;
        for line in &self.lines {
            let places: Vec<(f64, f64)> =
                line.points.iter().map(|(across, up)| (x.place(*across), y.place(*up))).collect();
            svg.line(&places, &format!("curve {}", line.class));
            if places.len() < 12 {
                for place in places {
                    svg.dot(place, &format!("dot {}", line.class));
                }
            }
            svg.line(&[(key, 32.0), (key + 14.0, 32.0)], &format!("curve {}", line.class));
            svg.text((key + 18.0, 36.0), Anchor::Start, "label", &line.name);
            key += 30.0 + 7.0 * line.name.chars().count() as f64;
        }
        self.hover(&mut svg, &x);
        svg.finish(self.title)
    }

    /// Bands that show the values of all lines at their place.
    fn hover(&self, svg: &mut Svg, x: &Scale) {
        let Some(longest) = self.lines.iter().max_by_key(|line| line.points.len()) else { return };
        let places: Vec<f64> = longest.points.iter().map(|(across, _)| x.place(*across)).collect();
        let middle = |idx: usize| f64::midpoint(places[idx], places[idx + 1]);
        for (idx, (across, _)) in longest.points.iter().enumerate() {
            let begin = if idx == 0 { LEFT } else { middle(idx - 1) };
            let end = if idx + 1 == places.len() { self.width - RIGHT } else { middle(idx) };
            let at = |line: &Line| {
                let near = line
                    .points
                    .iter()
                    .min_by(|one, other| (one.0 - across).abs().total_cmp(&(other.0 - across).abs()));
                near.map(|(_, value)| format!("{} {}", line.name, plain(*value)))
            };
            let values: Vec<String> = self.lines.iter().filter_map(at).collect();
            let title = format!("{} {}: {}", plain(*across), self.axis, values.join(", "));
            svg.rect((begin, TOP), (end - begin, HEIGHT - TOP - BOTTOM), "hover", &title);
        }
    }
}

/// Draws the title, the axes and the grid.
fn frame(svg: &mut Svg, title: &str, axis: &str, width: f64, x: &Scale, y: &Scale) {
    svg.text((LEFT, 18.0), Anchor::Start, "title", title);
    for tick in y.ticks() {
        let place = y.place(tick);
        svg.line(&[(LEFT, place), (width - RIGHT, place)], "grid");
        svg.text((LEFT - 6.0, place + 4.0), Anchor::End, "label", &plain(tick));
    }
    let bottom = HEIGHT - BOTTOM;
    for tick in x.ticks() {
        let place = x.place(tick);
        svg.line(&[(place, bottom), (place, bottom + 4.0)], "grid");
        svg.text((place, bottom + 17.0), Anchor::Middle, "label", &plain(tick));
    }
    svg.text((width - RIGHT, HEIGHT - 6.0), Anchor::End, "label", axis);
}

/// A number in as few digits as possible.
pub(super) fn plain(value: f64) -> String {
    let text = match value.abs() {
        size if size < 0.1 => format!("{value:.4}"),
        size if size < 1.0 => format!("{value:.3}"),
        _ => format!("{value:.2}"),
    };
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

impl Histogram<'_> {
    /// Real pieces as bars and samples as a line over them.
    pub(super) fn draw(&self) -> String {
        let mut svg = Svg::new(SMALL, HEIGHT);
        let used = |bin: &(f64, f64)| bin.0 > 0.0 || bin.1 > 0.0;
        let first = self.bins.iter().position(used).unwrap_or(0);
        let end = self.bins.iter().rposition(used).map_or(self.bins.len(), |last| last + 1);
        let x = Scale { low: first as f64, high: end.max(first + 1) as f64, begin: LEFT, end: SMALL - RIGHT };
        let highest = self.bins.iter().map(|(one, other)| one.max(*other)).fold(1e-6, f64::max);
        let y = Scale { low: 0.0, high: 100.0 * highest, begin: HEIGHT - BOTTOM, end: TOP };
        svg.text((LEFT, 18.0), Anchor::Start, "title", self.title);
        for tick in y.ticks() {
            let place = y.place(tick);
            svg.line(&[(LEFT, place), (SMALL - RIGHT, place)], "grid");
            svg.text((LEFT - 6.0, place + 4.0), Anchor::End, "label", &format!("{}%", plain(tick)));
        }
        let mut steps = Vec::new();
        for (idx, (samples, real)) in self.bins.iter().enumerate().take(end).skip(first) {
            let (left, right) = (x.place(idx as f64), x.place(idx as f64 + 1.0));
            let top = y.place(100.0 * real);
            svg.rect((left, top), (right - left, HEIGHT - BOTTOM - top), "real", "");
            steps.extend([(left, y.place(100.0 * samples)), (right, y.place(100.0 * samples))]);
            let label = (self.label)(idx);
            if !label.is_empty() {
                svg.text((left, HEIGHT - BOTTOM + 17.0), Anchor::Middle, "label", &label);
            }
        }
        svg.line(&steps, "curve samples");
        svg.text((SMALL - RIGHT, HEIGHT - 6.0), Anchor::End, "label", self.axis);
        svg.finish(self.title)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::report::chart::{Chart, Line, SMALL, Scale};

    #[test]
    fn axes_begin_where_the_data_do_and_have_round_ticks() {
        let scale = Scale::over([2.13, 3.9].into_iter(), 200.0, 40.0);
        assert!((scale.place(2.13) - 200.0).abs() < 1e-9 && (scale.place(3.9) - 40.0).abs() < 1e-9);
        let ticks: Vec<String> = scale.ticks().iter().map(|tick| format!("{tick:.1}")).collect();
        assert_eq!(ticks, ["2.5", "3.0", "3.5"]);
        assert_eq!(Scale::over(std::iter::empty(), 0.0, 1.0).ticks().len(), 6);
        assert!(!Scale::over([2.0].into_iter(), 0.0, 1.0).ticks().is_empty());
    }

    #[test]
    fn pointing_at_a_chart_shows_the_values_of_all_lines_there() {
        let line = |name: &str, offset: f64| Line {
            name: name.to_owned(),
            class: "c0".to_owned(),
            points: vec![(0.5, 3.0 + offset), (1.0, 2.0 + offset)],
        };
        let lines = vec![line("training", 0.0), line("held out", 0.25)];
        let chart = Chart { title: "error", axis: "million notes", width: SMALL, lines }.draw();
        assert!(chart.contains("<title>0.5 million notes: training 3, held out 3.25</title>"), "{chart}");
        assert!(!chart.contains("NaN"));
    }
}
