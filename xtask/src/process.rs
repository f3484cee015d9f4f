//! What Linux reports about a process.

use std::time::Duration;

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

/// The times of all threads of this process that compose.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ThreadTimes {
    /// On a processor.
    pub(crate) running: Duration,
    /// Ready to run, but without a processor.
    pub(crate) waiting: Duration,
}

/// The times of the composing threads so far; zero where Linux does not report them.
pub(crate) fn composing_threads() -> ThreadTimes {
    let mut times = ThreadTimes::default();
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        // A thread may have ended.
        let read = |file| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        if read("comm").starts_with("continuo compos") {
            let schedule = read("schedstat");
            let mut times_ns = schedule.split_whitespace().filter_map(|field| field.parse().ok());
            times.running += Duration::from_nanos(times_ns.next().unwrap_or_default());
            times.waiting += Duration::from_nanos(times_ns.next().unwrap_or_default());
        }
    }
    times
}
