//! Draws the notes of one bar from a generator that is at its beginning.
//!
//! Everything here is relative to the network's tonic of C.

use rand_pcg::Pcg64;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::played_in::PlayedNote;
use crate::composer::writing::place::{Place, style};
use crate::model::encoding::Told;
use crate::model::{Constraints, Drawn, Generator, Given, Snapshot};
use crate::music::{Family, FamilySet, Mode, Note, PitchClassSet, Tick};

/// How often a bar that came out broken is drawn again.
const BROKEN_RETRIES: u64 = 3;
/// How often the last bar of a piece is drawn again until it ends on the tonic.
const HOME_RETRIES: u64 = 14;
/// From which of them on it is drawn from the tonic triad alone.
const FROM_TRIAD: u64 = 7;
/// From which of them on it is drawn from the tonic alone.
const FROM_TONIC: u64 = 13;
/// How often an empty bar is drawn before a note is made to begin in it.
const EMPTY_TRIES: usize = 4;
/// How often, in a bar, a note that begins too early is drawn again.
const EARLY_RETRIES: usize = 64;

/// What is drawn again of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Redraw {
    Rhythm,
    Pitches,
}

impl Place {
    /// Begins the bar in the generator, and feeds it the notes that are in the bar already.
    pub(crate) async fn begin(&self, generator: &mut Generator, notes: &[Note]) {
        generator.set_style(style(&self.knobs), self.key.mode);
        generator.begin_bar(self.start, self.meter);
        for note in notes {
            generator.feed_async(note).await;
        }
    }

    /// Draws the whole bar, and again if it comes out cut off or stuck on one note, or does not come home though it is
    /// to.
    ///
    /// Returns what the generator was before; it has been fed the bar.
    pub(crate) async fn draw_bar(&self, generator: &mut Generator) -> (Vec<Drawn>, Snapshot) {
        let before = generator.snapshot();
        let mut n_retries = 0;
        loop {
            self.begin(generator, &[]).await;
            // Far beyond the parts that a bar can have in ticks.
            let mut rng = self.rng(n_retries << 32);
            let place = if self.comes_home { self.nearer_home(n_retries) } else { *self };
            let drawn = place.draw_from(generator, &[], self.start, &mut rng).await;
            let is_right = !is_broken(&drawn) && (!self.comes_home || is_home(&drawn));
            if is_right || n_retries >= if self.comes_home { HOME_RETRIES } else { BROKEN_RETRIES } {
                return (drawn, before);
            }
            n_retries += 1;
            generator.restore(&before);
        }
    }

    /// The same place after so many retries: at last with the tonic triad alone, as far as the scale has it, and then with
    /// the tonic; with the whole scale if that lacks the tonic.
    fn nearer_home(&self, n_retries: u64) -> Self {
        let third = if self.key.mode == Mode::Minor { 3 } else { 4 };
        let home = match n_retries {
            0..FROM_TRIAD => return *self,
            FROM_TRIAD..FROM_TONIC => PitchClassSet::new(&[0, third, 7]),
            FROM_TONIC.. => PitchClassSet::new(&[0]),
        };
        let open = PitchClassSet::from_bits(self.pitch_classes.bits() & home.bits());
        Self { pitch_classes: if open.contains(0) { open } else { self.pitch_classes }, ..*self }
    }

    /// Draws the rest of the bar, which has begun and holds `kept`, from the position `from` on.
    pub(crate) async fn draw_from(
        &self,
        generator: &mut Generator,
        kept: &[Note],
        from: Tick,
        rng: &mut Pcg64,
    ) -> Vec<Drawn> {
        let (until, constraints) = (self.end(), self.constraints());
        if !kept.is_empty() || from > self.start {
            return self.draw_range(generator, kept.len(), from, until, &constraints, rng).await;
        }
        // A bar in which no note begins is mostly an accident: it is drawn again, and in the end a note has
        // to begin, if any may.
        for _ in 0..EMPTY_TRIES {
            let drawn = self.draw_range(generator, 0, from, until, &constraints, rng).await;
            if !drawn.is_empty() {
                return drawn;
            }
        }
        let given = Given { from: Some(from), before: Some(until), ..Given::default() };
        let Some(first) = generator.draw(&self.sampling(), &constraints, &given, rng) else {
            return Vec::new();
        };
        generator.feed_async(&first.note).await;
        let mut drawn = vec![first];
        drawn.extend(self.draw_range(generator, 1, from, until, &constraints, rng).await);
        drawn
    }

