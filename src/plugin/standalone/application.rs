//! The application from its start to its end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, bounded};
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::{Editor as _, EditorHandle as _, SpawnedEditor};

use crate::plugin::editor::EditorWindow;
use crate::plugin::editor::window::window::Handle;
use crate::plugin::instance::Instance;
use crate::plugin::own_transport::OwnTransport;
use crate::plugin::parameters::Parameters;
use crate::plugin::standalone::error::StandaloneError;
use crate::plugin::standalone::host::EditorHost;
use crate::plugin::standalone::options::Options;
use crate::plugin::standalone::session_file::{self, SessionFile};
use crate::plugin::standalone::{audio, list};

/// How often the session is saved while the application runs.
const SAVE_INTERVAL: Duration = Duration::from_mins(1);
/// How long the end waits for the audio thread to end what sounds.
const TIME_TO_SILENCE: Duration = Duration::from_millis(500);

/// Runs the application until its window is closed.
///
/// # Errors
/// If there is no audio, no such port, or no display.
pub fn run(options: &Options) -> Result<(), StandaloneError> {
    if options.list {
        print!("{}", list::list());
        return Ok(());
    }
    let instance = Instance::new();
    let parameters = Arc::clone(instance.parameters());
    let (saved, file, words) = SessionFile::load(options.session.as_deref(), &parameters);
    let transport = Arc::new(OwnTransport::new(options.song(saved)));
    let audio = audio::start(options, instance, &transport)?;
    for words in [words, audio.warning.clone()].into_iter().flatten() {
        parameters.session.add_message(words);
    }
    println!("Sound goes to: {}", audio.destination);
    let session = Arc::new(Session {
        parameters: Arc::clone(&parameters),
        transport: Arc::clone(&transport),
        file: Mutex::new(file.map(|file| (file, Vec::new()))),
    });
    let at_interrupt = Arc::clone(&session);
    // Ctrl-C, a request to terminate and a closed terminal alike. Without it, they end the process as usual.
    let _ = ctrlc::set_handler(move || {
        at_interrupt.end();
        std::process::exit(0);
    });
    if options.play {
        transport.play();
    }
    let (stop_saving, end) = bounded::<()>(0);
    let saved_on = Arc::clone(&session);
    let saver = std::thread::Builder::new().name("continuo saver".into()).spawn(move || {
        while end.recv_timeout(SAVE_INTERVAL) == Err(RecvTimeoutError::Timeout) {
            saved_on.save();
        }
    });
    let shown = show(&parameters, transport);
    drop(stop_saving);
    if let Ok(saver) = saver {
        // If it panicked, the session is saved below.
        let _ = saver.join();
    }
    session.end();
    drop(audio);
    shown
}

/// Opens the window, and returns when it is closed.
fn show(parameters: &Arc<Parameters>, transport: Arc<OwnTransport>) -> Result<(), StandaloneError> {
    let editor = EditorWindow::with_transport(Arc::clone(parameters), transport)
        .ok_or_else(|| StandaloneError::Window("the editor cannot be made".into()))?;
    let host = GuiContext::new(Arc::new(EditorHost(Arc::clone(parameters))));
    let SpawnedEditor { handle: _handle, window } =
        editor.spawn(None, false, None, host, None).map_err(StandaloneError::Window)?;
    Handle::run_until_closed(window).map_err(|error| StandaloneError::Window(error.into()))
}

/// What is saved, and where.
struct Session {
    parameters: Arc<Parameters>,
    transport: Arc<OwnTransport>,
    /// The file and what is in it, as far as it was written by this process.
    file: Mutex<Option<(SessionFile, Vec<u8>)>>,
}

impl Session {
    /// Saves the session if it has changed.
    fn save(&self) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((file, written)) = &mut *file else { return };
        let bytes = session_file::bytes(self.transport.song(), &self.parameters);
        if bytes == *written {
            return;
        }
        match file.save(&bytes) {
            Ok(()) => *written = bytes,
            Err(error) => {
                self.parameters.session.add_error(&error);
                eprintln!("error: {}", crate::errors::with_causes(&error));
            }
        }
    }

    /// Stops the song, waits until every note-off is sent, saves, and lets go of the file.
    fn end(&self) {
        self.transport.stop();
        // A block may have begun before the song was stopped.
        let (n_blocks, begun) = (self.transport.n_blocks(), Instant::now());
        while self.transport.n_blocks() < n_blocks + 2 && begun.elapsed() < TIME_TO_SILENCE {
            // The audio thread wakes nobody.
            std::thread::sleep(Duration::from_millis(2));
        }
        self.save();
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
