//! Contenders that take turns, and the table of what they took.

#![expect(clippy::print_stdout, clippy::float_arithmetic, reason = "a measurement prints ratios")]

use std::time::Duration;

use crate::Failure;

/// One way to do the work.
pub struct Contender<'a> {
    name: &'a str,
    run: Box<dyn FnMut() -> Result<Duration, Failure> + 'a>,
}

impl<'a> Contender<'a> {
    /// `run` sets up, does the work once, and returns what the work alone took.
    pub fn new(name: &'a str, run: impl FnMut() -> Result<Duration, Failure> + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// Lets the contenders take turns for so many rounds and prints a table. The first is the limit. Each did `rows` rows.
///
/// # Errors
/// The first failure of a contender.
pub fn compare(
    title: &str,
    rows: usize,
    rounds: usize,
    mut contenders: Vec<Contender<'_>>,
) -> Result<(), Failure> {
    let times = take_turns(rounds, &mut contenders)?;
    println!("\n{title} ({rows} rows a turn, {rounds} rounds)");
    println!("  {:<58} {:>9} {:>12} {:>13}", "", "us/row", "rows/s", "limit / ours");
    for (contender, own) in contenders.iter().zip(&times) {
        let seconds = median(own.clone());
        let ratio = median(times[0].iter().zip(own).map(|(limit, ours)| limit / ours).collect());
        println!(
            "  {:<58} {:>9.2} {:>12.0} {ratio:>13.2}",
            contender.name,
            seconds * 1e6 / count(rows),
            count(rows) / seconds
        );
    }
    Ok(())
}

/// As [`compare`], for work that should take the same everywhere: the last column is the cost against the first.
///
/// # Errors
/// The first failure of a contender.
pub fn compare_growth(
    title: &str,
    rows: usize,
    rounds: usize,
    mut contenders: Vec<Contender<'_>>,
) -> Result<(), Failure> {
    let times = take_turns(rounds, &mut contenders)?;
    println!("\n{title} ({rows} rows a turn, {rounds} rounds)");
    println!("  {:<58} {:>9} {:>13}", "", "us/row", "of the first");
    for (contender, own) in contenders.iter().zip(&times) {
        let growth = median(times[0].iter().zip(own).map(|(first, ours)| ours / first).collect());
        println!("  {:<58} {:>9.2} {growth:>13.2}", contender.name, median(own.clone()) * 1e6 / count(rows));
    }
    Ok(())
}

/// As [`compare`], for questions that should take the same everywhere: milliseconds a question at the median and for 95 of
/// 100, and the cost against the first.
///
/// # Errors
/// The first failure of a contender.
pub fn compare_times(title: &str, rounds: usize, mut contenders: Vec<Contender<'_>>) -> Result<(), Failure> {
    let times = take_turns(rounds, &mut contenders)?;
    println!("\n{title} ({rounds} rounds)");
    println!("  {:<58} {:>9} {:>9} {:>13}", "", "ms", "p95 ms", "of the first");
    for (contender, own) in contenders.iter().zip(&times) {
        let mut sorted = own.clone();
        sorted.sort_by(f64::total_cmp);
        let p95 = sorted.get((sorted.len() * 95).div_ceil(100).saturating_sub(1)).copied();
        let growth = median(times[0].iter().zip(own).map(|(first, ours)| ours / first).collect());
        println!(
            "  {:<58} {:>9.2} {:>9.2} {growth:>13.2}",
            contender.name,
            median(sorted) * 1e3,
            p95.unwrap_or(f64::NAN) * 1e3
        );
    }
    Ok(())
}

/// Seconds of every contender in every round, the first round of all being for warming up.
fn take_turns(rounds: usize, contenders: &mut [Contender<'_>]) -> Result<Vec<Vec<f64>>, Failure> {
    let mut times = vec![Vec::with_capacity(rounds); contenders.len()];
    for round in 0..=rounds {
        for turn in 0..contenders.len() {
            // Each goes first as often as last.
            let contender = (round + turn) % contenders.len();
            let took = (contenders[contender].run)()?;
            if round > 0 {
                times[contender].push(took.as_secs_f64());
            }
        }
    }
    Ok(times)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        even if even % 2 == 0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

#[expect(clippy::cast_precision_loss, reason = "no measurement has 2^53 rows")]
fn count(rows: usize) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn the_first_round_does_not_count() {
        let mut next = 0;
        let run = || {
            next += 1;
            Ok(Duration::from_secs(next))
        };
        assert_eq!(take_turns(2, &mut [Contender::new("", run)]).unwrap(), [[2.0, 3.0]]);
    }
}
