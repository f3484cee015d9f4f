//! A user at the editor: real clicks in a real window, and what the host hears of them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, MOTION_NOTIFY_EVENT,
};
use x11rb::protocol::xtest::ConnectionExt as _;

use crate::editor::user::{Colours, is_test_user};
use crate::editor::window::{Display, Editor};
use crate::hosts::clap::ClapHost;
use crate::hosts::{Daw, Host as _, Meanwhile, Pace, Recording, RenderMode, Setup};
use crate::picture::save_png;

/// Where things are in the window of the usual size, 1000 x 640.
mod at {
    pub(super) type Place = (i16, i16);

    pub(super) const STYLE: Place = (415, 19);
    pub(super) const NEXT_STYLE: Place = (485, 19);
    /// The triangle of the third style, with the list open.
    pub(super) const HEAR_THIRD: Place = (575, 120);
    pub(super) const UNDO: Place = (692, 19);
    pub(super) const REDO: Place = (723, 19);
    pub(super) const RE_ROLL: Place = (68, 551);
    pub(super) const PREVIOUS: Place = (60, 584);
    pub(super) const LOCK: Place = (152, 584);
    /// Nothing is here.
    pub(super) const NOTHING: Place = (500, 628);
}

/// The phrase has two bars, which take two seconds.
const TEMPO: f64 = 240.0;
const PHRASE: f64 = 8.0;

/// The sample within the pass, the channel, the key and the velocity of each note.
type Heard = Vec<(u64, u8, u8, u8)>;

/// Opens the editor of a `.clap` file in a window and clicks through it while the host plays: styles, undo, re-roll,
/// the idea before, a locked phrase, and a style that is heard before it is chosen. Saves pictures into a folder.
///
/// # Errors
/// If there is no display, or a click does not do what it should.
pub fn click(clap: &Path, folder: &Path) -> Result<()> {
    if !is_test_user(&["click-editor".into(), clap.into(), folder.into()], Colours::Dark, &[])? {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    let mut user = User::sit_down(clap, folder)?;
    let first = user.listen()?;
    ensure!(!first.is_empty(), "nothing is heard");
    user.click_until(at::NEXT_STYLE, "Style", |now, before| now != before)?;
    ensure!(user.listen()? != first, "another style plays the same notes");
    user.click_until(at::UNDO, "Style", |now, before| now != before)?;
    ensure!(user.listen()? == first, "after undoing another style the music is not what it was");
    user.click_until(at::REDO, "Style", |now, before| now != before)?;
    user.click_until(at::UNDO, "Style", |now, before| now != before)?;
    println!("another style, undone and redone: the music is what it was");

    user.click_until(at::RE_ROLL, "Seed", |now, before| now != before)?;
    let second = user.listen()?;
    ensure!(second != first, "a re-roll plays the same notes");
    user.click_until(at::PREVIOUS, "Seed", |now, before| now != before)?;
    ensure!(user.listen()? == first, "the idea before is not what it was");
    user.picture("previous")?;
    user.click_until(at::UNDO, "Seed", |now, before| now != before)?;
    ensure!(user.listen()? == second, "undo does not return to the re-roll");
    println!("a re-roll, the idea before and back: each is what it was");

    user.click(at::LOCK)?;
    user.click_until(at::RE_ROLL, "Seed", |now, before| now != before)?;
    ensure!(user.listen()? == second, "a locked phrase has changed");
    user.picture("locked")?;
    user.click_until(at::UNDO, "Seed", |now, before| now != before)?;
    user.click(at::UNDO)?;
    user.click_until(at::RE_ROLL, "Seed", |now, before| now != before)?;
    ensure!(user.listen()? != second, "a phrase that was let go has not changed");
    println!("a locked phrase stays, and undone it does not");

    user.click(at::STYLE)?;
    user.picture("styles")?;
    let loudest = user.audition(at::HEAR_THIRD)?;
    ensure!(loudest > 0.01, "a style that is tried is not heard: {loudest}");
    println!("a style that is tried while the host stands is heard (peak {loudest:.2})");
    user.leave()
}

struct User<'a> {
    /// For pictures.
    folder: &'a Path,
    host: ClapHost,
    display: Display,
    editor: Editor,
}

impl<'a> User<'a> {
    fn sit_down(clap: &Path, folder: &'a Path) -> Result<Self> {
        let mut host = ClapHost::load(clap)?;
        host.activate(Setup { mode: RenderMode::Realtime, ..Setup::default() })?;
        host.set("length", "2 bars")?;
        let display = Display::connect()?;
        let editor = Editor::open(&mut host, &display)?;
        editor.wait_for_picture(&mut host, &display, Duration::from_millis(300))?;
        Ok(Self { folder, host, display, editor })
    }

    fn leave(mut self) -> Result<()> {
        self.editor.close(&mut self.host, &self.display)
    }

