//! What the measurements share: taking turns, a bank with rows, and books to write them to.
//!
//! Every file beside this crate asks one question and answers it with a table: the limit, which is the plainest way to do
//! the same work, then ours, and the ratio limit / ours. Contenders take turns within one run; times are medians, and a
//! ratio is the median of the ratios of each round. Nothing is asserted of times, as machines differ.

pub mod bank;
pub mod books;
pub mod cpu;
pub mod plain_driver;
pub mod turns;

/// What a measurement may fail with.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A number from the environment, to run a measurement in another size.
///
/// # Errors
/// When the variable is no number.
pub fn from_environment<T>(name: &str, otherwise: T) -> Result<T, Failure>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    match std::env::var(name) {
        Ok(text) => text.parse().map_err(|error: T::Err| format!("{name}: {error}").into()),
        Err(_) => Ok(otherwise),
    }
}
