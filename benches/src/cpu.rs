//! Processor time, as Linux counts it.

use std::time::Duration;

use crate::Failure;

/// The processor time that the whole machine used up to an instant: this process, the bank's and a database server, and
/// whatever else runs, so it is to be measured on a quiet machine.
#[derive(Debug, Clone, Copy)]
pub struct CpuTime(Duration);

impl CpuTime {
    /// Of now.
    ///
    /// # Errors
    /// Anywhere but on Linux.
    pub fn now() -> Result<Self, Failure> {
        let stat = std::fs::read_to_string("/proc/stat")
            .map_err(|error| format!("processor time is read from /proc, which only Linux has: {error}"))?;
        let line =
            stat.lines().next().and_then(|line| line.strip_prefix("cpu ")).ok_or("no sum of processors")?;
        let times: Vec<u64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        // User, nice, system, idle, waiting for input, interrupts, soft interrupts; in hundredths of a second.
        let [user, nice, system, _idle, _waiting, interrupts, soft, ..] = times[..] else {
            return Err(format!("a line of another form: {line}").into());
        };
        Ok(Self(Duration::from_millis((user + nice + system + interrupts + soft) * 10)))
    }

    /// What was used since an earlier instant.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}
