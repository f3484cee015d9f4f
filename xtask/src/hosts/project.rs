//! What the plugin saves: read and changed as a later version or another host would.

use anyhow::{Context as _, Result};
use serde_json::Value;

/// The project in a saved state.
///
/// # Errors
/// If there is none.
pub fn read(state: &[u8]) -> Result<Value> {
    let (_, state) = parts(state)?;
    let project = state["fields"]["project"].as_str().context("no project in the state")?;
    Ok(serde_json::from_str(project)?)
}

/// A saved state with its project changed.
///
/// # Errors
/// If it holds no project.
pub fn edited(state: &[u8], edit: impl FnOnce(&mut Value)) -> Result<Vec<u8>> {
    let mut project = read(state)?;
    edit(&mut project);
    let (is_clap, mut state) = parts(state)?;
    state["fields"]["project"] = Value::String(serde_json::to_string(&project)?);
    let json = serde_json::to_vec(&state)?;
    Ok(if is_clap { after_its_length(&json) } else { json })
}

/// A saved state as CLAP has it.
#[must_use]
pub fn after_its_length(json: &[u8]) -> Vec<u8> {
    [&(json.len() as u64).to_le_bytes()[..], json].concat()
}

/// Whether a state is as CLAP has it, and its JSON.
fn parts(state: &[u8]) -> Result<(bool, Value)> {
    let begin = state.iter().position(|byte| *byte == b'{').context("no JSON in the state")?;
    let (head, json) = state.split_at(begin);
    Ok((!head.is_empty(), serde_json::from_slice(json)?))
}
