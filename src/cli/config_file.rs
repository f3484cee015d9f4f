//! Options of `train` from a file, for long runs: `--config run.toml`.
//!
//! The file has the options' names without the dashes, `folders` for the folders, and lists where an option may be given
//! several times. What stands on the command line wins.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use toml::{Table, Value};

use crate::files;

/// No file of options is longer.
const MAX_BYTES: u64 = 1 << 20;
/// The command that has such files, its option and the key of the folders.
const COMMAND: &str = "train";
const OPTION: &str = "config";
const FOLDERS: &str = "folders";

/// The arguments, with those of the file that they name.
///
/// # Errors
/// If the file cannot be read, or has something that is no option.
pub(super) fn with_config(command: &Command, arguments: Vec<OsString>) -> Result<Vec<OsString>> {
    // What is missing may stand in the file.
    let matches = command.clone().ignore_errors(true).try_get_matches_from(&arguments);
    let Ok(matches) = matches else { return Ok(arguments) };
    let Some((COMMAND, typed)) = matches.subcommand() else { return Ok(arguments) };
    let Some(path) = typed.get_one::<std::path::PathBuf>(OPTION) else { return Ok(arguments) };
    let Some(train) = command.find_subcommand(COMMAND) else { return Ok(arguments) };
    let more = read(path, train, typed)?;
    Ok(arguments.into_iter().chain(more).collect())
}

/// The arguments that the file has and the command line has not.
fn read(path: &Path, train: &Command, typed: &ArgMatches) -> Result<Vec<OsString>> {
    let bytes = files::read(path, MAX_BYTES)
        .with_context(|| format!("could not read the options in {}", path.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let table: Table = text.parse().with_context(|| format!("{} is not TOML", path.display()))?;
    let is_typed = |id: &str| typed.value_source(id) == Some(ValueSource::CommandLine);
    // What is typed also wins over an option that cannot stand beside it.
    let gives_way = |option: &Arg| {
        let typed: Vec<&Arg> = train.get_arguments().filter(|arg| is_typed(arg.get_id().as_str())).collect();
        let conflicts = |one: &Arg, other: &Arg| {
            train.get_arg_conflicts_with(one).iter().any(|arg| arg.get_id() == other.get_id())
        };
        typed.iter().any(|arg| conflicts(arg, option) || conflicts(option, arg))
    };
    let (mut options, mut folders) = (Vec::new(), Vec::new());
    for (key, value) in &table {
        let option = train.get_arguments().find(|arg| arg.get_long() == Some(key));
        match option {
            _ if key == FOLDERS && is_typed(FOLDERS) => {}
            _ if key == FOLDERS => folders = texts(path, key, value)?,
            Some(option) if is_typed(option.get_id().as_str()) || gives_way(option) => {}
            Some(option) if option.get_action().takes_values() => {
                options.extend(texts(path, key, value)?.iter().map(|text| format!("--{key}={text}")));
            }
            Some(_) => match value {
                Value::Boolean(true) => options.push(format!("--{key}")),
                Value::Boolean(false) => {}
                other => {
                    bail!("{}: {key}: expected true or false, found {}", path.display(), other.type_str())
                }
            },
            None => bail!("{}: {COMMAND} has no option {key}", path.display()),
        }
    }
    // Folders come last, so that none of them is taken for the value of an option.
    Ok(options.into_iter().chain(folders).map(OsString::from).collect())
}

/// The values of an option, as they are typed where a shell puts the user's home for `~`.
fn texts(path: &Path, key: &str, value: &Value) -> Result<Vec<String>> {
    Ok(match value {
        Value::String(text) => vec![files::expand_home(Path::new(text)).to_string_lossy().into_owned()],
        Value::Integer(number) => vec![number.to_string()],
        Value::Float(number) => vec![number.to_string()],
        Value::Array(values) => {
            let lists = values.iter().map(|value| texts(path, key, value)).collect::<Result<Vec<_>>>()?;
            lists.concat()
        }
        other => bail!(
            "{}: {key}: expected a text, a number or a list, found {}",
            path.display(),
            other.type_str()
        ),
    })
}
