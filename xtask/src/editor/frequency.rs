//! How often the editor is drawn.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};
use x11rb::protocol::xproto::ConnectionExt as _;

use crate::editor::window::{Display, Editor};
use crate::hosts::clap::ClapHost;
use crate::hosts::{Block, Pace, Recording};

/// Frames drawn a second.
pub(super) struct Frequency {
    mean: f64,
    /// In the best second.
    pub(super) best: usize,
}

impl Frequency {
    /// Counts how often the whole of the editor's window is drawn while these blocks are played in real time.
    pub(super) fn measure(
        host: &mut ClapHost,
        blocks: &mut (dyn Iterator<Item = Block> + Send),
        display: &Display,
        editor: &Editor,
    ) -> Result<Self> {
        let connection = &display.connection;
        connection.damage_query_version(1, 1)?.reply()?;
        let inside = connection.query_tree(editor.window)?.reply()?.children;
        let drawn_in = *inside.first().context("the editor has no window")?;
        let damage = connection.generate_id()?;
        connection.damage_create(damage, drawn_in, ReportLevel::RAW_RECTANGLES)?;
        connection.flush()?;
        let begun = Instant::now();
        // By the display's clock, in milliseconds.
        let mut drawn = Vec::new();
        host.play_while(blocks, Pace::RealTime, &mut Recording::default(), |_| {
            std::thread::sleep(Duration::from_millis(4));
            while let Some(event) = connection.poll_for_event()? {
                // A large picture may be drawn in strips: the uppermost counts.
                if let Event::DamageNotify(event) = event
                    && (event.area.x, event.area.y, u32::from(event.area.width)) == (0, 0, editor.size.width)
                {
                    drawn.push(event.timestamp);
                }
            }
            Ok(())
        })?;
        connection.damage_destroy(damage)?;
        ensure!(drawn.len() > 1, "the picture never changes");
        let within_a_second = |(idx, from): (usize, &u32)| {
            drawn[idx..].iter().take_while(|at| at.wrapping_sub(*from) < 1000).count()
        };
        let best = drawn.iter().enumerate().map(within_a_second).max().unwrap_or(0);
        Ok(Self { mean: (drawn.len() - 1) as f64 / begun.elapsed().as_secs_f64(), best })
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0}, {} in the best second", self.mean, self.best)
    }
}
