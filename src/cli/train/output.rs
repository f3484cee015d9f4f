//! Where a run reports to: words and a bar on the terminal, JSON lines for another program, or nothing.

use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::print::print_line;
use crate::cli::train::options::TrainArgs;
use crate::cli::train::words::{beside_bar, words};
use crate::run_events::{Reached, RunEvent};

/// Where a run reports to.
pub(super) struct Output {
    form: Form,
    bar: ProgressBar,
    /// When progress was last written as a line of JSON.
    last: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Words,
    Json,
    Quiet,
}

/// The shortest time between two lines of progress, except those with a validation.
const INTERVAL: Duration = Duration::from_millis(500);

impl Output {
    pub(super) fn new(args: &TrainArgs) -> Result<Self> {
        let form = match (args.json, args.quiet) {
            (true, _) => Form::Json,
            (_, true) => Form::Quiet,
            _ => Form::Words,
        };
        let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::hidden());
        bar.set_style(ProgressStyle::with_template("{bar:20} {percent:>3}% {msg}")?);
        Ok(Self { form, bar, last: None })
    }

    /// Reports an event. A reader that has gone away stops no training.
    pub(super) fn report(&self, event: &RunEvent) {
        let line = match self.form {
            Form::Words => words(event),
            Form::Json => Some(event.line()),
            Form::Quiet => None,
        };
        if let Some(line) = line {
            self.print(&line);
        }
    }

    /// Whether a program reads the events.
    pub(super) fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    /// Prints a text on the terminal, if words are wanted.
    pub(super) fn say(&self, text: &str) {
        if self.form == Form::Words {
            self.print(text);
        }
    }

    /// Shows the bar until [`Output::hide_bar`].
    pub(super) fn show_bar(&self) {
        if self.form == Form::Words {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    pub(super) fn hide_bar(&self) {
        self.bar.finish_and_clear();
    }

    /// Reports how far the run has come.
    pub(super) fn progress(&mut self, reached: Reached) {
        self.bar.set_position((reached.done * 1000.0) as u64);
        self.bar.set_message(beside_bar(&reached));
        let is_due = self.last.is_none_or(|last| last.elapsed() > INTERVAL);
        if reached.held_out.is_some() || (self.form == Form::Json && is_due) {
            self.last = Some(Instant::now());
            self.report(&RunEvent::Progress(reached));
        }
    }

    fn print(&self, text: &str) {
        // Nobody can be told that nobody reads.
        let _ = self.bar.suspend(|| print_line(text));
    }
}