    /// The notes of the phrase, the third time that it comes round.
    fn listen(&mut self) -> Result<Heard> {
        let mut daw = Daw { tempo: TEMPO, cycle: Some((0.0, PHRASE)), ..Daw::default() };
        let pass = (PHRASE * daw.sample_rate * 60.0 / TEMPO) as u64;
        let mut blocks = daw.play(3.0 * PHRASE);
        blocks.extend(daw.stand(4800));
        let mut recording = Recording::default();
        self.host.play(&mut blocks.into_iter(), Pace::RealTime, Meanwhile::Answer, &mut recording)?;
        let notes =
            recording.notes()?.into_iter().filter(|note| note.on + 1 >= 2 * pass && note.on < 3 * pass);
        let mut heard: Heard =
            notes.map(|note| ((note.on + 1 - 2 * pass) / 2, note.channel, note.key, note.velocity)).collect();
        heard.sort_unstable();
        Ok(heard)
    }

    /// The text of a parameter.
    fn text(&mut self, name: &str) -> Result<String> {
        let parameters = self.host.parameters()?;
        let parameter = parameters.into_iter().find(|parameter| parameter.name == name);
        Ok(parameter.with_context(|| format!("no parameter {name}"))?.text)
    }

    /// Clicks, and waits until a parameter's text is as `is_right` wants it, given the text before.
    fn click_until(
        &mut self,
        place: at::Place,
        parameter: &str,
        is_right: impl Fn(&str, &str) -> bool,
    ) -> Result<()> {
        let before = self.text(parameter)?;
        self.click(place)?;
        let now = self.text(parameter)?;
        if !is_right(&now, &before) {
            self.picture("failed")?;
        }
        ensure!(
            is_right(&now, &before),
            "after a click at {place:?}, {parameter} is {now:?} and was {before:?}"
        );
        Ok(())
    }

    /// Clicks while the host stands, and lets it stand for a while.
    fn click(&mut self, place: at::Place) -> Result<()> {
        self.stand_while(&mut Recording::default(), |user, host| {
            user.press_at(place)?;
            pause(host, Duration::from_millis(900));
            // Away from everything that shows a hint.
            user.move_to(at::NOTHING)
        })
    }

    /// Clicks while the host stands, and returns the loudest sample of the three seconds after.
    fn audition(&mut self, place: at::Place) -> Result<f32> {
        let mut recording = Recording::with_audio();
        self.stand_while(&mut recording, |user, host| {
            user.press_at(place)?;
            pause(host, Duration::from_secs(3));
            Ok(())
        })?;
        ensure!(recording.events.is_empty(), "music to try goes out to the host");
        let audio = recording.audio.context("no sound was recorded")?;
        Ok(audio.iter().flatten().fold(0.0, |loudest: f32, sample| loudest.max(sample.abs())))
    }

    /// Lets the host stand while something is done on its main thread.
    fn stand_while(
        &mut self,
        recording: &mut Recording,
        act: impl Fn(&Hand<'_>, &mut ClapHost) -> Result<()>,
    ) -> Result<()> {
        let is_done = AtomicBool::new(false);
        let mut daw = Daw { tempo: TEMPO, ..Daw::default() };
        let mut standing = std::iter::repeat_with(|| daw.stand(512)).flatten();
        let mut blocks =
            std::iter::from_fn(|| if is_done.load(Ordering::Relaxed) { None } else { standing.next() });
        let hand = Hand { display: &self.display, editor: &self.editor };
        self.host.play_while(&mut blocks, Pace::RealTime, recording, |host| {
            if is_done.load(Ordering::Relaxed) {
                return Ok(());
            }
            let done = act(&hand, host);
            is_done.store(true, Ordering::Relaxed);
            done
        })
    }

    fn picture(&mut self, name: &str) -> Result<()> {
        let png = self.folder.join(format!("{name}.png"));
        let pixels =
            self.editor.wait_for_picture(&mut self.host, &self.display, Duration::from_millis(300))?;
        save_png(&png, self.editor.size.width as usize, self.editor.size.height as usize, &pixels)
    }
}

/// The pointer.
struct Hand<'a> {
    display: &'a Display,
    editor: &'a Editor,
}

impl Hand<'_> {
    fn press_at(&self, place: at::Place) -> Result<()> {
        self.move_to(place)?;
        std::thread::sleep(Duration::from_millis(120));
        for kind in [BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT] {
            self.display.connection.xtest_fake_input(kind, 1, 0, x11rb::NONE, 0, 0, 0)?;
            self.display.connection.flush()?;
            std::thread::sleep(Duration::from_millis(60));
        }
        Ok(())
    }

    fn move_to(&self, (x, y): at::Place) -> Result<()> {
        let connection = &self.display.connection;
        let root = self.display.root();
        let place = connection.translate_coordinates(self.editor.window, root, x, y)?.reply()?;
        connection.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, root, place.dst_x, place.dst_y, 0)?;
        connection.flush()?;
        Ok(())
    }
}

/// Answers the plugin for a while.
fn pause(host: &mut ClapHost, time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        host.answer();
        std::thread::sleep(Duration::from_millis(10));
    }
}
