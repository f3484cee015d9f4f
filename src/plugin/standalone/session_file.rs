//! The file that keeps music and settings until the next time.
//!
//! A JSON object: `continuo_session` (1), the song's `tempo`, `meter` and `loop_bars`, and `state`, which has the form in
//! which hosts save the plugin.

use std::path::{Path, PathBuf};

use nice_plug::params::Params as _;
use nice_plug::plugin::{ParamValue, PluginState};
use serde::{Deserialize, Serialize};

use crate::errors::with_causes;
use crate::files::{self, Kind, Lock, LockError, WriteError};
use crate::music::Meter;
use crate::player::Knob;
use crate::plugin::folders::data_folder;
use crate::plugin::own_transport::Song;
use crate::plugin::parameters::Parameters;

/// The version of the format.
const VERSION: u32 = 1;
/// No session is larger: hours of song are some megabytes.
const MAX_BYTES: u64 = 1 << 28;
/// What such a file begins with.
const SESSION: Kind =
    Kind { name: "a session of Continuo", begins: |head| head.starts_with(br#"{"continuo_session":"#) };

/// The session as it is saved.
#[derive(Debug, Serialize, Deserialize)]
struct SavedSession {
    continuo_session: u32,
    tempo: f64,
    meter: (u8, u8),
    loop_bars: u32,
    state: PluginState,
}

/// The file, locked against a second application.
#[derive(Debug)]
pub(super) struct SessionFile {
    path: PathBuf,
    _lock: Lock,
}

impl SessionFile {
    /// Opens a session, loads it into the parameters, and returns the song and the file to save it in.
    ///
    /// A session that cannot be read or is open elsewhere is left as it is: there is a new one then, with no file, and words
    /// for the user.
    pub(super) fn load(path: Option<&Path>, parameters: &Parameters) -> (Song, Option<Self>, Option<String>) {
        let Some(path) = path.map(Path::to_owned).or_else(default_path) else {
            return (new(parameters), None, Some(unsaved("there is no folder for it")));
        };
        match Self::open(&path) {
            Ok((file, Some(session))) => (restore(session, parameters), Some(file), None),
            Ok((file, None)) => (new(parameters), Some(file), None),
            Err(reason) => (new(parameters), None, Some(unsaved(&reason))),
        }
    }

    fn open(path: &Path) -> Result<(Self, Option<SavedSession>), String> {
        let cannot = |error: &dyn std::error::Error| format!("{}: {}", path.display(), with_causes(error));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| cannot(&error))?;
        }
        let lock = Lock::take(&path.with_added_extension("lock")).map_err(|error| match error {
            LockError::Held { .. } => format!("{} is open in another Continuo", path.display()),
            LockError::File { .. } => cannot(&error),
        })?;
        let file = Self { path: path.to_owned(), _lock: lock };
        let bytes = match files::read(path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((file, None)),
            Err(error) => return Err(cannot(&error)),
        };
        let session: SavedSession = serde_json::from_slice(&bytes).map_err(|error| cannot(&error))?;
        if session.continuo_session > VERSION {
            return Err(format!("{} was saved by a later version", path.display()));
        }
        Ok((file, Some(session)))
    }

    /// Saves the session.
    ///
    /// # Errors
    /// If the file cannot be written. What was there is then unchanged.
    pub(super) fn save(&self, bytes: &[u8]) -> Result<(), WriteError> {
        files::replace(&self.path, SESSION, bytes)
    }
}

/// The session in bytes. Waits for what the composer has to do.
pub(super) fn bytes(song: Song, parameters: &Parameters) -> Vec<u8> {
    let session = SavedSession {
        continuo_session: VERSION,
        tempo: song.tempo,
        meter: (song.meter.numerator(), song.meter.denominator()),
        loop_bars: song.loop_bars,
        state: state(parameters),
    };
    // It has no keys but texts and no numbers that JSON lacks.
    serde_json::to_vec(&session).unwrap_or_default()
}

fn default_path() -> Option<PathBuf> {
    Some(data_folder()?.join("application.session"))
}

fn unsaved(reason: &str) -> String {
    format!("{reason}. This is a new session, which will not be saved")
}

