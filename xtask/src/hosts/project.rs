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
    let after_its_length = state
        .split_first_chunk()
        .filter(|(length, json)| u64::from_le_bytes(**length) == json.len() as u64)
        .map(|(_, json)| json);
    let json = after_its_length.unwrap_or(state);
    Ok((after_its_length.is_some(), serde_json::from_slice(json)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_length_that_looks_like_json_is_a_length() -> Result<()> {
        let mut state = json!({ "fields": { "project": "{}", "other": "" } });
        let n_missing = usize::from(b'{') + 256 - serde_json::to_vec(&state)?.len();
        state["fields"]["other"] = "x".repeat(n_missing).into();
        let json = serde_json::to_vec(&state)?;
        let as_clap = after_its_length(&json);
        assert_eq!(as_clap[0], b'{');
        assert_eq!(read(&as_clap)?, json!({}));
        assert_eq!(read(&json)?, json!({}));
        assert_eq!(edited(&as_clap, |_| ())?.len(), as_clap.len());
        Ok(())
    }
}