    /// Draws notes that begin in a range, in a bar that holds `n_before` notes.
    async fn draw_range(
        &self,
        generator: &mut Generator,
        n_before: usize,
        from: Tick,
        until: Tick,
        constraints: &Constraints,
        rng: &mut Pcg64,
    ) -> Vec<Drawn> {
        let sampling = self.sampling();
        let mut drawn: Vec<Drawn> = Vec::new();
        let mut n_retries = 0;
        while n_before + drawn.len() < ComposedBar::MAX_NOTES && n_retries < EARLY_RETRIES {
            let Some(next) = generator.draw(&sampling, constraints, &Given::default(), rng) else {
                break;
            };
            let note = next.note;
            if note.onset >= until {
                break;
            }
            if note.onset < from {
                n_retries += 1;
                continue;
            }
            generator.feed_async(&note).await;
            drawn.push(next);
        }
        drawn
    }

    /// Draws the bar around notes that it has in any case: each is fed in its place between those that are drawn.
    pub(crate) async fn draw_around(
        &self,
        generator: &mut Generator,
        given: &[Note],
        rng: &mut Pcg64,
    ) -> Vec<Drawn> {
        let (sampling, constraints) = (self.sampling(), self.constraints());
        let (mut drawn, mut given): (Vec<Drawn>, _) = (Vec::new(), given.iter().peekable());
        while drawn.len() < ComposedBar::MAX_NOTES {
            let next = generator.draw(&sampling, &constraints, &Given::default(), rng);
            let next = next.filter(|next| next.note.onset < self.end());
            let is_first = |given: &&Note| next.is_none_or(|next| **given <= next.note);
            let next = match (given.next_if(is_first), next) {
                (Some(given), _) => Drawn { note: *given, log_probability: f32::NEG_INFINITY },
                (None, Some(next)) => next,
                (None, None) => break,
            };
            generator.feed_async(&next.note).await;
            drawn.push(next);
        }
        drawn
    }

    /// Draws the bar beside notes that are being played in. What is drawn depends only on those played
    /// before it.
    ///
    /// `played` are the notes that begin in this bar, `quantised` the same as the network is given them. The
    /// generator is fed both what was played and what is drawn. `told` says what the network is told from a position on,
    /// if it is told something of its own there.
    pub(crate) async fn draw_along(
        &self,
        generator: &mut Generator,
        played: &[PlayedNote],
        quantised: &[Note],
        told: impl Fn(Tick) -> Option<Told>,
    ) -> Vec<Drawn> {
        let mut constraints = self.constraints();
        constraints.families = without(constraints.families, self.knobs.instrument);
        let mut cuts: Vec<Tick> = played.iter().map(reaction_to).filter(|cut| *cut < self.end()).collect();
        cuts.push(self.start);
        cuts.sort_unstable();
        cuts.dedup();
        let mut drawn = Vec::new();
        for (idx, from) in cuts.iter().copied().enumerate() {
            let until = cuts.get(idx + 1).copied().unwrap_or(self.end());
            if let Some(told) = told(from) {
                generator.tell(told);
            }
            let before = generator.snapshot();
            let mut rng = self.rng((from - self.start).0 as u64);
            let more = self.draw_range(generator, drawn.len(), from, until, &constraints, &mut rng).await;
            // What was played meanwhile could not be known; now it is fed in its place.
            generator.restore(&before);
            let meanwhile = quantised.iter().filter(|note| (from..until).contains(&note.onset));
            let mut both: Vec<Note> = meanwhile.copied().chain(more.iter().map(|drawn| drawn.note)).collect();
            both.sort_unstable();
            for note in &both {
                generator.feed_async(note).await;
            }
            drawn.extend(more);
        }
        drawn
    }