/// Sets what differs in a new session of the application from one in a host.
fn new(parameters: &Parameters) -> Song {
    // There may be nothing else that sounds.
    parameters.put(Knob::Preview, 1.0);
    Song::default()
}

fn restore(session: SavedSession, parameters: &Parameters) -> Song {
    let SavedSession { tempo, meter: (numerator, denominator), loop_bars, mut state, .. } = session;
    Parameters::complete(&mut state);
    for knob in Knob::all() {
        let plain = match state.params.get(knob.id()) {
            Some(ParamValue::F32(value)) => *value,
            Some(ParamValue::I32(value)) => *value as f32,
            Some(ParamValue::Bool(is_on)) => f32::from(u8::from(*is_on)),
            Some(ParamValue::String(_)) | None => continue,
        };
        parameters.put_plain(knob, plain);
    }
    parameters.deserialize_fields(&state.fields);
    let meter = Meter::new(numerator.into(), denominator.into()).unwrap_or(Meter::COMMON);
    Song { tempo, meter, loop_bars }.valid()
}

/// The parameters as hosts save them.
pub(super) fn state(parameters: &Parameters) -> PluginState {
    let value = |knob: Knob| {
        let plain = parameters.plain(knob);
        match parameters.default_value(knob) {
            ParamValue::F32(_) => ParamValue::F32(plain),
            ParamValue::Bool(_) => ParamValue::Bool(plain > 0.5),
            ParamValue::I32(_) | ParamValue::String(_) => ParamValue::I32(plain as i32),
        }
    };
    PluginState {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        params: Knob::all().map(|knob| (knob.id().to_owned(), value(knob))).collect(),
        fields: parameters.serialize_fields(),
    }
}

#[cfg(test)]
mod tests {
    use crate::music::Meter;
    use crate::player::Knob;
    use crate::player::handover::handover;
    use crate::plugin::own_transport::Song;
    use crate::plugin::parameters::Parameters;
    use crate::plugin::standalone::session_file::{SessionFile, bytes};

    fn parameters() -> Parameters {
        Parameters::new(handover().0)
    }

    #[test]
    fn a_session_goes_on_as_it_was_saved() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/a.session");
        let first = parameters();
        let (song, file, words) = SessionFile::load(Some(&path), &first);
        assert_eq!((song, words), (Song::default(), None));
        assert!(first.position(Knob::Preview) > 0.5, "a new session sounds");
        first.put(Knob::Seed, first.position_of_plain(Knob::Seed, 77.0));
        first.put(Knob::Density, first.position_of_plain(Knob::Density, 0.5));
        first.put(Knob::Preview, 0.0);
        let song = Song { tempo: 87.5, meter: Meter::new(6, 8).unwrap(), loop_bars: 8 };
        file.unwrap().save(&bytes(song, &first)).unwrap();

        let second = parameters();
        let (loaded, file, words) = SessionFile::load(Some(&path), &second);
        assert_eq!((loaded, words), (song, None));
        for knob in Knob::all() {
            assert_eq!(second.position(knob).to_bits(), first.position(knob).to_bits(), "{knob:?}");
        }
        file.unwrap().save(&bytes(loaded, &second)).unwrap();
    }

    #[test]
    fn a_file_that_is_no_session_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.json");
        for other in ["", "{}", r#"{"continuo_session":9,"tempo":1,"meter":[4,4]}"#, "to do: practise"] {
            std::fs::write(&path, other).unwrap();
            let (song, file, words) = SessionFile::load(Some(&path), &parameters());
            assert!(file.is_none() && words.is_some(), "{other}");
            assert_eq!(song, Song::default());
            assert_eq!(std::fs::read_to_string(&path).unwrap(), other);
        }
    }

    #[test]
    fn a_second_application_does_not_write_over_the_session_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.session");
        let (_, first, _) = SessionFile::load(Some(&path), &parameters());
        let (_, second, words) = SessionFile::load(Some(&path), &parameters());
        assert!(first.is_some() && second.is_none());
        assert!(words.unwrap().contains("is open in another Continuo"));
        drop(first);
        assert!(SessionFile::load(Some(&path), &parameters()).1.is_some());
    }
}
