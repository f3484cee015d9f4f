//! What the shell and the system can use: completions and man pages.

use anyhow::{Context, Result, bail};
use clap::Command;
use clap_complete::Shell;

use crate::cli::print::print_bytes;

/// Prints completions.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell, whose documentation says where they belong
    shell: Shell,
}

/// Prints a man page.
#[derive(Debug, clap::Args)]
pub(super) struct ManArgs {
    /// The command that it describes [default: the program]
    command: Option<String>,
}

/// Prints the completions of a shell.
///
/// # Errors
/// If nothing can be printed.
pub(super) fn completions(args: &CompletionsArgs, mut command: Command) -> Result<()> {
    let mut text = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut text);
    print_bytes(&text)
}

/// Prints a man page, as roff.
///
/// # Errors
/// If there is no such command, or nothing can be printed.
pub(super) fn man(args: &ManArgs, command: Command) -> Result<()> {
    let program = command.get_name().to_owned();
    let command = match &args.command {
        None => command,
        Some(name) => {
            let Some(found) = command.find_subcommand(name) else {
                let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
                bail!("expected a command ({}), found {name}", names.join(", "))
            };
            found.clone().name(format!("{program}-{name}")).bin_name(format!("{program} {name}"))
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text).context("cannot write the man page")?;
    print_bytes(&text)
}