    /// Draws other pitches for the rhythm of `notes`, or another rhythm for their pitches. Locked ones stay, and in another
    /// rhythm those that begin together with one.
    pub(crate) async fn redraw(
        &self,
        generator: &mut Generator,
        notes: &[Note],
        (what, locked): (Redraw, &[Note]),
        rng: &mut Pcg64,
    ) -> Vec<Drawn> {
        let (sampling, constraints) = (self.sampling(), self.constraints());
        let mut drawn = Vec::new();
        let stays = |note: &Note| match what {
            Redraw::Pitches => locked.contains(note),
            Redraw::Rhythm => locked.iter().any(|locked| locked.onset == note.onset),
        };
        for (idx, note) in notes.iter().enumerate() {
            if stays(note) {
                generator.feed_async(note).await;
                drawn.push(Drawn { note: *note, log_probability: f32::NEG_INFINITY });
                continue;
            }
            let family = Some(note.family);
            let given = match what {
                Redraw::Pitches => Given {
                    family,
                    onset: Some(note.onset),
                    duration: Some(note.duration),
                    velocity: Some(note.velocity),
                    feel: note.feel,
                    // A drum's pitch is its instrument: another one is another rhythm.
                    pitch: note.family.is_drums().then_some(note.pitch),
                    ..Given::default()
                },
                Redraw::Rhythm => {
                    let before = notes[idx..].iter().find(|note| stays(note)).map(|note| note.onset);
                    let before = Some(before.unwrap_or(self.end()));
                    Given { family, pitch: Some(note.pitch), before, ..Given::default() }
                }
            };
            if let Some(next) = generator.draw(&sampling, &constraints, &given, rng) {
                generator.feed_async(&next.note).await;
                drawn.push(next);
            }
        }
        drawn
    }
}

/// Whether a bar cannot have been meant: cut off, or many notes on one key.
fn is_broken(drawn: &[Drawn]) -> bool {
    const MANY: usize = 12;
    let is_stuck = || {
        let pitch = drawn.first().map(|first| first.note.pitch);
        drawn.iter().all(|drawn| !drawn.note.family.is_drums() && Some(drawn.note.pitch) == pitch)
    };
    drawn.len() >= ComposedBar::MAX_NOTES || drawn.len() >= MANY && is_stuck()
}

/// Whether the lowest of these notes is the tonic, and the lowest of those that begin last too. Drums are at home
/// anywhere.
fn is_home(drawn: &[Drawn]) -> bool {
    let notes = || drawn.iter().map(|drawn| drawn.note).filter(|note| !note.family.is_drums());
    let last_onset = notes().map(|note| note.onset).max();
    let is_tonic = |pitch: Option<u8>| pitch.is_none_or(|pitch| pitch % 12 == 0);
    let last = notes().filter(|note| Some(note.onset) == last_onset);
    is_tonic(notes().map(|note| note.pitch).min()) && is_tonic(last.map(|note| note.pitch).min())
}

/// From where on a played note is answered: the next eighth that can still be composed in time.
pub(crate) fn reaction_to(note: &PlayedNote) -> Tick {
    /// How much time the composer has, in ticks: 31 milliseconds at 240 beats a minute.
    const MARGIN: i64 = 3;
    const EIGHTH: i64 = Tick::PER_BEAT / 2;
    let soonest = note.at.max(note.onset).0 + MARGIN;
    Tick(soonest.div_euclid(EIGHTH) * EIGHTH + if soonest % EIGHTH == 0 { 0 } else { EIGHTH })
}

/// The families but for one.
pub(crate) fn without(families: FamilySet, family: Family) -> FamilySet {
    FamilySet::from_bits(families.bits() & !FamilySet::EMPTY.with(family).bits())
}
