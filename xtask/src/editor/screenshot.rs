//! Pictures of the editor.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::editor::user::{Colours, is_test_user};
use crate::editor::window::{Display, Editor};
use crate::hosts::clap::ClapHost;
use crate::hosts::{Daw, Host as _, Meanwhile, Pace, Recording, RenderMode, Setup};
use crate::picture::save_png;

/// Plays a `.clap` file for a while, opens its editor and saves a picture of it in these colours, on a virtual
/// display if there is no other.
///
/// # Errors
/// If the plugin has no editor, there is no display, or the window stays blank.
pub fn screenshot(clap: &Path, png: &Path, colours: Colours) -> Result<()> {
    if !is_test_user(&["screenshot".into(), clap.into(), png.into()], colours, &[])? {
        return Ok(());
    }
    let mut host = ClapHost::load(clap)?;
    play_some(&mut host)?;
    let display = Display::connect()?;
    let editor = Editor::open(&mut host, &display)?;
    display.move_pointer_away()?;
    let (pixels, size) = (editor.wait_for_picture(&mut host, &display, Duration::from_secs(1))?, editor.size);
    save_png(png, size.width as usize, size.height as usize, &pixels)?;
    editor.close(&mut host, &display)?;
    println!("the editor, {} x {}: {}", size.width, size.height, png.display());
    Ok(())
}

/// Plays into the third bar, so that there are notes to see.
fn play_some(host: &mut ClapHost) -> Result<()> {
    host.activate(Setup { mode: RenderMode::Offline, ..Setup::default() })?;
    let mut blocks = Daw::default().play(10.0).into_iter();
    host.play(&mut blocks, Pace::AsFastAsPossible, Meanwhile::Answer, &mut Recording::default())
}
