//! Processor time, as Linux counts it.

use std::time::Duration;

use crate::Failure;
use crate::bank::Bank;

/// The processor time that this process and a bank's used up to an instant.
#[derive(Debug, Clone, Copy)]
pub struct CpuTime(Duration);

impl CpuTime {
    /// Of now.
    ///
    /// # Errors
    /// Anywhere but on Linux.
    pub fn of(bank: &Bank) -> Result<Self, Failure> {
        Ok(Self(of_process("self")? + of_process(&bank.process_id().to_string())?))
    }

    /// What was used since an earlier instant.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// User and system time, which Linux tells in hundredths of a second.
fn of_process(id: &str) -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))
        .map_err(|error| format!("processor time is read from /proc, which only Linux has: {error}"))?;
    // The name, which may hold anything, is in brackets.
    let fields = stat.rsplit_once(") ").ok_or("the name is missing")?.1;
    let times: Vec<u64> = fields.split(' ').skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(Duration::from_millis(times.iter().sum::<u64>() * 10))
}
