//! A process that keeps books is killed again and again, at any instant and at every step that it tells. Whatever it was at, the
//! books are sound afterwards: nothing is lost, doubled or half written.

mod child;
mod fleet;
mod kills;

pub use child::{ChildTask, run_child};
pub use fleet::{FleetReport, FleetSize, run_fleet, run_worker};
pub use kills::{KillReport, kill_at_every_step, kill_at_random};
