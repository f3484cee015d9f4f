//! What Linux reports about a process.

use anyhow::{Context as _, Result};

/// The memory of a process that is in use, in bytes.
///
/// # Errors
/// If there is no such process.
pub(crate) fn resident(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kibibytes: u64 = line.split_whitespace().next().context("an empty VmRSS")?.parse()?;
    Ok(kibibytes << 10)
}

/// The processor time of a process so far, in seconds; Linux counts it in hundredths.
///
/// # Errors
/// If there is no such process.
pub(crate) fn processor_seconds(process: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in parentheses, may hold spaces; user and system time are the 12th and 13th fields after it.
    let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}
