//! Sheets of small piano rolls: many pieces of a style at a glance.

mod numbers;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::bundles::{self, System};
use crate::midi::{Note, Song};
use crate::picture::{Colour, LETTER, Picture};
use crate::roll::{CHANNELS, DRUMS};

/// What to compose.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The folder for the pieces and the pictures.
    #[arg(long, default_value = "out/sheets")]
    out: PathBuf,
    /// How many pieces of each style.
    #[arg(long, default_value_t = 20)]
    pieces: u32,
    /// The seed of the first; each further one adds one.
    #[arg(long, default_value_t = 101)]
    seed: u32,
    /// Bars of each.
    #[arg(long, default_value_t = 16)]
    bars: u16,
    /// The model; `default` is the one that ships with Continuo.
    #[arg(long, default_value = "default")]
    model: PathBuf,
}

/// Composes pieces in each style of a model with the last trainer that was packed, and draws a sheet of each style. Prints
/// what can be counted in them as a table.
///
/// # Errors
/// If the trainer is missing or fails, or a file cannot be written.
pub fn sheets(options: &Options) -> Result<()> {
    let trainer = bundles::folder()?.join(System::HERE.program("continuo-trainer"));
    ensure!(trainer.exists(), "there is no trainer: `cargo xtask bundle --release` makes it");
    let card = output(Command::new(&trainer).arg("inspect").arg(&options.model).arg("--json"))?;
    let card: Value = serde_json::from_str(&card)?;
    let styles = card["styles"].as_array().context("the model has no styles")?;
    println!("{}", numbers::HEADING);
    for style in styles {
        let style = style["name"].as_str().context("a style without a name")?;
        let folder = options.out.join(style);
        std::fs::create_dir_all(&folder)?;
        let mut pieces = Vec::new();
        for seed in (options.seed..).take(options.pieces as usize) {
            let midi = folder.join(format!("{seed}.mid"));
            let mut generate = Command::new(&trainer);
            generate
                .arg("generate")
                .arg(&options.model)
                .args(["--style", style, "--force"])
                .arg("--out")
                .arg(&midi);
            output(generate.args(["--seed", &seed.to_string(), "--bars", &options.bars.to_string()]))?;
            pieces.push((seed.to_string(), Song::read(&midi)?));
        }
        draw(&pieces, f64::from(options.bars), &options.out.join(format!("{style}.png")))?;
        let songs: Vec<Song> = pieces.into_iter().map(|(_, song)| song).collect();
        println!("{}", numbers::row(style, &songs, options.bars));
    }
    println!("The pictures are in {}.", options.out.display());
    Ok(())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    ensure!(output.status.success(), "{command:?} fails: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

const PAPER: Colour = [16, 17, 22];
const BAR_LINE: Colour = [34, 36, 44];
const FOURTH_BAR_LINE: Colour = [66, 68, 78];
const OCTAVE_LINE: Colour = [50, 42, 42];
const TEXT: Colour = [196, 202, 212];

const COLUMNS: usize = 4;
const WIDTH: usize = 470;
const HEIGHT: usize = 170;
const TOP: usize = LETTER + 5;
/// The height of the drums below other music.
const DRUM_HEIGHT: usize = 46;

/// Draws small rolls with their names, all with the same number of bars.
fn draw(pieces: &[(String, Song)], n_bars: f64, png: &Path) -> Result<()> {
    let n_rows = pieces.len().div_ceil(COLUMNS);
    let mut picture = Picture::new(COLUMNS * WIDTH, n_rows * HEIGHT, PAPER);
    for (idx, (name, song)) in pieces.iter().enumerate() {
        let (left, top) = (idx % COLUMNS * WIDTH + 2, idx / COLUMNS * HEIGHT + 2);
        let (_, (numerator, denominator)) = song.meters.first().copied().unwrap_or((0.0, (4, 4)));
        let name = format!("{name}  {numerator}/{denominator}  {} notes", song.notes.len());
        picture.text(left, top, &name, TEXT);
        let bar = 4.0 * f64::from(numerator) / f64::from(denominator);
        Roll { song, left, top: top + TOP, n_beats: n_bars * bar }.draw(&mut picture, bar);
    }
    picture.save(png)
}

struct Roll<'a> {
    song: &'a Song,
    left: usize,
    top: usize,
    n_beats: f64,
}

impl Roll<'_> {
    fn x(&self, beat: f64) -> usize {
        self.left + (beat / self.n_beats * (WIDTH - 6) as f64) as usize
    }

    fn draw(&self, picture: &mut Picture, bar: f64) {
        let height = HEIGHT - TOP - 6;
        let (drums, others): (Vec<&Note>, Vec<&Note>) =
            self.song.notes.iter().partition(|note| usize::from(note.channel) == DRUMS);
        let drum_height = match (drums.is_empty(), others.is_empty()) {
            (true, _) => 0,
            (false, true) => height,
            (false, false) => DRUM_HEIGHT,
        };
        for idx in 0..=(self.n_beats / bar).round() as usize {
            let colour = if idx % 4 == 0 { FOURTH_BAR_LINE } else { BAR_LINE };
            picture.fill(self.x(idx as f64 * bar), self.top, 1, height, colour);
        }
        let mut keys: Vec<u8> = others.iter().map(|note| note.key).collect();
        keys.sort_unstable();
        if let [low, .., high] | [low @ high] = keys[..] {
            let room = height - drum_height;
            let y =
                |key: u8| self.top + usize::from(high - key) * (room - 3) / usize::from(high - low).max(1);
            for octave in (low..=high).filter(|key| key % 12 == 0) {
                picture.fill(self.left, y(octave), WIDTH - 6, 1, OCTAVE_LINE);
            }
            for note in others {
                self.note(picture, note, y(note.key), self.x(note.beat + note.length));
            }
        }
        let mut kinds: Vec<u8> = drums.iter().map(|note| note.key).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for note in drums {
            let row = kinds.partition_point(|kind| *kind < note.key);
            let y = self.top + height - 4 - row * (drum_height - 8) / (kinds.len().max(2) - 1);
            self.note(picture, note, y, 0);
        }
    }

    fn note(&self, picture: &mut Picture, note: &Note, y: usize, end: usize) {
        let light = 0.4 + 0.6 * f64::from(note.velocity) / 127.0;
        let colour = CHANNELS[usize::from(note.channel) % CHANNELS.len()];
        let colour = colour.map(|part| (f64::from(part) * light) as u8);
        let x = self.x(note.beat);
        picture.fill(x, y, end.saturating_sub(x + 1).max(2), 3, colour);
    }
}
